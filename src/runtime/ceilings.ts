import type { Yardstick } from '../formats/profiling';
import { ModelError, TooBusyError } from '../model/modelError';
import type { CeilingsReport, MemoryCeiling } from '../protocol/roofline';
import { type Clock, processClock } from './clock';
import { cpuName } from './cpuName';
import type { Engine, Feeds } from './engine';
import { feedsFrom } from './feeds';
import { Others } from './others';
import { quantile } from './statistics';
import { counted, Stopwatch, tooBusy, warmUp } from './stopwatch';
import { emptyData } from './typedArrays';

/** Timed runs of a model: some ms each, so that all of them take seconds. */
const RUNS = 30;
const LIMIT_MS = 1000;
/** Below it nothing can be said. */
const FEWEST_RUNS = 5;
/** A computer that is busy may calm down in between. */
const ATTEMPTS = 4;
/** A ceiling is what the quickest runs reach: others on the computer can only slow a run down. */
const QUICK = 0.1;

/**
 * Runs models that do one thing, and gives the most that was reached. What an engine does not run stays unknown.
 * @throws TooBusyError where other programs took too much of the processor
 */
export async function measureCeilings(
  engine: Engine,
  yardsticks: readonly Yardstick[],
  threads: number,
  onProgress: (fraction: number) => void,
  clock: Clock = processClock,
): Promise<CeilingsReport> {
  const reached: { yardstick: Yardstick; seconds: number }[] = [];
  for (const [place, yardstick] of yardsticks.entries()) {
    onProgress(place / yardsticks.length);
    const seconds = await secondsOf(engine, yardstick, threads, clock);
    if (seconds !== null) reached.push({ yardstick, seconds });
  }
  const most = (kind: Yardstick['kind']) => {
    const rates = reached
      .filter(({ yardstick }) => yardstick.kind === kind)
      .map(({ yardstick, seconds }) => yardstick.macs / seconds);
    return rates.length === 0 ? null : Math.max(...rates);
  };
  const memory = reached
    .filter(({ yardstick }) => yardstick.kind === 'memory')
    .map(
      ({ yardstick: { workingBytes, movedBytes }, seconds }): MemoryCeiling => ({
        workingBytes,
        bytesPerSecond: movedBytes / seconds,
      }),
    )
    .sort((a, b) => a.workingBytes - b.workingBytes);
  return { engine: engine.name, threads, cpu: cpuName(), float: most('float'), int8: most('int8'), memory };
}

/** Of a quick run; null: the engine does not run the model. */
async function secondsOf(
  engine: Engine,
  { path }: Yardstick,
  threads: number,
  clock: Clock,
): Promise<number | null> {
  try {
    const session = await engine.load(path, { threads });
    try {
      const feeds = feedsOf(session.inputs);
      for (let attempt = 1; ; attempt++) {
        const stopwatch = new Stopwatch(session, feeds, threads, clock);
        const others = new Others(clock);
        const estimate = await warmUp(stopwatch, clock);
        const runs = Math.max(FEWEST_RUNS, Math.min(RUNS, Math.floor(LIMIT_MS / estimate)));
        const timed = await stopwatch.runs(runs);
        const times = counted(timed);
        const busy = stopwatch.blind ? !others.leave(threads) : stopwatch.starved;
        if (!busy && times.length >= FEWEST_RUNS) return quantile(times, QUICK) / 1000;
        if (attempt === ATTEMPTS) throw tooBusy(timed);
      }
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof TooBusyError || !(error instanceof ModelError)) throw error;
    return null;
  }
}

/** Ones: what numbers are multiplied does not matter, but some are slow or skipped. */
function feedsOf(
  inputs: readonly {
    name: string;
    type: Feeds[string]['type'];
    shape: readonly (number | string | null)[];
  }[],
): Feeds {
  return feedsFrom(
    inputs.map(({ name, type, shape }) => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
      const data = emptyData(
        type,
        sizes.reduce((product, size) => product * size, 1),
      );
      if (
        data === null ||
        Array.isArray(data) ||
        data instanceof BigInt64Array ||
        data instanceof BigUint64Array
      )
        throw new ModelError(`The input "${name}" is of type ${type}, which cannot be fed.`);
      return [name, { type, shape: sizes, data: data.fill(1) }];
    }),
  );
}
