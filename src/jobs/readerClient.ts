import { Worker } from 'node:worker_threads';
import { ModelError } from '../model/modelError';
import type { ReaderKind, ReaderRequest, ReaderRequests, ReaderResponse } from './readerProtocol';

/**
 * Heap of a reading thread in MB. A hostile file that makes the analysis take more ends the thread, not the
 * process around it; 100,000 layers take less than a quarter of this (CWE-400).
 */
const HEAP_LIMIT = 2048;

interface Pending {
  resolve(result: ReaderRequests[ReaderKind]['result']): void;
  reject(error: Error): void;
}

/**
 * Reads one model in a thread of its own, so that whoever asks is never blocked. The thread starts with the first
 * question, and again with the next one after it ended.
 */
export class Reader {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  /**
   * @param script the bundled `reader.ts`
   * @param model path of the file
   */
  constructor(
    private readonly script: string,
    private readonly model: string,
  ) {}

  /** Rejects with ModelError where the file is to blame. */
  ask<K extends ReaderKind>(
    kind: K,
    params: ReaderRequests[K]['params'],
  ): Promise<ReaderRequests[K]['result']> {
    const worker = this.start();
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
      const request: ReaderRequest<K> = { id, kind, params };
      worker.postMessage(request);
    });
  }

  /** Ends the thread whatever it is doing; what was asked and not answered is rejected. */
  stop(reason = 'The model was closed.'): void {
    const worker = this.worker;
    this.worker = undefined;
    this.rejectAll(new ReaderStopped(reason));
    void worker?.terminate();
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(this.script, {
      workerData: this.model,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT },
    });
    this.worker = worker;
    worker.on('message', (response: ReaderResponse) => this.answer(response));
    const ended = (error: Error) => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.rejectAll(error);
    };
    worker.on('error', (error) => {
      const outOfMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      ended(
        outOfMemory ? new ModelError(`Reading the model took more than ${HEAP_LIMIT} MB of memory.`) : error,
      );
    });
    worker.on('exit', (code) => ended(new Error(`The thread that reads the model ended with code ${code}.`)));
    return worker;
  }

  private answer(response: ReaderResponse): void {
    const pending = this.pending.get(response.id);
    this.pending.delete(response.id);
    if (response.ok) pending?.resolve(response.result);
    else if (response.expected) pending?.reject(new ModelError(response.message));
    else pending?.reject(Object.assign(new Error(response.message), { stack: response.detail }));
  }

  private rejectAll(error: Error): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of waiting) reject(error);
  }
}

/** The answer is no longer wanted: the model was closed or changed. */
export class ReaderStopped extends Error {}
