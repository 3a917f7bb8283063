import { itemAt } from '../model/assert';
import type { Latency, Speedup } from '../protocol/reports';
import { type Clock, processClock } from './clock';
import type { Engine, Feeds, Session, SessionOptions } from './engine';
import { Others } from './others';
import {
  bootstrapInterval,
  hodgesLehmann,
  median,
  quantile,
  repetitionInterval,
  verdict,
} from './statistics';
import { counted, Stopwatch, type TimedRun, tooBusy, warmUp } from './stopwatch';

/**
 * Rounds of fresh sessions. Two sessions of one model differ more than two runs of one session do (where its
 * memory happens to lie), so the interval comes from sessions; below 7 a bootstrap says little.
 */
const MIN_ROUNDS = 7;
/** More rounds only sharpen the interval. They are added by time alone: to go on until a difference shows would find one. */
const MAX_ROUNDS = 15;
const ROUNDS_MS = 4000;
/** Nobody waits longer for one figure: until then slow models get the sessions that fit, and busy computers may calm down. */
const LIMIT_MS = 15_000;
/** Below it nothing can be said of how sessions differ. */
const FEWEST_ROUNDS = 3;
/** A session is timed in so many turns, alternating with the others', so that slow drift of the machine meets all alike. */
const TURNS = 4;
/** A slow model gets fewer runs a session than were asked for, but at least one. */
const SESSION_MS = 800;

/** A session of which fewer runs count is repeated. */
const MIN_COUNTED = 5;
/** The quickest quarter of the runs. Where runs cannot be judged one by one it stands for all. */
const QUICK = 0.25;
/** A p90 above so many medians is pointed out. */
const UNSTEADY = 1.5;

/**
 * What repetitions differ by (95 %, as differences of logarithms), in processes of their own whose memory lies
 * elsewhere: bench/honest-intervals.ts. Ratios differ by less, since both models meet the same.
 */
export const REPETITIONS = { latency: 0.05, ratio: 0.025 };
/**
 * The same where other programs kept all other cores busy: they share caches, memory and, with hyper-threading, the
 * core itself. Small models then take up to 1.8 times as long, for seconds at a time.
 */
const CROWDED = { latency: Math.log(1.8), ratio: Math.log(1.1) };

/** A model and what it is fed; the same inputs in every run, in memory before the clock starts. */
export interface Measured {
  readonly path: string;
  readonly feeds: Feeds;
}

export interface MeasureSettings {
  readonly threads: number;
  /** Timed runs a session; fewer for slow models. */
  readonly runs: number;
  readonly seed: number;
  readonly optimization?: SessionOptions['optimization'];
  readonly onProgress?: (fraction: number) => void;
  readonly clock?: Clock;
}

/** What was measured of one model. */
export interface Timing {
  /** Milliseconds. */
  readonly latency: Latency;
  /** Median of each session, in the order of rounds: entry i of several models was measured at the same time. */
  readonly sessionMedians: readonly number[];
  /** Lower quartile of each, by which models are set against each other: other programs that only share caches and memory with a run slow it down without interrupting it, and not every model alike. */
  readonly sessionQuartiles: readonly number[];
  /** Timed runs over all sessions, those that did not count too. */
  readonly runs: number;
  /** Other programs kept all other cores busy. */
  readonly crowded?: boolean;
}

/** What a reader of a timing on a crowded computer must know; null: it was not. */
export function crowdedNote({ crowded }: Timing): string | null {
  return crowded
    ? 'Other programs kept all other cores busy: runs share caches and memory with them, so figures may differ from those of a quiet computer, as the intervals say.'
    : null;
}

/** Latency of one model, over fresh sessions. Throws ModelError where it does not load or run. */
export async function measureLatency(
  engine: Engine,
  model: Measured,
  settings: MeasureSettings,
): Promise<Timing> {
  const [timing] = await compareLatency(engine, [model], settings);
  if (timing === undefined) throw new Error('Nothing was measured.');
  return timing;
}

/**
 * Latency of several models, in alternation: every round loads a fresh session of each, warms them up, and times
 * them turn by turn, in one order and then in the other. Rounds in which other programs took too much of the
 * processor are repeated. One Timing for each model, in their order.
 * @throws TooBusyError where too few rounds were calm; ModelError where a model does not load or run.
 */
export async function compareLatency(
  engine: Engine,
  models: readonly Measured[],
  settings: MeasureSettings,
): Promise<Timing[]> {
  const { clock = processClock } = settings;
  const rounds: Round[] = [];
  const start = clock.now();
  for (;;) {
    const elapsed = clock.now() - start;
    const calm = rounds.filter((round) => round.calm).length;
    if (calm >= MIN_ROUNDS && (elapsed > ROUNDS_MS || calm >= MAX_ROUNDS)) break;
    if (elapsed > LIMIT_MS) {
      // A slow model gets fewer sessions; a busy computer gets no figure.
      if (calm < rounds.length && calm < MIN_ROUNDS)
        throw tooBusy(rounds.flatMap(({ sessions }) => sessions.flat()));
      if (calm >= FEWEST_ROUNDS) break;
    }
    settings.onProgress?.(Math.max(calm / MAX_ROUNDS, Math.min(calm / MIN_ROUNDS, elapsed / ROUNDS_MS)));
    rounds.push(await measureRound(engine, models, settings, rounds.length % 2 === 1));
  }
  return models.map((_, index) => summarize(rounds, index, settings.seed));
}

/** What a reader must know of a timing that had no time for as many sessions as usual; null: it had. */
export function fewSessions({ sessionMedians: { length } }: Timing): string | null {
  if (length >= MIN_ROUNDS) return null;
  return `The model is slow: only ${length} sessions instead of ${MIN_ROUNDS} fitted into the time limit of ${LIMIT_MS / 1000} s, so its latency is less certain.`;
}

/** Speed-up of the second over the first, measured in the same rounds. */
export function speedup(before: Timing, after: Timing, seed: number): Speedup {
  const logRatios = before.sessionQuartiles.map((value, round) =>
    Math.log(value / itemAt(after.sessionQuartiles, round)),
  );
  const [low, high] = bootstrapInterval(logRatios, hodgesLehmann, seed);
  const ratio = Math.exp(hodgesLehmann(logRatios));
  const apart = (before.crowded || after.crowded ? CROWDED : REPETITIONS).ratio;
  const ci95 = repetitionInterval([Math.exp(low), Math.exp(high)], ratio, apart);
  return { ratio, ci95, verdict: verdict(ci95) };
}

function summarize(rounds: readonly Round[], index: number, seed: number): Timing {
  const sessions = rounds.flatMap(({ sessions, calm }) => (calm ? [counted(itemAt(sessions, index))] : []));
  const blind = rounds.some((round) => round.blind);
  const sessionQuartiles = sessions.map((runs) => quantile(runs, QUICK));
  const sessionMedians = blind ? sessionQuartiles : sessions.map((runs) => median(runs));
  const all = sessions.flat();
  const runs = rounds.reduce((sum, { sessions }) => sum + itemAt(sessions, index).length, 0);
  const latency = { median: median(sessionMedians), p90: quantile(all, 0.9) };
  const calm = rounds.filter((round) => round.calm);
  const crowded = calm.filter((round) => round.crowded).length > calm.length / 4;
  const interval = bootstrapInterval(sessionMedians, median, seed);
  return {
    latency: {
      ...latency,
      ci95: repetitionInterval(interval, latency.median, (crowded ? CROWDED : REPETITIONS).latency),
      runs,
      counted: all.length,
      ...(latency.p90 > UNSTEADY * latency.median ? { unsteady: true } : {}),
    },
    sessionMedians,
    sessionQuartiles,
    runs,
    crowded,
  };
}

/** One fresh session of each model. */
interface Round {
  /** Runs of each model. */
  readonly sessions: readonly (readonly TimedRun[])[];
  /** Other programs left the processor to the models. */
  readonly calm: boolean;
  /** They left it no other core. */
  readonly crowded: boolean;
  /** Runs could not be judged one by one. */
  readonly blind: boolean;
}

interface Contestant {
  readonly session: Session;
  readonly stopwatch: Stopwatch;
  readonly runs: number;
  readonly times: TimedRun[];
}

async function measureRound(
  engine: Engine,
  models: readonly Measured[],
  settings: MeasureSettings,
  reversed: boolean,
): Promise<Round> {
  const { threads, optimization = 'all', clock = processClock } = settings;
  const contestants: Contestant[] = [];
  const others = new Others(clock);
  try {
    for (const { path, feeds } of reversed ? models.toReversed() : models) {
      const session = await engine.load(path, { threads, optimization });
      const stopwatch = new Stopwatch(session, feeds, threads, clock);
      const contestant = { session, stopwatch, runs: 1, times: [] };
      contestants.push(contestant);
      const estimate = await warmUp(stopwatch, clock);
      contestant.runs = Math.max(1, Math.min(settings.runs, Math.floor(SESSION_MS / estimate)));
    }
    const turns = Math.min(TURNS, ...contestants.map(({ runs }) => runs));
    for (let turn = 0; turn < turns; turn++) {
      // A round that began without a run that counts is no use: the next one may be.
      if (contestants.some(isHopeless)) break;
      for (const { stopwatch, runs, times } of turn % 2 === 0 ? contestants : contestants.toReversed()) {
        if (contestants.length > 1) stopwatch.resume();
        times.push(...(await stopwatch.runs(Math.ceil(runs / turns))));
      }
    }
    const blind = contestants.some(({ stopwatch }) => stopwatch.blind);
    const calm = blind ? others.leave(threads) : contestants.every(isCalm);
    const sessions = contestants.map(({ times }) => times);
    const crowded = !others.leave(threads + 1);
    return { sessions: reversed ? sessions.reverse() : sessions, calm, crowded, blind };
  } finally {
    for (const { session } of contestants) await session.close();
  }
}

function isHopeless({ stopwatch, times }: Contestant): boolean {
  return stopwatch.starved && times.length > 0 && counted(times).length === 0;
}

function isCalm({ stopwatch, runs, times }: Contestant): boolean {
  return !stopwatch.starved && counted(times).length >= Math.min(runs, MIN_COUNTED);
}
