import * as vscode from 'vscode';
import { asText } from './plainText';

/** What the user is told outside of pages. Nothing else calls the editor's functions for it, so that no text becomes a link. */

/** @returns the action that was chosen, undefined where none was */
export function tellError(message: string, ...actions: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(asText(message), ...actions);
}

/** @returns the action that was chosen, undefined where none was */
export function warn(message: string, ...actions: readonly string[]): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(asText(message), ...actions);
}

export function inform(message: string): void {
  void vscode.window.showInformationMessage(asText(message));
}

/** A question that waits for its answer. @returns whether the user chose the action */
export async function confirm(question: string, detail: string, action: string): Promise<boolean> {
  const options = { modal: true, detail: asText(detail) };
  return (await vscode.window.showWarningMessage(asText(question), options, action)) === action;
}

/** Tells how far a task is. */
export type Report = (message: string, increment: number) => void;

/**
 * Shows a task until it ends, with a button that cancels it.
 * @param onPage a page in sight shows it already: then the status bar says that it runs, without a button
 */
export function showProgress<T>(
  title: string,
  task: (report: Report, token: vscode.CancellationToken) => Thenable<T>,
  onPage = false,
): Thenable<T> {
  const where = {
    location: onPage ? vscode.ProgressLocation.Window : vscode.ProgressLocation.Notification,
    title: asText(title),
    cancellable: true,
  };
  return vscode.window.withProgress(where, (progress, token) =>
    task((message, increment) => progress.report({ message: asText(message), increment }), token),
  );
}
