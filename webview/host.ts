import type { HostMessage, PageEvent, PageMessage, PageRequests, RequestKind } from '../src/protocol/page';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
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

interface Pending {
  resolve(result: unknown): void;
  reject(error: HostError): void;
}

/** The page's side of the protocol: each request has an id and settles with the host's one answer. */
class Host {
  private readonly api = acquireVsCodeApi();
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(event: PageEvent) => void>();
  private nextId = 1;

  constructor() {
    window.addEventListener('message', (message: MessageEvent<HostMessage>) => this.receive(message.data));
  }

  request<K extends RequestKind>(
    kind: K,
    ...[params]: PageRequests[K]['params'] extends null ? [] : [PageRequests[K]['params']]
  ): Promise<PageRequests[K]['result']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      const message = { type: 'request', id, kind, params: params ?? null } as PageMessage<K>;
      this.api.postMessage(message);
    });
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
    if (message.type === 'event') {
      for (const listener of this.listeners) listener(message.event);
      return;
    }
    if (message.type !== 'response') return;
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.ok) pending?.resolve(message.result);
    else pending?.reject(new HostError(message.error.message, message.error.canShowLog));
  }
}

export const host = new Host();

/** Whatever was thrown, as something that the page can show. */
export function toHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  return new HostError(error instanceof Error ? error.message : String(error), true);
}
