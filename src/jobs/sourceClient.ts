import { Worker } from 'node:worker_threads';
import type { TextEdit } from '../python/syntax/document';
import type {
  SourceMessage,
  SourceQuestionKind,
  SourceQuestions,
  SourceReply,
  SourceThreadData,
} from './sourceProtocol';

/** Heap of the thread in MB; a source of 18,000 lines takes a tenth of it (CWE-400). */
const HEAP_LIMIT = 1024;

/** A document that ends the thread so often is left alone (CWE-400). */
const MAX_CRASHES = 2;

export interface OpenText {
  readonly version: number;
  readonly text: string;
}

/** What the client needs of whoever shows the documents. */
export interface SourceHost {
  /** Text of a document as it is now; null = it is not open any more. */
  textOf(uri: string): OpenText | null;
  /** A reading is finished: what is shown of the document may be out of date. */
  analyzed(uri: string, version: number): void;
}

/**
 * Reads Python sources in a thread of its own. A document is sent when something is asked about it for the first
 * time, and what is edited from then on. The thread starts with the first question, and again after it ended.
 */
export class SourceClient {
  private worker: Worker | undefined;
  private readonly open = new Set<string>();
  private readonly crashes = new Map<string, number>();
  private readonly pending = new Map<number, { uri: string; resolve: (result: unknown) => void }>();
  private nextId = 1;

  /** @param script the bundled `source.ts` */
  constructor(
    private readonly script: string,
    private readonly data: SourceThreadData,
    private readonly host: SourceHost,
  ) {}

  /** null: the document is not open, or reading it failed. */
  ask<K extends SourceQuestionKind>(
    question: K,
    params: SourceQuestions[K]['params'],
  ): Promise<SourceQuestions[K]['result'] | null> {
    const { uri } = params;
    if (!this.track(uri)) return Promise.resolve(null);
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.pending.set(id, { uri, resolve: resolve as (result: unknown) => void });
      this.send({ kind: 'ask', id, question, params });
    });
  }

  /** @param length characters of the text after the edits */
  edit(uri: string, version: number, edits: readonly TextEdit[], length: number): void {
    if (this.open.has(uri)) this.send({ kind: 'edit', uri, version, edits, length });
  }

  close(uri: string): void {
    this.crashes.delete(uri);
    if (this.open.delete(uri)) this.send({ kind: 'close', uri });
  }

  /** Ends the thread; what was asked is answered with null. */
  stop(): void {
    const { worker } = this;
    this.worker = undefined;
    this.forget();
    void worker?.terminate();
  }

  private track(uri: string): boolean {
    if (this.open.has(uri)) return true;
    if ((this.crashes.get(uri) ?? 0) >= MAX_CRASHES) return false;
    return this.sendText(uri);
  }

  private sendText(uri: string): boolean {
    const text = this.host.textOf(uri);
    if (text === null) return false;
    this.send({ kind: 'open', uri, ...text });
    this.open.add(uri);
    return true;
  }

  private send(message: SourceMessage): void {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  private start(): Worker {
    const worker = new Worker(this.script, {
      workerData: this.data,
      // Reading makes much that lives for one reading only: room for it keeps it from being moved about.
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT },
    });
    // It never keeps a process that wants to end.
    worker.unref();
    worker.on('message', (reply: SourceReply) => this.receive(reply));
    const ended = () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      // One of them is to blame; nobody knows which.
      for (const { uri } of this.pending.values()) this.crashes.set(uri, (this.crashes.get(uri) ?? 0) + 1);
      this.forget();
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return worker;
  }

  private receive(reply: SourceReply): void {
    switch (reply.kind) {
      case 'answer':
        this.pending.get(reply.id)?.resolve(reply.result);
        this.pending.delete(reply.id);
        return;
      case 'analyzed':
        this.crashes.delete(reply.uri);
        this.host.analyzed(reply.uri, reply.version);
        return;
      case 'drifted':
        if (!this.sendText(reply.uri)) this.close(reply.uri);
    }
  }

  private forget(): void {
    this.open.clear();
    for (const { resolve } of this.pending.values()) resolve(null);
    this.pending.clear();
  }
}
