import type { Latency, Speedup } from '../protocol/reports';
import type { Engine, Feeds, Session, SessionOptions } from './engine';
import { bootstrapInterval, hodgesLehmann, median, quantile, verdict } from './statistics';

/**
 * Rounds of fresh sessions. Two sessions of one model differ more than two runs of one session do (where its
 * memory happens to lie), so the interval comes from sessions; below 7 a bootstrap says little.
 */
const MIN_ROUNDS = 7;
/** More rounds only sharpen the interval. They are added by time alone: to go on until a difference shows would find one. */
const MAX_ROUNDS = 15;
const ROUNDS_MS = 4000;
/** A session is timed in so many turns, alternating with the others', so that slow drift of the machine meets all alike. */
const TURNS = 4;
/** A slow model gets fewer runs a session than were asked for, but at least one. */
const SESSION_MS = 800;
/** Above this, what another model left in the caches does not show. */
const CACHES_MATTER_MS = 100;

const WARM_UP_WINDOW = 3;
/** Warm: the medians of two windows of runs in a row differ by less than this. */
const WARM_UP_TOLERANCE = 0.05;
const WARM_UP_RUNS = 30;
const WARM_UP_MS = 1000;

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
}

/** What was measured of one model. */
export interface Timing {
  /** Milliseconds. */
  readonly latency: Latency;
  /** Median of each session, in the order of rounds: entry i of several models was measured at the same time. */
  readonly sessionMedians: readonly number[];
  /** Timed runs over all sessions. */
  readonly runs: number;
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
 * them turn by turn, in one order and then in the other. One Timing for each model, in their order.
 */
export async function compareLatency(
  engine: Engine,
  models: readonly Measured[],
  settings: MeasureSettings,
): Promise<Timing[]> {
  const rounds: number[][][] = [];
  const start = performance.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const elapsed = performance.now() - start;
    if (round >= MIN_ROUNDS && elapsed > ROUNDS_MS) break;
    settings.onProgress?.(Math.max(round / MAX_ROUNDS, Math.min(round / MIN_ROUNDS, elapsed / ROUNDS_MS)));
    rounds.push(await measureRound(engine, models, settings, round % 2 === 1));
  }
  return models.map((_, index) =>
    summarize(
      rounds.map((round) => round[index] ?? []),
      settings.seed,
    ),
  );
}

/** Speed-up of the second over the first, measured in the same rounds. */
export function speedup(before: Timing, after: Timing, seed: number): Speedup {
  const logRatios = before.sessionMedians.map((value, round) =>
    Math.log(value / (after.sessionMedians[round] ?? Number.NaN)),
  );
  const [low, high] = bootstrapInterval(logRatios, hodgesLehmann, seed);
  const ci95: Speedup['ci95'] = [Math.exp(low), Math.exp(high)];
  return { ratio: Math.exp(hodgesLehmann(logRatios)), ci95, verdict: verdict(ci95) };
}

function summarize(sessions: readonly number[][], seed: number): Timing {
  const sessionMedians = sessions.map((runs) => median(runs));
  const runs = sessions.flat();
  return {
    latency: {
      median: median(sessionMedians),
      p90: quantile(runs, 0.9),
      ci95: bootstrapInterval(sessionMedians, median, seed),
    },
    sessionMedians,
    runs: runs.length,
  };
}

interface Contestant {
  readonly index: number;
  readonly session: Session;
  readonly feeds: Feeds;
  readonly runs: number;
  /** One untimed run at the start of each turn, because the caches hold the other model's weights. */
  readonly refill: boolean;
}

/** Times of each model's runs in one round, in milliseconds. */
async function measureRound(
  engine: Engine,
  models: readonly Measured[],
  settings: MeasureSettings,
  reversed: boolean,
): Promise<number[][]> {
  const sessions: Session[] = [];
  try {
    const order = models.map((_, index) => index);
    if (reversed) order.reverse();
    const contestants: Contestant[] = [];
    for (const index of order) {
      const model = models[index];
      if (model === undefined) continue;
      const { threads, optimization = 'all' } = settings;
      const session = await engine.load(model.path, { threads, optimization });
      sessions.push(session);
      const estimate = await warmUp(session, model.feeds);
      const runs = Math.max(1, Math.min(settings.runs, Math.floor(SESSION_MS / estimate)));
      const refill = models.length > 1 && estimate < CACHES_MATTER_MS;
      contestants.push({ index, session, feeds: model.feeds, runs, refill });
    }
    const times: number[][] = models.map(() => []);
    const turns = Math.min(TURNS, ...contestants.map(({ runs }) => runs));
    for (let turn = 0; turn < turns; turn++) {
      const inTurn = turn % 2 === 0 ? contestants : contestants.toReversed();
      for (const { index, session, feeds, runs, refill } of inTurn) {
        if (refill) await invoke(session, feeds);
        for (let run = 0; run < Math.ceil(runs / turns); run++) {
          times[index]?.push(await timeRun(session, feeds));
        }
      }
    }
    return times;
  } finally {
    for (const session of sessions) await session.close();
  }
}

export async function timeRun(session: Session, feeds: Feeds): Promise<number> {
  if (session.time !== undefined) return session.time(feeds);
  const start = performance.now();
  await invoke(session, feeds);
  return performance.now() - start;
}

/** A run whose outputs nobody wants. */
async function invoke(session: Session, feeds: Feeds): Promise<void> {
  if (session.invoke === undefined) await session.run(feeds);
  else await session.invoke(feeds);
}

/** Runs until the latency stays where it is, and gives it in milliseconds. */
export async function warmUp(session: Session, feeds: Feeds): Promise<number> {
  const times: number[] = [];
  const start = performance.now();
  while (times.length < WARM_UP_RUNS) {
    times.push(await timeRun(session, feeds));
    if (performance.now() - start > WARM_UP_MS) break;
    if (times.length < 2 * WARM_UP_WINDOW) continue;
    const previous = median(times.slice(-2 * WARM_UP_WINDOW, -WARM_UP_WINDOW));
    const latest = median(times.slice(-WARM_UP_WINDOW));
    if (Math.abs(latest - previous) < WARM_UP_TOLERANCE * latest) break;
  }
  return median(times.slice(-WARM_UP_WINDOW));
}
