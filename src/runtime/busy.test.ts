import { describe, expect, it } from 'vitest';
import { FakeMachine, fakeEngine, type Load } from '../../test/unit/fakeMachine';
import { TooBusyError } from '../model/modelError';
import { compareLatency, crowdedNote, measureLatency, speedup } from './measure';
import { median } from './statistics';
import { Stopwatch } from './stopwatch';

const BEFORE_MS = 7;
const AFTER_MS = 3;
const TRUE_RATIO = BEFORE_MS / AFTER_MS;

async function compare(
  load: Load | null,
  { before = BEFORE_MS, after = AFTER_MS, threads = 1, machine = new FakeMachine() } = {},
) {
  machine.load = load;
  const engine = fakeEngine(machine, { before, after });
  const models = ['before', 'after'].map((path) => ({ path, feeds: {} }));
  const settings = { threads, runs: 30, seed: 1, clock: machine };
  const [first, second] = await compareLatency(engine, models, settings);
  if (first === undefined || second === undefined) throw new Error('Two models were given.');
  return { before: first, after: second, speedup: speedup(first, second, 1) };
}

/** The ratio as it would be without judging runs: by the medians of all of them. */
async function naiveRatio(load: Load): Promise<number> {
  const machine = new FakeMachine();
  machine.load = load;
  const times = { before: [] as number[], after: [] as number[] };
  for (let run = 0; run < 300; run++) {
    for (const [name, ms] of [
      ['before', BEFORE_MS],
      ['after', AFTER_MS],
    ] as const) {
      machine.work(ms);
      const start = machine.now();
      machine.work(ms);
      times[name].push(machine.now() - start);
    }
  }
  return median(times.before) / median(times.after);
}

describe('models that are timed while other programs run', () => {
  it('take what they take on a quiet computer, and all runs count there', async () => {
    const { before, after, speedup } = await compare(null);
    expect(before.latency.median).toBeCloseTo(BEFORE_MS, 6);
    expect(after.latency.median).toBeCloseTo(AFTER_MS, 6);
    expect(before.latency.counted).toBe(before.latency.runs);
    expect(speedup.ratio).toBeCloseTo(TRUE_RATIO, 6);
  });

  it.each<Load>([
    { slice: 31, wait: 10 },
    { slice: 23.3, wait: 11.1 },
    { slice: 17.7, wait: 15 },
  ])(
    'keep their ratio within 5 % where they are interrupted ($slice ms of work, $wait ms of others)',
    async (load) => {
      const { before, speedup } = await compare(load);
      expect(Math.abs(speedup.ratio / TRUE_RATIO - 1)).toBeLessThan(0.05);
      expect(before.latency.counted).toBeLessThan(before.latency.runs ?? 0);
      expect(before.latency.counted).toBeGreaterThan(0);
    },
  );

  it('would not keep it without judging the runs', async () => {
    expect(Math.abs((await naiveRatio({ slice: 10.1, wait: 10 })) / TRUE_RATIO - 1)).toBeGreaterThan(0.2);
  });

  it.each<[Load, number, number]>([
    // Never a run between two interruptions.
    [{ slice: 3, wait: 15 }, BEFORE_MS, AFTER_MS],
    // Many, but each on cold caches.
    [{ slice: 3, wait: 15 }, 0.4, 0.3],
    [{ slice: 10.1, wait: 12 }, BEFORE_MS, AFTER_MS],
  ])('have no latency where others take too much: %j', async (load, before, after) => {
    const failed = compare(load, { before, after });
    await expect(failed).rejects.toThrow(TooBusyError);
    await expect(failed).rejects.toThrow(/^This computer is too busy to measure: .+ try again later\.$/);
  });

  it('are measured once a burst of work is over', async () => {
    const machine = new FakeMachine();
    const engine = fakeEngine(machine, { before: BEFORE_MS });
    const load = engine.load.bind(engine);
    let sessions = 0;
    const bursting = {
      ...engine,
      load: (...args: Parameters<typeof load>) => {
        machine.load = ++sessions < 5 ? { slice: 3, wait: 15 } : null;
        return load(...args);
      },
    };
    const settings = { threads: 1, runs: 30, seed: 1, clock: machine };
    const { latency, sessionMedians } = await measureLatency(
      bursting,
      { path: 'before', feeds: {} },
      settings,
    );
    expect(latency.median).toBeCloseTo(BEFORE_MS, 6);
    expect(sessionMedians.length).toBeGreaterThanOrEqual(7);
    expect(latency.counted).toBeLessThan(latency.runs ?? 0);
  });

  it('have wider intervals and a note where others keep the other cores busy', async () => {
    const width = ([low, high]: readonly [number, number]) => Math.log(high / low);
    const calm = await compare(null);
    const busy = await compare({ slice: 31, wait: 20 });
    expect(crowdedNote(calm.before)).toBeNull();
    expect(crowdedNote(busy.before)).toMatch(/^Other programs kept all other cores busy/);
    expect(width(busy.before.latency.ci95)).toBeGreaterThan(2 * width(calm.before.latency.ci95));
    expect(width(busy.speedup.ci95)).toBeGreaterThan(2 * width(calm.speedup.ci95));
  });

  it('with several threads count where others leave as many cores', async () => {
    const load = { slice: 10, wait: 10 };
    await expect(compare(load, { threads: 2 })).rejects.toThrow(TooBusyError);
    // Of four cores half are left, which is enough for two threads, as far as can be told.
    const roomy = new FakeMachine({ cores: 4 });
    const { before } = await compare({ slice: 50, wait: 10 }, { threads: 2, machine: roomy });
    expect(before.latency.median).toBeCloseTo(BEFORE_MS, 6);
  });

  it('are judged by what others take where the clock of CPU time is coarse', async () => {
    const coarse = () => new FakeMachine({ coarse: true });
    await expect(compare({ slice: 5, wait: 15 }, { machine: coarse() })).rejects.toThrow(TooBusyError);
    expect((await compare(null, { machine: coarse() })).speedup.ratio).toBeCloseTo(TRUE_RATIO, 6);
  });
});

describe('slow models', () => {
  it('get the sessions that fit into the time limit, and that is no busy computer', async () => {
    const machine = new FakeMachine();
    const engine = fakeEngine(machine, { slow: 4000 });
    const settings = { threads: 1, runs: 30, seed: 1, clock: machine };
    const { latency, sessionMedians } = await measureLatency(engine, { path: 'slow', feeds: {} }, settings);
    expect(latency.median).toBeCloseTo(4000, 3);
    expect(sessionMedians).toHaveLength(3);
    expect(machine.now()).toBeLessThan(30_000);
  });
});

describe('a stopwatch', () => {
  it('does not count an interrupted run, nor the one after it, whose caches are cold', async () => {
    const machine = new FakeMachine();
    const session = await fakeEngine(machine, { model: 2.1 }).load('model', { threads: 1 });
    const stopwatch = new Stopwatch(session, {}, 1, machine);
    expect((await stopwatch.run()).fate).toBe('counts');
    machine.load = { slice: 7, wait: 10 };
    const fates: string[] = [];
    for (let run = 0; run < 5; run++) fates.push((await stopwatch.run()).fate);
    // The slice begins with a wait; 0.8 ms are cold, so that the third run counts and the fourth meets its end.
    expect(fates).toEqual(['interrupted', 'interrupted', 'counts', 'interrupted', 'interrupted']);
  });

  it('does not count the runs that fill the caches after another model', async () => {
    const machine = new FakeMachine();
    const session = await fakeEngine(machine, { model: 0.3 }).load('model', { threads: 1 });
    const stopwatch = new Stopwatch(session, {}, 1, machine);
    stopwatch.resume();
    const fates: string[] = [];
    for (let run = 0; run < 9; run++) fates.push((await stopwatch.run()).fate);
    expect(fates).toEqual([...Array<string>(7).fill('refill'), 'counts', 'counts']);
    stopwatch.resume();
    expect(await stopwatch.runs(4)).toHaveLength(4);
  });
});
