import type { HostMessage, PageMessage, PageRequests } from '../../src/protocol/page';
import { answer } from '../../src/protocol/rpc';
import type { ReportAnswers } from './answers';

/** Stands where the editor's host does: answers come from the file, and what the page looked like is not kept. */
export function connectReport(answers: ReportAnswers): void {
  let state: unknown;
  const post = (message: HostMessage) => window.dispatchEvent(new MessageEvent('message', { data: message }));
  const handle = (kind: keyof PageRequests, params: unknown) => {
    const handler = answers[kind] as ((params: unknown) => PageRequests[typeof kind]['result']) | undefined;
    if (handler === undefined) throw new Error(`A report does not answer ${kind}.`);
    return handler(params);
  };
  Object.assign(window, {
    acquireVsCodeApi: () => ({
      alone: true,
      // An answer comes after the question was put, as from the editor.
      postMessage: (message: PageMessage) =>
        queueMicrotask(() =>
          answer<PageRequests>(message, handle, post, (error) => ({
            message: error instanceof Error ? error.message : String(error),
            kind: 'model',
          })),
        ),
      getState: () => state,
      setState: (next: unknown) => {
        state = next;
      },
    }),
  });
}
