import * as vscode from 'vscode';
import { systemError } from '../../files/systemError';
import { ModelError } from '../../model/modelError';
import { tellError } from './notifications';

/** The output channel "Model Caliper". It never holds contents of models or of the environment. */
export type Log = vscode.LogOutputChannel;

export function createLog(): Log {
  return vscode.window.createOutputChannel('Model Caliper', { log: true });
}

/** What is told of an error: people's errors are their message, others are logged with where they happened. */
export function explain(error: unknown, log: Log): { message: string; canShowLog: boolean } {
  const known = error instanceof ModelError ? error : systemError(error);
  if (known !== null) {
    log.warn(known.message);
    return { message: known.message, canShowLog: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  log.error(error instanceof Error ? (error.stack ?? message) : message);
  return { message, canShowLog: true };
}

/** An error message with a way to the log where that says more. Nobody waits for it to be read. */
export function showError(error: unknown, log: Log): void {
  const { message, canShowLog } = explain(error, log);
  void tellError(message, ...(canShowLog ? ['Show Log'] : [])).then((action) => {
    if (action) log.show();
  });
}
