import type * as vscode from 'vscode';
import type { CommittedModel } from '../../jobs/budgetProtocol';

/** What limits on growth compare a model with: the last commit. */
export interface Commits {
  /** A model as the last commit has it. */
  copy(model: string): Promise<CommittedModel>;
  /** Tells when there is another last commit. */
  watch(changed: () => void): Promise<vscode.Disposable>;
}
