import { TooBusyError } from '../model/modelError';
import { type Clock, processClock } from './clock';
import type { Feeds, Session } from './engine';
import { median } from './statistics';

/** A run whose CPU time falls short of its wall time by more was interrupted by other programs. */
const TOLERATED = 0.03;
/** What the two clocks may differ by on their own, however short the run. */
const RESOLUTION_MS = 0.005;
/**
 * After an interruption, or another model's run, the caches hold what is not needed: one run, and runs of as long as
 * this, are slower (by up to a third where a run takes 0.4 ms).
 */
const COLD_MS = 2;
/** A run as long as this fills the caches and still shows none of it. */
const CACHES_MATTER_MS = 100;
/** Runs are repeated until enough of them count: at least for so long, and at most so many times as many. */
const PATIENCE_MS = 20;
const PATIENCE = 3;

/**
 * Runs between two interruptions count, but where a thread has the processor for less than half of the time they
 * come so often that even these are slow (by half, with ten busy programs on two cores).
 */
const LEAST_SHARE = 0.5;

const WARM_UP_WINDOW = 3;
/** Warm: the medians of two windows of runs in a row differ by less than this. */
const WARM_UP_TOLERANCE = 0.05;
const WARM_UP_RUNS = 30;
const WARM_UP_MS = 1000;

/** refill: it found the caches cold because `resume` said so. interrupted: by another program, or right after it was. */
export type Fate = 'counts' | 'refill' | 'interrupted';

export interface TimedRun {
  readonly ms: number;
  readonly fate: Fate;
}

/**
 * Times the runs of one session, and says of each whether it counts: whether the thread had the processor all the
 * time. That is known of one thread by its CPU time; where it cannot be told (`blind`) every run counts.
 */
export class Stopwatch {
  readonly blind: boolean;
  #wallMs = 0;
  #ownMs = 0;
  /** Since when, and in how many runs, nothing has interrupted; what did. */
  #warm: { since: number; runs: number; after: Fate } | null = null;
  /** When the last run ended. */
  #last: { now: number; own: number } | null = null;

  constructor(
    private readonly session: Session,
    private readonly feeds: Feeds,
    threads: number,
    private readonly clock: Clock = processClock,
  ) {
    // An engine with a clock of its own runs elsewhere, and with several threads some wait for others.
    this.blind = threads > 1 || session.time !== undefined || clock.coarse;
  }

  /** Other programs had most of the time that the runs took. */
  get starved(): boolean {
    return !this.blind && this.#ownMs < LEAST_SHARE * this.#wallMs;
  }

  /** Says that something else ran: what it left in the caches must go first. */
  resume(): void {
    this.#cool('refill');
    this.#last = null;
  }

  async run(): Promise<TimedRun> {
    const { clock, session, feeds } = this;
    const ownBefore = clock.own();
    const start = clock.now();
    const stated = session.time === undefined ? await invoke(session, feeds) : await session.time(feeds);
    const end = clock.now();
    const own = clock.own() - ownBefore;
    const ms = stated ?? end - start;
    this.#wallMs += end - start;
    this.#ownMs += Math.min(own, end - start);
    if (this.#last !== null && this.#lost(start - this.#last.now, ownBefore - this.#last.own, ms))
      this.#cool('interrupted');
    this.#last = { now: end, own: ownBefore + own };
    const cold = ms < CACHES_MATTER_MS ? this.#isCold(start) : null;
    if (this.#lost(end - start, own, ms)) {
      this.#cool('interrupted', end);
      return { ms, fate: 'interrupted' };
    }
    if (this.#warm !== null) this.#warm.runs++;
    return { ms, fate: cold ?? 'counts' };
  }

  /** Runs until `wanted` of them count, or it becomes clear that they will not. */
  async runs(wanted: number): Promise<TimedRun[]> {
    const timed: TimedRun[] = [];
    const start = this.clock.now();
    const patient = () => timed.length < PATIENCE * wanted || this.clock.now() - start < PATIENCE_MS;
    let enough = 0;
    while (enough < wanted && patient()) {
      const run = await this.run();
      if (run.fate !== 'refill') timed.push(run);
      if (run.fate === 'counts') enough++;
    }
    return timed;
  }

  #lost(wall: number, own: number, run: number): boolean {
    return !this.blind && wall - own > TOLERATED * run + RESOLUTION_MS;
  }

  #cool(after: Fate, since: number | null = null): void {
    this.#warm = { since: since ?? Number.NaN, runs: 0, after };
  }

  /** Why a run that starts now is cold; null: it is not. */
  #isCold(start: number): Fate | null {
    if (this.#warm === null) return null;
    if (Number.isNaN(this.#warm.since)) this.#warm.since = start;
    const { since, runs, after } = this.#warm;
    return runs >= 1 && start - since >= COLD_MS ? null : after;
  }
}

/** Milliseconds of the runs that count. */
export function counted(runs: readonly TimedRun[]): number[] {
  return runs.filter(({ fate }) => fate === 'counts').map(({ ms }) => ms);
}

/** The error that says how many runs counted when other programs left too few. */
export function tooBusy(runs: readonly TimedRun[]): TooBusyError {
  const all = runs.length;
  const interrupted = all - counted(runs).length;
  const which = interrupted === 0 ? '' : ` (${interrupted} of ${all} runs were interrupted)`;
  return new TooBusyError(
    `This computer is too busy to measure: other programs take the processor${which}. Close them, or try again later.`,
  );
}

/** What was measured; null, after a sentence was said of it, where the computer is too busy. */
export async function unlessBusy<T>(work: Promise<T>, say: (sentence: string) => void): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof TooBusyError)) throw error;
    say(error.message);
    return null;
  }
}

/** A run whose outputs nobody wants. */
async function invoke(session: Session, feeds: Feeds): Promise<undefined> {
  if (session.invoke === undefined) await session.run(feeds);
  else await session.invoke(feeds);
}

/** Runs until the latency stays where it is, and gives about what it is, in milliseconds. */
export async function warmUp(
  stopwatch: Stopwatch,
  clock: Clock = processClock,
  limitMs = WARM_UP_MS,
): Promise<number> {
  const times: number[] = [];
  const start = clock.now();
  while (times.length < WARM_UP_RUNS) {
    times.push((await stopwatch.run()).ms);
    if (clock.now() - start > Math.min(limitMs, WARM_UP_MS)) break;
    if (times.length < 2 * WARM_UP_WINDOW) continue;
    const previous = median(times.slice(-2 * WARM_UP_WINDOW, -WARM_UP_WINDOW));
    const latest = median(times.slice(-WARM_UP_WINDOW));
    if (Math.abs(latest - previous) < WARM_UP_TOLERANCE * latest) break;
  }
  return Math.min(...times.slice(-WARM_UP_WINDOW));
}
