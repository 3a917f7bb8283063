import worker from 'worker:webview/graph/layoutWorker.ts';
import { Caller, type Response } from '../../src/protocol/rpc';
import type { LayoutRequests } from './layoutMessages';

/** The page's end of the layout's worker. */
export class Layout {
  private readonly worker: Worker;
  private readonly caller: Caller<LayoutRequests>;

  constructor() {
    // The editor's pages are of another origin than their scripts, of which a worker cannot be made directly.
    const address = URL.createObjectURL(new Blob([worker], { type: 'text/javascript' }));
    this.worker = new Worker(address);
    URL.revokeObjectURL(address);
    this.caller = new Caller(
      (request) => this.worker.postMessage(request),
      (sent) => new Error(sent.message),
    );
    this.worker.addEventListener('message', ({ data }: MessageEvent<Response<LayoutRequests>>) =>
      this.caller.receive(data),
    );
    this.worker.addEventListener('error', ({ message }) =>
      this.caller.rejectAll(new Error(`The graph cannot be laid out: ${message}.`)),
    );
  }

  call<K extends keyof LayoutRequests>(
    kind: K,
    params: LayoutRequests[K]['params'],
  ): Promise<LayoutRequests[K]['result']> {
    return this.caller.call(kind, params);
  }

  end(): void {
    this.worker.terminate();
  }
}
