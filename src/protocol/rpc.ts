import type { SentError } from './sentError';

/**
 * Calls between two who share no memory: a page and its host, or a thread or process and who started it. Each call
 * is answered once, with a result or an error; besides, either may tell the other of events. Whoever carries the
 * messages gives a function that posts one, and hands in those that arrive.
 */

/** What may be asked: by name, what a question takes and what it is answered with. */
export type Methods<M> = { readonly [K in keyof M]: { params: unknown; result: unknown } };

export type Request<M extends Methods<M>, K extends keyof M = keyof M> = {
  type: 'request';
  id: number;
  kind: K;
  params: M[K]['params'];
};

export type Response<M extends Methods<M>, K extends keyof M = keyof M> =
  | { type: 'response'; id: number; ok: true; result: M[K]['result'] }
  | { type: 'response'; id: number; ok: false; error: SentError };

/** Something that is told and not answered. */
export type Told<Event> = { type: 'event'; event: Event };

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The end that asks. */
export class Caller<M extends Methods<M>> {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  /** @param toError what a call is rejected with */
  constructor(
    private readonly post: (request: Request<M>) => void,
    private readonly toError: (sent: SentError) => Error,
  ) {}

  call<K extends keyof M>(kind: K, params: M[K]['params']): Promise<M[K]['result']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.post({ type: 'request', id, kind, params });
    });
  }

  receive(response: Response<M>): void {
    const pending = this.pending.get(response.id);
    this.pending.delete(response.id);
    if (response.ok) pending?.resolve(response.result);
    else pending?.reject(this.toError(response.error));
  }

  /** The other end is gone: nothing that waits will be answered. */
  rejectAll(error: Error): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of waiting) reject(error);
  }
}

/** What the end that is asked does with a question. */
export type Handle<M extends Methods<M>> = <K extends keyof M>(
  kind: K,
  params: M[K]['params'],
) => M[K]['result'] | Promise<M[K]['result']>;

/**
 * Answers a request whatever happens. A result that is there at once is posted before this returns: whoever is busy
 * with something else answers in between.
 */
export function answer<M extends Methods<M>>(
  { id, kind, params }: Request<M>,
  handle: Handle<M>,
  post: (response: Response<M>) => void,
  toSent: (error: unknown) => SentError,
): void {
  const done = (result: M[keyof M]['result']) => post({ type: 'response', id, ok: true, result });
  const failed = (error: unknown) => post({ type: 'response', id, ok: false, error: toSent(error) });
  try {
    const result = handle(kind, params);
    if (result instanceof Promise) result.then(done).catch(failed);
    else done(result);
  } catch (error) {
    failed(error);
  }
}
