import { mkdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { runJob } from '../jobs/client';
import type { JobKind, Jobs } from '../jobs/protocol';
import { itemAt } from '../model/assert';
import { ModelError } from '../model/modelError';
import type { DevicesReport } from '../protocol/devices';
import type { PageEvent } from '../protocol/page';
import { devicePrograms } from './devices';
import { liteRtPlaces } from './liteRtPlaces';
import type { Log } from './telling/log';
import { type Report, showProgress } from './telling/notifications';
import { requireTrust } from './trust';
import { Turns } from './turns';

/** Work that a page is told of. */
type ShownJob = Exclude<JobKind, 'devices'>;

export interface JobWish<K extends ShownJob> {
  kind: K;
  options: Jobs[K]['options'];
  /** For the notification: `Profiling model.onnx`. */
  title: string;
  /** A folder for what the job builds, which the caller removes; without it the job has one for itself. */
  scratch?: string;
  /** Pages that are told of the progress. */
  send(event: PageEvent): void;
  /** Whether one of them is in sight; false where absent. */
  isShown?(): boolean;
  /** It may wait until what runs has ended, and whoever has this name may call it off; absent: it is refused then. */
  queuedFor?: string;
}

interface Running {
  readonly title: string;
  /** Kills the job. */
  readonly abort: AbortController;
  /** Ends it with what it has. */
  readonly stop: AbortController;
  /** What was made until now can be kept. */
  keeps: boolean;
}

/** A job that waits for its turn. */
interface Waiting {
  readonly queuedFor: string;
  readonly abort: AbortController;
}

/** Runs jobs one at a time, because two measurements at once would both be wrong. */
export class JobRunner {
  private running: Running | undefined;
  private readonly turns = new Turns();
  private readonly waiting: Waiting[] = [];

  constructor(
    readonly memory: vscode.Uri,
    private readonly log: Log,
  ) {}

  /**
   * Where what was made until now can be kept the job ends with that; asked again it ends at once.
   * @param queuedFor who asks: what waits for them is called off, and what runs goes on
   */
  cancel(queuedFor?: string): void {
    const waits = this.waiting.find((one) => one.queuedFor === queuedFor);
    if (waits !== undefined) {
      waits.abort.abort();
      return;
    }
    const { running } = this;
    if (running?.keeps && !running.stop.signal.aborted) running.stop.abort();
    else running?.abort.abort();
  }

  /** Shows progress and offers to cancel; null when the user did. */
  async run<K extends ShownJob>(wish: JobWish<K>): Promise<Jobs[K]['result'] | null> {
    requireTrust();
    if (!this.turns.tryTake()) {
      if (wish.queuedFor === undefined)
        throw new ModelError(
          `${this.running?.title ?? 'Another measurement'} is not finished yet: wait for it or cancel it first.`,
        );
      if (!(await this.waitForTurn(wish, wish.queuedFor))) return null;
    }
    const abort = new AbortController();
    const running: Running = { title: wish.title, abort, stop: new AbortController(), keeps: false };
    this.setRunning(running);
    try {
      await mkdir(this.memory.fsPath, { recursive: true });
      this.log.info(wish.title);
      return await this.runShown(wish, running);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      this.log.info(`${wish.title}: cancelled`);
      return null;
    } finally {
      this.setRunning(undefined);
      this.turns.give();
      wish.send({ kind: 'jobEnded', job: wish.kind });
    }
  }

  /** Tells that it waits; false when it was called off. */
  private async waitForTurn(wish: JobWish<ShownJob>, queuedFor: string): Promise<boolean> {
    const waiting: Waiting = { queuedFor, abort: new AbortController() };
    const { signal } = waiting.abort;
    this.waiting.push(waiting);
    const message = `Waiting: ${this.running?.title ?? 'another measurement'} is not finished yet`;
    const wait = (report: Report, token: vscode.CancellationToken) => {
      token.onCancellationRequested(() => waiting.abort.abort());
      report(message, 0);
      wish.send({ kind: 'progress', job: wish.kind, message, fraction: null });
      return this.turns.wait(signal);
    };
    const came = await showProgress(wish.title, wait, wish.isShown?.() ?? false);
    this.waiting.splice(this.waiting.indexOf(waiting), 1);
    if (!came) wish.send({ kind: 'jobEnded', job: wish.kind });
    return came;
  }

  private async runShown<K extends ShownJob>(wish: JobWish<K>, running: Running): Promise<Jobs[K]['result']> {
    const { options } = wish;
    const litert = await liteRtPlaces(
      'model' in options ? options.model : itemAt(options.models, 0),
      this.log,
    );
    const run = (report: Report, token: vscode.CancellationToken) => {
      token.onCancellationRequested(() => this.cancel());
      let done = 0;
      return runJob(wish.kind, wish.options, {
        memory: this.memory.fsPath,
        litert,
        signal: running.abort.signal,
        stop: running.stop.signal,
        programs: devicePrograms(),
        ...(wish.scratch === undefined ? {} : { scratch: wish.scratch }),
        onLog: (line) => this.log.debug(line),
        onProgress: ({ message, fraction, keeps = false }) => {
          running.keeps = keeps;
          const percent = fraction === null ? done : fraction * 100;
          report(message, Math.max(0, percent - done));
          done = Math.max(done, percent);
          wish.send({ kind: 'progress', job: wish.kind, message, fraction });
        },
      });
    };
    return showProgress(wish.title, run, wish.isShown?.() ?? false);
  }

  /** Beside whatever runs: it computes nothing. @param boards addresses of those that are asked */
  async listDevices(boards: readonly string[]): Promise<DevicesReport> {
    requireTrust();
    await mkdir(this.memory.fsPath, { recursive: true });
    return runJob(
      'devices',
      { boards },
      {
        memory: this.memory.fsPath,
        programs: devicePrograms(),
        onLog: (line) => this.log.debug(line),
      },
    );
  }

  private setRunning(running: JobRunner['running']): void {
    this.running = running;
    void vscode.commands.executeCommand('setContext', 'caliper.busy', running !== undefined);
  }
}
