import type { TextEdit } from '../python/syntax/document';
import type {
  SourceNews,
  SourceQuestionKind,
  SourceQuestions,
  SourceReport,
  SourceThreadData,
} from './sourceProtocol';
import { Thread } from './thread';

/**
 * Heap of the thread in MB; a source of 18,000 lines takes a tenth of it (CWE-400). Reading makes much that
 * lives for one reading only: room for it keeps it from being moved about.
 */
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
 * time, and what is edited from then on.
 */
export class SourceClient {
  private readonly thread: Thread<SourceQuestions, SourceNews, SourceReport>;
  private readonly open = new Set<string>();
  private readonly crashes = new Map<string, number>();

  /** @param script the bundled `source.ts` */
  constructor(
    script: string,
    data: SourceThreadData,
    private readonly host: SourceHost,
  ) {
    this.thread = new Thread({
      script,
      data,
      heapLimit: HEAP_LIMIT,
      work: 'Reading Python',
      onEvent: (report) => this.receive(report),
      onEnd: () => this.open.clear(),
    });
  }

  /** null: the document is not open, or reading it failed. */
  async ask<K extends SourceQuestionKind>(
    question: K,
    params: SourceQuestions[K]['params'],
  ): Promise<SourceQuestions[K]['result'] | null> {
    const { uri } = params;
    if (!this.track(uri)) return null;
    try {
      return await this.thread.call(question, params);
    } catch (error) {
      // Where the thread ended, one of the documents that were asked about is to blame; nobody knows which.
      if (!(error instanceof SourceStopped)) this.crashes.set(uri, (this.crashes.get(uri) ?? 0) + 1);
      return null;
    }
  }

  /** @param length characters of the text after the edits */
  edit(uri: string, version: number, edits: readonly TextEdit[], length: number): void {
    if (this.open.has(uri)) this.thread.tell({ kind: 'edit', uri, version, edits, length });
  }

  close(uri: string): void {
    this.crashes.delete(uri);
    if (this.open.delete(uri)) this.thread.tell({ kind: 'close', uri });
  }

  /** Ends the thread; what was asked is answered with null. */
  stop(): void {
    this.open.clear();
    this.thread.stop(new SourceStopped());
  }

  private track(uri: string): boolean {
    if ((this.crashes.get(uri) ?? 0) >= MAX_CRASHES) return false;
    return this.open.has(uri) || this.sendText(uri);
  }

  private sendText(uri: string): boolean {
    const text = this.host.textOf(uri);
    if (text === null) return false;
    this.thread.tell({ kind: 'open', uri, ...text });
    this.open.add(uri);
    return true;
  }

  private receive(report: SourceReport): void {
    if (report.kind === 'analyzed') {
      this.crashes.delete(report.uri);
      this.host.analyzed(report.uri, report.version);
    } else if (!this.sendText(report.uri)) this.close(report.uri);
  }
}

class SourceStopped extends Error {}
