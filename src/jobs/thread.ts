import { Worker } from 'node:worker_threads';
import { ModelError } from '../model/modelError';
import { Caller, type Methods, type Response, type Told } from '../protocol/rpc';
import { receivedError } from './sentErrors';

export interface ThreadOptions<Event> {
  /** Its bundled script. */
  readonly script: string;
  /** What it is started with. */
  readonly data: unknown;
  /** Its heap in MB: what takes more ends the thread, not the process around it. */
  readonly heapLimit: number;
  /** What it does, for the sentence about a heap that is full: `Reading the model`. */
  readonly work: string;
  readonly onEvent?: (event: Event) => void;
  /** It ended by itself, and forgot what it knew. What was asked has been rejected. */
  readonly onEnd?: () => void;
}

/**
 * A thread of our own that answers calls, so that whoever asks is never blocked. It starts with the first message, and
 * again with the next one after it ended.
 */
export class Thread<M extends Methods<M>, Sent = never, Received = never> {
  private worker: Worker | undefined;
  private readonly caller = new Caller<M>((request) => this.start().postMessage(request), receivedError);

  constructor(private readonly options: ThreadOptions<Received>) {}

  call<K extends keyof M>(kind: K, params: M[K]['params']): Promise<M[K]['result']> {
    return this.caller.call(kind, params);
  }

  tell(event: Sent): void {
    const message: Told<Sent> = { type: 'event', event };
    this.start().postMessage(message);
  }

  /** Ends the thread whatever it is doing; what was asked and not answered is rejected. */
  stop(reason: Error): void {
    const { worker } = this;
    this.worker = undefined;
    this.caller.rejectAll(reason);
    void worker?.terminate();
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const { script, data, heapLimit, work, onEvent, onEnd } = this.options;
    const worker = new Worker(script, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: heapLimit },
    });
    this.worker = worker;
    worker.on('message', (message: Response<M> | Told<Received>) => {
      if (message.type === 'response') this.caller.receive(message);
      else onEvent?.(message.event);
    });
    const ended = (error: Error) => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.caller.rejectAll(error);
      onEnd?.();
    };
    worker.on('error', (error) => {
      const outOfMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      ended(outOfMemory ? new ModelError(`${work} took more than ${heapLimit} MB of memory.`) : error);
    });
    worker.on('exit', (code) => ended(new Error(`${work} ended with code ${code}.`)));
    return worker;
  }
}
