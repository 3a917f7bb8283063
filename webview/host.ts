import type { HostMessage, PageEvent, PageRequests, RequestKind } from '../src/protocol/page';
import { Caller } from '../src/protocol/rpc';
import { withPlace } from '../src/protocol/sentError';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
  /** Of a report in a file. */
  readonly alone?: true;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** An answer that is an error: a sentence for people. */
export class HostError extends Error {
  readonly canShowLog: boolean;

  constructor(message: string, canShowLog: boolean) {
    super(message);
    this.name = 'HostError';
    this.canShowLog = canShowLog;
  }
}

/** The page's end of the calls to the extension's host. */
class Host {
  private readonly api = acquireVsCodeApi();
  private readonly caller = new Caller<PageRequests>(
    (request) => this.api.postMessage(request),
    (sent) => new HostError(withPlace(sent), sent.kind === 'internal'),
  );
  private readonly listeners = new Set<(event: PageEvent) => void>();

  constructor() {
    window.addEventListener('message', (message: MessageEvent<HostMessage>) => this.receive(message.data));
  }

  /** The page is a report in a file: no editor is there, and what would need one is not shown. */
  get alone(): boolean {
    return this.api.alone ?? false;
  }

  request<K extends RequestKind>(
    kind: K,
    ...[params]: PageRequests[K]['params'] extends null ? [] : [PageRequests[K]['params']]
  ): Promise<PageRequests[K]['result']> {
    return this.caller.call(kind, params ?? null);
  }

  /** Listens to what the host tells by itself; returns the function that stops it. */
  onEvent(listener: (event: PageEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What the page looked like when it was last shown; the editor keeps it over hiding and reloading. */
  get state(): unknown {
    return this.api.getState();
  }

  set state(state: unknown) {
    this.api.setState(state);
  }

  private receive(message: HostMessage): void {
    if (message.type === 'response') this.caller.receive(message);
    else if (message.type === 'event') for (const listener of this.listeners) listener(message.event);
  }
}

export const host = new Host();

/** Whatever was thrown, as something that the page can show. */
export function toHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  return new HostError(error instanceof Error ? error.message : String(error), true);
}
