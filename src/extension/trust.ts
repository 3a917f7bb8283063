import * as vscode from 'vscode';
import { ModelError } from '../model/modelError';
import { warn } from './telling/notifications';

const REASON =
  'This workspace is not trusted, so its models are read but not run: measuring and quantizing execute the model.';

/** Why models are not run here, else null. */
export function cannotRun(): string | null {
  return vscode.workspace.isTrusted ? null : REASON;
}

/** Throws where models must not be run; for requests of pages, which show the sentence themselves. */
export function requireTrust(): void {
  const reason = cannotRun();
  if (reason !== null) throw new ModelError(reason);
}

/** For commands: true where models may be run, else says why not and offers to change it. */
export async function askForTrust(): Promise<boolean> {
  const reason = cannotRun();
  if (reason === null) return true;
  const manage = 'Manage Workspace Trust';
  const answer = await warn(reason, manage);
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return vscode.workspace.isTrusted;
}
