import * as vscode from 'vscode';
import { sentError } from '../../jobs/sentErrors';
import { type SentError, withPlace } from '../../protocol/sentError';
import { tellError } from './notifications';

/** The output channel "Model Caliper". It never holds contents of models or of the environment. */
export type Log = vscode.LogOutputChannel;

export function createLog(): Log {
  return vscode.window.createOutputChannel('Model Caliper', { log: true });
}

/** What is told of an error: people's errors are their message, others are logged with where they happened. */
export function explain(error: unknown, log: Log): SentError {
  const { detail, ...told } = sentError(error);
  if (told.kind === 'internal') log.error(detail ?? told.message);
  else log.warn(withPlace(told));
  return told;
}

/** An error message with a way to the log where that says more. Nobody waits for it to be read. */
export function showError(error: unknown, log: Log): void {
  const told = explain(error, log);
  void tellError(withPlace(told), ...(told.kind === 'internal' ? ['Show Log'] : [])).then((action) => {
    if (action) log.show();
  });
}
