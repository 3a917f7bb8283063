import { expect, it } from 'vitest';
import { TooBusyError } from '../model/modelError';
import { type Precision, staysInFloat, withFloat } from '../model/precision';
import type { Speedup } from '../protocol/reports';
import { seededRandom } from '../runtime/random';
import { verdict } from '../runtime/statistics';
import {
  type Boundary,
  bestMix,
  cheapestMix,
  convertedElements,
  layerTimes,
  type MixLayer,
  type MixProblem,
  predictedMs,
  reasons,
} from './mix';
import { type SearchTask, searchMix } from './search';

const CONVERSION = 1e-6;
const ELSEWHERE = '99';
/** Of any file: nodes are those of the cleaned model. */
const ORIGINS = new Map(
  [...Array.from({ length: 12 }, (_, i) => String(i)), ELSEWHERE].map((id) => [id, id]),
);
const INT8: Precision = { weights: 'int8', activations: 'uint8', granularity: 'channel' };

/** A chain of layers with some branches, and what each truly costs. */
function world(seed: number) {
  const random = seededRandom(seed);
  const count = 2 + Math.floor(random() * 9);
  const layers: MixLayer[] = Array.from({ length: count }, (_, i) => ({
    id: String(i),
    rawOutput: `raw${i}`,
    output: `out${i}`,
  }));
  const boundaries: Boundary[] = [
    { from: 0, to: null, elements: 1000 },
    { from: count - 1, to: null, elements: 10 },
  ];
  for (let i = 1; i < count; i++) {
    boundaries.push({ from: i - 1, to: i, elements: 1e4 + random() * 1e5 });
    if (random() < 0.3) boundaries.push({ from: Math.floor(random() * i), to: i, elements: random() * 1e5 });
  }
  const problem: MixProblem = {
    layers,
    boundaries,
    weightBytes: layers.map(() => Math.floor(random() * 1000)),
    layerOfNode: new Map(layers.map(({ id }, i) => [id, i])),
  };
  const float = layers.map(() => random());
  const int8 = float.map((ms) => ms * (0.4 + 1.2 * random()));
  const total = (inFloat: ReadonlySet<number>) =>
    layers.reduce((sum, _, i) => sum + ((inFloat.has(i) ? float[i] : int8[i]) as number), 0) +
    convertedElements(problem, inFloat) * CONVERSION;
  return { problem, float, int8, total, count };
}

function best({ count, total }: ReturnType<typeof world>): number {
  let least = Infinity;
  for (let bits = 0; bits < 2 ** count; bits++) {
    least = Math.min(
      least,
      total(new Set(Array.from({ length: count }, (_, i) => i).filter((i) => (bits >> i) & 1))),
    );
  }
  return least;
}

function task(
  made: ReturnType<typeof world>,
  keep: string[] = [],
): SearchTask & { built: Map<string, Set<number>> } {
  const { problem, float, int8, total } = made;
  const everything = new Set(problem.layers.keys());
  const built = new Map<string, Set<number>>([['cleaned', everything]]);
  const timeOf = (path: string) => total(built.get(path) as Set<number>);
  return {
    problem,
    cleaned: 'cleaned',
    assignment: withFloat(new Map(problem.layers.map(({ id }) => [id, INT8])), keep),
    built,
    build(assignment) {
      const path = `mix${built.size}`;
      built.set(
        path,
        new Set(problem.layers.flatMap(({ id }, i) => (staysInFloat(assignment, id) ? [i] : []))),
      );
      return { path, origins: ORIGINS, impossible: new Map() };
    },
    async profile(path) {
      const inFloat = built.get(path) as Set<number>;
      const rows = problem.layers.map(({ id }, i) => ({
        id,
        name: 'layer',
        medianMs: (inFloat.has(i) ? float[i] : int8[i]) as number,
      }));
      const others = convertedElements(problem, inFloat) * CONVERSION;
      return [...rows, { id: ELSEWHERE, name: 'layer', medianMs: 5 }, { name: 'layer', medianMs: others }];
    },
    async race(paths) {
      const last = timeOf(paths.at(-1) as string);
      return paths.slice(0, -1).map((path): Speedup => {
        const ratio = timeOf(path) / last;
        return { ratio, ci95: [ratio, ratio], verdict: verdict([ratio, ratio]) };
      });
    },
    onProgress: () => {},
  };
}

it('the cheapest mix by known costs is the cheapest of all mixes', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const made = world(seed);
    const mix = cheapestMix(made.problem, { ...made, conversion: CONVERSION, pinned: new Set() }, 0);
    expect(made.total(mix), `seed ${seed}`).toBeCloseTo(best(made), 9);
  }
});

it('a mix that gains no time stores less and takes no longer than float', () => {
  let smaller = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const made = world(seed);
    // Half of the layers twice as slow in int8, the others a little faster: no mix gains much.
    const int8 = made.float.map((ms, i) => (i % 2 === 0 ? 2 * ms : 0.99 * ms));
    const costs = { float: made.float, int8, conversion: 1e-9, pinned: new Set<number>() };
    const float = made.float.reduce((sum, ms) => sum + ms, 0);
    const fastest = cheapestMix(made.problem, costs, 0);
    const mix = bestMix(made.problem, costs, true);
    const stored = (inFloat: ReadonlySet<number>) =>
      made.problem.weightBytes.reduce((sum, bytes, i) => sum + (inFloat.has(i) ? bytes : bytes / 4), 0);
    expect(predictedMs(made.problem, costs, mix), `seed ${seed}`).toBeLessThanOrEqual(float * (1 + 1e-9));
    expect(stored(mix), `seed ${seed}`).toBeLessThanOrEqual(stored(fastest));
    if (stored(mix) < stored(fastest)) smaller++;
  }
  // Some layers are so small that what they cost fits into what the others gain.
  expect(smaller).toBeGreaterThan(0);
});

it('pinned layers stay in float', () => {
  const made = world(3);
  const costs = {
    float: made.float.map(() => 1),
    int8: made.float.map(() => 0),
    conversion: 0,
    pinned: new Set([1]),
  };
  expect([...cheapestMix(made.problem, costs, 0)]).toEqual([1]);
});

it('the search ends with a mix that is as fast as the best within what counts as a difference', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const made = world(seed);
    const search = task(made);
    const result = await searchMix(search);
    const time = made.total(search.built.get(result.best.path) as Set<number>);
    const float = made.total(new Set(made.problem.layers.keys()));
    if (result.overCleaned?.verdict === 'slower')
      expect(best(made), `seed ${seed}`).toBeGreaterThan(float * 0.95);
    else expect(time, `seed ${seed}`).toBeLessThanOrEqual(best(made) * 1.05);
    expect(result.rounds).toBeLessThanOrEqual(3);
  }
});

it('keeps what the user asked for, and says why the others were kept', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const result = await searchMix(task(world(seed), ['1']));
    expect(result.all.kept, `seed ${seed}`).toEqual(new Map([['1', 'asked for']]));
    expect(result.best.kept.get('1'), `seed ${seed}`).toBe('asked for');
    for (const [id, reason] of result.best.kept) {
      if (id !== '1')
        expect(reason, `seed ${seed}`).toMatch(
          /takes? \d+\.\d{3} ms in int8 with conversions, \d+\.\d{3} ms in float/,
        );
    }
  }
});

/** A search whose computer becomes too busy after so many races and profiles. */
function busyAfter(calls: number, made = world(5)): SearchTask & { built: Map<string, Set<number>> } {
  const calm = task(made);
  let done = 0;
  const orBusy = async <T>(work: () => Promise<T>): Promise<T> => {
    if (++done > calls) throw new TooBusyError('This computer is too busy to measure.');
    return work();
  };
  return {
    ...calm,
    race: (paths) => orBusy(() => calm.race(paths)),
    profile: (path) => orBusy(() => calm.profile(path)),
  };
}

it('chooses nothing where the computer is too busy to measure, and says so', async () => {
  const search = busyAfter(0);
  const result = await searchMix(search);
  expect(result.best).toBe(result.all);
  expect(result.overCleaned).toBeNull();
  expect(result.warnings).toEqual([expect.stringMatching(/^The computer was too busy to search/)]);
  expect([...search.built.keys()]).toEqual(['cleaned', result.all.path]);
});

it('keeps the best mix that was measured when the computer becomes too busy, and says so', async () => {
  for (let calls = 1; calls <= 4; calls++) {
    const result = await searchMix(busyAfter(calls));
    expect(result.warnings, `${calls} calls`).toEqual([expect.stringMatching(/ended early/)]);
    // A race, two profiles, another race: only that one may replace the mix.
    if (calls < 4) expect(result.best, `${calls} calls`).toBe(result.all);
    expect(result.overCleaned, `${calls} calls`).not.toBeNull();
  }
  expect((await searchMix(task(world(5)))).warnings).toEqual([]);
});

it('stops at its time limit', async () => {
  let time = 0;
  const result = await searchMix({ ...task(world(5)), now: () => (time += 1e6) });
  expect(result.rounds).toBe(0);
});

it('reasons name the time of a group that went back together', () => {
  const { problem } = world(1);
  const costs = {
    float: problem.layers.map(() => 1),
    int8: problem.layers.map(() => 2),
    conversion: 0,
    pinned: new Set<number>(),
  };
  expect(reasons(problem, costs, new Set([0, 1])).get(0)).toBe(
    'it and 1 of its neighbours take 4.000 ms in int8 with conversions, 2.000 ms in float',
  );
});

it('a row that holds several layers counts for the one whose name it has, else for all in equal parts', () => {
  const { problem } = world(1);
  const row = (id: string, medianMs: number | null) => ({ id, name: 'conv', medianMs });
  const rows = [
    row('5', 3),
    { ...row('6', null), fusedInto: 'conv', fusedIntoId: '5' },
    row('7', 7),
    row('7/body/0', 2),
    row('8', 1),
  ];
  const origins = new Map([
    ['5', '0'],
    ['6', '1'],
    ['7', ELSEWHERE],
  ]);
  const times = layerTimes(problem, rows, origins);
  expect(times.layers.slice(0, 2)).toEqual([3, 0]);
  expect(times.others).toBe(1);
  const fused = ['0', '1'].map((id) => ({ ...row(id, null), fusedInto: 'kernel' }));
  const shared = layerTimes(problem, [...fused, { name: 'kernel', medianMs: 1 }], null);
  expect(shared.layers.slice(0, 2)).toEqual([0.5, 0.5]);
  expect(shared.others).toBe(0);
});
