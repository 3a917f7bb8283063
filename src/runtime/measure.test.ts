import { describe, expect, it } from 'vitest';
import type { Engine, Feeds, Session } from './engine';
import { compareLatency, measureLatency, speedup, type Timing } from './measure';
import { seededNormal, seededRandom } from './random';

function timing(sessionMedians: number[]): Timing {
  return {
    latency: { median: 0, p90: 0, ci95: [0, 0] },
    sessionMedians,
    sessionQuartiles: sessionMedians,
    runs: 0,
  };
}

/**
 * Session medians of two models on a bad machine: the clock drifts by a third, other programs slow whole rounds
 * down, each session has a bias of its own, and now and then one is far off.
 */
function simulate(ratio: number, rounds: number, seed: number): [Timing, Timing] {
  const normal = seededNormal(seed);
  const random = seededRandom(seed + 1);
  const session = (round: number, slowdown: number, latency: number) => {
    const drift = 1 + (0.3 * round) / rounds;
    const bias = Math.exp(0.03 * normal());
    const outlier = random() < 0.05 ? 1 + random() : 1;
    return latency * drift * slowdown * bias * outlier;
  };
  const before: number[] = [];
  const after: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const slowdown = random() < 0.2 ? 2 : 1;
    before.push(session(round, slowdown, 5));
    after.push(session(round, slowdown, 5 / ratio));
  }
  return [timing(before), timing(after)];
}

describe('speedup', () => {
  it.each([
    [7, 300],
    [15, 100],
  ])('says of a model and itself that no difference was measured (%i rounds)', (rounds, tries) => {
    let wrong = 0;
    for (let seed = 0; seed < tries; seed++) {
      const [before, after] = simulate(1, rounds, seed);
      if (speedup(before, after, seed).verdict !== 'no difference measured') wrong++;
    }
    expect(wrong / tries).toBeLessThan(1 / 20);
  });

  it('finds a real difference of a fifth in nearly every try', () => {
    let found = 0;
    for (let seed = 0; seed < 60; seed++) {
      const [before, after] = simulate(1.2, 15, seed);
      const result = speedup(before, after, seed);
      if (result.verdict === 'faster' && result.ci95[0] <= 1.2 && 1.2 <= result.ci95[1]) found++;
    }
    expect(found).toBeGreaterThan(51);
  });

  it('is below 1 where the second is slower', () => {
    const result = speedup(timing([1, 1, 1, 1, 1, 1, 1]), timing([2, 2, 2, 2, 2, 2, 2]), 1);
    expect(result).toMatchObject({ ratio: 0.5, verdict: 'slower' });
    // Even where all sessions are alike a repetition is not.
    expect(result.ci95[0]).toBeLessThan(0.49);
    expect(result.ci95[1]).toBeGreaterThan(0.51);
  });
});

/** An engine that notes what is asked of it. */
function recordingEngine(events: string[]): Engine {
  let sessions = 0;
  return {
    name: 'recording',
    async load(path): Promise<Session> {
      const id = `${path}${sessions++}`;
      events.push(`load ${path}`);
      return {
        inputs: [],
        outputs: [],
        async run(feeds: Feeds) {
          events.push(`run ${path}`);
          return feeds;
        },
        async close() {
          events.push(`close ${id}`);
        },
      };
    },
  };
}

describe('compareLatency', () => {
  it('loads fresh sessions each round, changes their order, and closes all of them', async () => {
    const events: string[] = [];
    const models = [
      { path: 'a', feeds: {} },
      { path: 'b', feeds: {} },
    ];
    const timings = await compareLatency(recordingEngine(events), models, { threads: 1, runs: 8, seed: 1 });
    const loads = events.filter((event) => event.startsWith('load'));
    const rounds = timings[0]?.sessionMedians.length ?? 0;
    expect(rounds).toBeGreaterThanOrEqual(7);
    expect(loads).toHaveLength(2 * rounds);
    expect(loads.slice(0, 4)).toEqual(['load a', 'load b', 'load b', 'load a']);
    expect(events.filter((event) => event.startsWith('close'))).toHaveLength(2 * rounds);
    expect(timings.map(({ runs }) => runs)).toEqual([8 * rounds, 8 * rounds]);
    const runs = events.filter((event) => event.startsWith('run'));
    expect(new Set(runs)).toEqual(new Set(['run a', 'run b']));
  });

  it('closes what it loaded when a model cannot be loaded', async () => {
    const events: string[] = [];
    const engine = recordingEngine(events);
    const failing: Engine = {
      ...engine,
      load: (path, options) =>
        path === 'bad' ? Promise.reject(new Error('no such model')) : engine.load(path, options),
    };
    const models = [
      { path: 'a', feeds: {} },
      { path: 'bad', feeds: {} },
    ];
    await expect(compareLatency(failing, models, { threads: 1, runs: 2, seed: 1 })).rejects.toThrow(
      'no such model',
    );
    expect(events.at(-1)).toBe('close a0');
  });

  it('measures a single model the same way', async () => {
    const progress: number[] = [];
    const result = await measureLatency(
      recordingEngine([]),
      { path: 'a', feeds: {} },
      {
        threads: 1,
        runs: 5,
        seed: 1,
        onProgress: (fraction) => progress.push(fraction),
      },
    );
    expect(result.latency.ci95[0]).toBeLessThanOrEqual(result.latency.median);
    expect(result.latency.ci95[1]).toBeGreaterThanOrEqual(result.latency.median);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeLessThanOrEqual(1);
  });
});
