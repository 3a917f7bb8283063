import type * as vscode from 'vscode';
import type { HostMessage, PageEvent, PageMessage, PageRequests, RequestKind } from '../../protocol/page';
import { answer } from '../../protocol/rpc';
import { explain, type Log } from '../telling/log';

/** What a page may ask; a request without a handler is answered with an error. */
export type Handlers = {
  [K in RequestKind]?: (params: PageRequests[K]['params']) => Promise<PageRequests[K]['result']>;
};

/** The host's end of the messages with one page. */
export class Channel implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly webview: vscode.Webview,
    private readonly handlers: Handlers,
    log: Log,
  ) {
    this.subscription = webview.onDidReceiveMessage((message: PageMessage) => {
      if (message?.type !== 'request') return;
      answer<PageRequests>(
        message,
        (kind, params) => this.request(kind, params),
        (response) => this.post(response),
        (error) => explain(error, log),
      );
    });
  }

  send(event: PageEvent): void {
    this.post({ type: 'event', event });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  /** What the page would be answered. */
  async request<K extends RequestKind>(
    kind: K,
    params: PageRequests[K]['params'],
  ): Promise<PageRequests[K]['result']> {
    const handler = Object.hasOwn(this.handlers, kind) ? this.handlers[kind] : undefined;
    if (!handler) throw new Error(`The page asked for "${kind}", which this editor does not answer.`);
    return handler(params);
  }

  private post(message: HostMessage): void {
    // A page that is gone needs no answer; one that is hidden asks again when it is shown.
    void this.webview.postMessage(message);
  }
}
