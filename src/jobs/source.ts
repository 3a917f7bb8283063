import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { answer, type Request, type Told } from '../protocol/rpc';
import { Outdated, SourceDesk } from '../python/desk';
import { lensesOf } from '../python/hover/lenses';
import { startParser } from '../python/syntax/parser';
import { sentError } from './sentErrors';
import type {
  SourceNews,
  SourceQuestionKind,
  SourceQuestions,
  SourceReport,
  SourceThreadData,
} from './sourceProtocol';

type Message = Told<SourceNews> | Request<SourceQuestions>;

/** Milliseconds without an edit after which a document is read again. */
const QUIET = 120;

/** Milliseconds; a document that is read faster is read before a question about it is answered. */
const FAST = 25;

/** Milliseconds of reading between two looks for messages. */
const SLICE = 4;

const port = parentPort;
if (port === null) throw new Error('This module is started as a thread.');

/**
 * The source thread: reads Python documents and answers what is in them. It looks for messages while it reads, so
 * that a hover never waits for a reading, and a reading whose text has changed is given up.
 */
class SourceThread {
  private readonly desk: SourceDesk;
  /** When documents are to be read, by `performance.now()`. */
  private readonly due = new Map<string, number>();
  /** Questions about documents that were never read yet: what asks them again. */
  private waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private reading: string | null = null;
  private outdated = false;
  private looked = 0;

  constructor(
    parser: Awaited<ReturnType<typeof startParser>>,
    private readonly port: NonNullable<typeof parentPort>,
  ) {
    this.desk = new SourceDesk(parser, () => this.look());
    port.on('message', (message: Message) => this.receive(message));
  }

  /** Handles what came while a document is read; ends the reading if its text is no longer wanted. */
  private look(): void {
    const now = performance.now();
    if (now - this.looked < SLICE) return;
    this.looked = now;
    for (let one = receiveMessageOnPort(this.port); one; one = receiveMessageOnPort(this.port))
      this.receive(one.message);
    if (this.outdated) throw new Outdated();
  }

  private receive(message: Message): void {
    if (message.type === 'event') this.take(message.event);
    else {
      answer<SourceQuestions>(
        message,
        (kind, params) => this.ask(kind, params),
        (response) => this.port.postMessage(response),
        sentError,
      );
    }
  }

  private take(news: SourceNews): void {
    const { desk } = this;
    switch (news.kind) {
      case 'open':
        desk.open(news.uri, news.version, news.text);
        this.plan(news.uri, 0);
        return;
      case 'edit': {
        const { uri, version, edits, length } = news;
        if (!desk.has(uri)) return;
        if (!desk.edit(uri, version, edits, length)) this.tell({ kind: 'drifted', uri });
        this.plan(uri, QUIET);
        return;
      }
      case 'close':
        desk.close(news.uri);
        this.due.delete(news.uri);
        this.outdated ||= this.reading === news.uri;
        if (this.reading === null) this.askAgain();
    }
  }

  /** A document will be read when it was left alone for so long. */
  private plan(uri: string, wait: number): void {
    this.outdated ||= this.reading === uri;
    this.due.set(uri, performance.now() + wait);
    if (this.reading === null) this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.due.size === 0) return;
    const wait = Math.min(...this.due.values()) - performance.now();
    this.timer = setTimeout(() => this.readNext(), Math.max(0, wait));
  }

  private readNext(): void {
    const now = performance.now();
    const [uri] = [...this.due].find(([, at]) => at <= now) ?? [];
    if (uri !== undefined) this.read(uri);
    this.schedule();
  }

  private read(uri: string): void {
    this.due.delete(uri);
    this.reading = uri;
    this.outdated = false;
    try {
      const version = this.desk.read(uri);
      if (version !== null) this.tell({ kind: 'analyzed', uri, version });
    } catch (error) {
      if (!(error instanceof Outdated)) throw error;
    } finally {
      this.reading = null;
    }
    this.askAgain();
  }

  private askAgain(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const ask of waiting) ask();
  }

  private ask<K extends SourceQuestionKind>(
    kind: K,
    params: SourceQuestions[K]['params'],
  ): SourceQuestions[K]['result'] | Promise<SourceQuestions[K]['result']> {
    const { desk } = this;
    const { uri } = params;
    const duration = desk.durationOf(uri);
    const soon = duration === null ? !this.due.has(uri) : duration < FAST;
    if (this.reading === null && desk.has(uri) && !desk.isCurrent(uri) && soon) this.read(uri);
    const file = desk.fileOf(uri);
    if (desk.has(uri) && file === null) {
      return new Promise<void>((resolve) => this.waiting.push(resolve)).then(() => this.ask(kind, params));
    }
    if (kind === 'hover') return 'position' in params ? desk.callAt(uri, params.position) : null;
    return kind === 'lenses' && file ? lensesOf(file) : file;
  }

  private tell(event: SourceReport): void {
    const message: Told<SourceReport> = { type: 'event', event };
    this.port.postMessage(message);
  }
}

startParser(workerData as SourceThreadData).then(
  (parser) => new SourceThread(parser, port),
  (error: unknown) => {
    // Nothing can be read without it: the thread ends, and whoever asked is told.
    throw error;
  },
);
