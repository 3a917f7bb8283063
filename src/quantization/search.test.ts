import { expect, it } from 'vitest';
import { itemAt } from '../model/assert';
import { ModelError, TooBusyError } from '../model/modelError';
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
import { mixFront } from './mixFront';
import { searchMix } from './search';
import type { FoundMix, SearchTask } from './searchTask';

const CONVERSION = 1e-6;
const ELSEWHERE = '99';
/** Of any file: nodes are those of the cleaned model. */
const ORIGINS = new Map(
  [...Array.from({ length: 12 }, (_, i) => String(i)), ELSEWHERE].map((id) => [id, id]),
);
const INT8: Precision = { weights: 'int8', activations: 'uint8', granularity: 'channel' };

/** A chain of layers with some branches, what each truly costs, and what it loses in int8. */
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
  // From 60 dB to 3 dB a layer.
  const errors = layers.map(() => 10 ** (-0.3 - 5.7 * random()));
  const total = (inFloat: ReadonlySet<number>) =>
    layers.reduce((sum, _, i) => sum + ((inFloat.has(i) ? float[i] : int8[i]) as number), 0) +
    convertedElements(problem, inFloat) * CONVERSION;
  const lost = (inFloat: ReadonlySet<number>) =>
    errors.reduce((sum, error, i) => sum + (inFloat.has(i) ? 0 : error), 0);
  return { problem, float, int8, errors, total, lost, count };
}

function* subsets(count: number): Generator<Set<number>> {
  for (let bits = 0; bits < 2 ** count; bits++)
    yield new Set(Array.from({ length: count }, (_, i) => i).filter((i) => (bits >> i) & 1));
}

function best({ count, total }: ReturnType<typeof world>): number {
  return Math.min(...[...subsets(count)].map(total));
}

type MadeTask = SearchTask & { built: Map<string, Set<number>>; raced: string[][]; scored: string[] };

/** The limit is 20 dB, as where nothing but the noise is known. */
function task(made: ReturnType<typeof world>, keep: string[] = []): MadeTask {
  const { problem, float, int8, total, lost } = made;
  const built = new Map<string, Set<number>>([['cleaned', new Set(problem.layers.keys())]]);
  const floatOf = (path: string) => built.get(path) as Set<number>;
  const raced: string[][] = [];
  const scored: string[] = [];
  const inFloat = (assignment: SearchTask['assignment']) =>
    new Set(problem.layers.flatMap(({ id }, i) => (staysInFloat(assignment, id) ? [i] : [])));
  return {
    problem,
    cleaned: 'cleaned',
    assignment: withFloat(new Map(problem.layers.map(({ id }) => [id, INT8])), keep),
    from: null,
    shard: null,
    work: float.map((ms) => ms * 5e7),
    built,
    raced,
    scored,
    build(assignment) {
      const path = `mix${built.size}`;
      built.set(path, inFloat(assignment));
      return { path, origins: ORIGINS, impossible: new Map() };
    },
    finish: async ({ path }) => ({ path, steps: [], warnings: [] }),
    alternatives: [],
    store: async () => {
      throw new Error('There are no alternatives.');
    },
    storing: () => null,
    error: async (assignment) => lost(inFloat(assignment)),
    causes: async (layers) => new Map(layers.map((layer) => [layer, `cause ${layer}`])),
    async score(path) {
      scored.push(path);
      const sqnrDb = -10 * Math.log10(lost(floatOf(path)));
      const accuracy = { samples: 8, data: 'random', sqnrDb, identical: false, top1Agreement: null };
      return { accuracy, scoreDb: sqnrDb };
    },
    within: ({ scoreDb }) => scoreDb >= 20,
    aim: 20,
    async profile(path) {
      const rows = problem.layers.map(({ id }, i) => ({
        id,
        name: 'layer',
        medianMs: (floatOf(path).has(i) ? float[i] : int8[i]) as number,
      }));
      const others = convertedElements(problem, floatOf(path)) * CONVERSION;
      return [...rows, { id: ELSEWHERE, name: 'layer', medianMs: 5 }, { name: 'layer', medianMs: others }];
    },
    async race(paths) {
      raced.push([...paths]);
      const base = total(floatOf(paths[0] as string));
      return paths.map((path) => {
        const ms = total(floatOf(path));
        const ratio = base / ms;
        const overCleaned: Speedup = { ratio, ci95: [ratio, ratio], verdict: verdict([ratio, ratio]) };
        return { latency: { median: ms, p90: ms, ci95: [ms, ms] as [number, number] }, overCleaned };
      });
    },
    passed: () => 0,
    onProgress: () => {},
    log: () => {},
  };
}

it('the cheapest mix by known costs is the cheapest of all mixes', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const made = world(seed);
    const mix = cheapestMix(made.problem, { ...made, conversion: CONVERSION, pinned: new Set() }, 0);
    expect(made.total(mix), `seed ${seed}`).toBeCloseTo(best(made), 9);
  }
});

it('the front is the lower hull of all mixes', () => {
  for (let seed = 1; seed <= 25; seed++) {
    const made = world(seed);
    const front = mixFront(made.problem, { ...made, conversion: CONVERSION, pinned: new Set() }, made.errors);
    expect(front[0]?.ms, `seed ${seed}`).toBeCloseTo(best(made), 9);
    for (const [place, one] of front.entries()) {
      expect(one.ms, `seed ${seed}`).toBeCloseTo(made.total(one.float), 9);
      expect(one.error, `seed ${seed}`).toBeCloseTo(made.lost(one.float), 9);
      if (place > 0) expect(one.error, `seed ${seed}`).toBeLessThan(itemAt(front, place - 1).error);
    }
    // No mix lies below a line between neighbours.
    for (const float of subsets(made.count)) {
      const [ms, error] = [made.total(float), made.lost(float)];
      for (let place = 1; place < front.length; place++) {
        const [fast, slow] = [itemAt(front, place - 1), itemAt(front, place)];
        const price = (slow.ms - fast.ms) / (fast.error - slow.error);
        expect(ms + price * error, `seed ${seed}`).toBeGreaterThanOrEqual(
          fast.ms + price * fast.error - 1e-8,
        );
      }
    }
  }
});

it('the front ends where layers lose nothing that could be in float as well', () => {
  for (let seed = 1; seed <= 25; seed++) {
    const made = world(seed);
    const errors = made.errors.map((error, layer) => (layer % 2 === 0 ? 0 : error));
    const front = mixFront(made.problem, { ...made, conversion: CONVERSION, pinned: new Set() }, errors);
    expect(front[0]?.ms, `seed ${seed}`).toBeCloseTo(best(made), 9);
    for (const [place, one] of front.entries())
      if (place > 0) expect(one.error, `seed ${seed}`).toBeLessThan(itemAt(front, place - 1).error);
    // The fastest of those that lose nothing is on it.
    const lossless = [...subsets(made.count)].filter((float) =>
      errors.every((error, layer) => error === 0 || float.has(layer)),
    );
    const fastest = Math.min(...lossless.map((float) => made.total(float)));
    const last = itemAt(front, front.length - 1);
    expect(last.error, `seed ${seed}`).toBe(0);
    expect(last.ms, `seed ${seed}`).toBeCloseTo(fastest, 9);
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

/** The fastest of what was found within the limit. */
function delivered(found: readonly FoundMix[]): FoundMix | undefined {
  const fine = found.filter(({ raced, score }) => raced !== null && score.scoreDb >= 20);
  return fine.sort((a, b) => (b.raced?.overCleaned.ratio ?? 0) - (a.raced?.overCleaned.ratio ?? 0))[0];
}

it('finds the fastest mix within the limit, within what counts as a difference and what the hull leaves out', async () => {
  let exact = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const made = world(seed);
    const { found } = await searchMix(task(made));
    const fine = [...subsets(made.count)].filter(
      (float) => made.lost(float) <= 0.01 && float.size < made.count,
    );
    const fastest = Math.min(...fine.map(made.total));
    const float = made.total(new Set(made.problem.layers.keys()));
    // What is no faster than float is nothing that has to be found.
    if (fastest > 0.98 * float) continue;
    const ms = delivered(found)?.raced?.latency.median ?? float;
    if (ms <= fastest * 1.02) exact++;
    expect(ms, `seed ${seed}`).toBeLessThanOrEqual(Math.max(fastest * 1.25, fastest + 0.1 * float));
  }
  expect(exact).toBeGreaterThan(25);
});

it('the same problem gives the same candidates, everything in int8 first', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const [one, other] = [await searchMix(task(world(seed))), await searchMix(task(world(seed)))];
    expect(one.found.map(({ id }) => id)).toEqual(other.found.map(({ id }) => id));
    expect(one.found[0]?.id).toBe('int8-all');
    expect(new Set(one.found.map(({ id }) => id)).size).toBe(one.found.length);
    expect(one.notes).toEqual([]);
  }
});

it('times candidates beside the cleaned float model, few enough each time', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const search = task(world(seed));
    await searchMix(search);
    expect(search.raced.length, `seed ${seed}`).toBeGreaterThan(0);
    for (const paths of search.raced) {
      expect(paths[0]).toBe('cleaned');
      expect(paths.length).toBeLessThanOrEqual(5);
    }
  }
});

it('keeps what the user asked for, and says why the others were kept', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { found } = await searchMix(task(world(seed), ['1']));
    expect(found[0]?.mix.kept, `seed ${seed}`).toEqual(new Map([['1', 'asked for']]));
    for (const { mix } of found)
      for (const [id, reason] of mix.kept)
        expect(reason, `seed ${seed}`).toMatch(
          id === '1'
            ? /^asked for$/
            : /takes? \d+\.\d{3} ms in int8 with conversions, \d+\.\d{3} ms in float|in int8 it alone would bring the outputs to \d+\.\d dB/,
        );
  }
});

it('goes on from a candidate: the others keep its layers in float, or have no others there', async () => {
  let around = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const made = world(seed);
    const from = made.problem.layers.filter((_, i) => i % 2 === 0).map(({ id }) => id);
    const { found } = await searchMix({ ...task(made), from });
    for (const { mix } of found.slice(1)) {
      const own = new Set(mix.kept.keys());
      const more = from.every((id) => own.has(id));
      const fewer = [...own].every((id) => from.includes(id));
      // What gains no time may still be smaller, wherever that is.
      if (more || fewer) around++;
    }
  }
  expect(around).toBeGreaterThan(20);
});

it('shares the candidates among machines: each makes its own, together all', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const alone = await searchMix({ ...task(world(seed)), shard: { index: 0, count: 1 } });
    const parts = [];
    for (const index of [0, 1, 2])
      parts.push(await searchMix({ ...task(world(seed)), shard: { index, count: 3 } }));
    const ids = parts.flatMap(({ found }) => found.map(({ id }) => id));
    expect(new Set(ids).size, `seed ${seed}`).toBe(ids.length);
    expect([...ids].sort()).toEqual(alone.found.map(({ id }) => id).sort());
  }
});

/** A search whose computer becomes too busy after so many races and profiles. */
function busyAfter(calls: number, made = world(5)): MadeTask {
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

it('times nothing where the computer is too busy to measure, and says so', async () => {
  const result = await searchMix(busyAfter(0));
  expect(result.found.length).toBeGreaterThan(1);
  expect(result.found.every(({ raced }) => raced === null)).toBe(true);
  expect(result.cleaned).toBeNull();
  expect(result.notes).toEqual([expect.stringMatching(/^The computer was too busy to time/)]);
});

it('keeps what was measured when the computer becomes too busy, and says so', async () => {
  const result = await searchMix(busyAfter(3));
  expect(result.found.some(({ raced }) => raced !== null)).toBe(true);
  expect(result.notes).toEqual([expect.stringMatching(/ended early/)]);
});

it('has everything in int8 and what is within the limit when its time is over at once, timed unless the user stopped it', async () => {
  for (const passed of [1, Number.POSITIVE_INFINITY]) {
    const result = await searchMix({ ...task(world(5)), passed: () => passed });
    const [all, ...others] = result.found;
    expect(all?.id).toBe('int8-all');
    expect(all?.score.scoreDb).toBeLessThan(20);
    expect(others).toHaveLength(passed === Number.POSITIVE_INFINITY ? 0 : 1);
    for (const { score } of others) expect(score.scoreDb).toBeGreaterThanOrEqual(20);
    expect(result.found[0]?.raced === null).toBe(passed === Number.POSITIVE_INFINITY);
    expect(result.rounds).toBe(0);
    expect(result.notes).toEqual([expect.stringMatching(/time for the search was over/)]);
  }
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

it('names the layers that lose most with their causes, in the order of what they lose, and where they are kept', async () => {
  let kept = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const made = world(seed);
    const { found, sensitivity } = await searchMix(task(made));
    const all = made.errors.reduce((sum, error) => sum + error, 0);
    expect(sensitivity.length, `seed ${seed}`).toBeGreaterThan(0);
    for (const [place, { id, decibels, share, cause }] of sensitivity.entries()) {
      const own = itemAt(made.errors, Number(id));
      expect(decibels, `seed ${seed}`).toBeCloseTo(-10 * Math.log10(own), 6);
      expect(share, `seed ${seed}`).toBeCloseTo(own / all, 6);
      expect(cause).toBe(`cause ${id}`);
      if (place > 0) expect(decibels).toBeGreaterThanOrEqual(itemAt(sensitivity, place - 1).decibels);
      for (const { mix } of found) {
        const reason = mix.kept.get(id);
        if (reason === undefined || !reason.includes('alone')) continue;
        expect(reason).toContain(`: cause ${id}`);
        kept++;
      }
    }
  }
  expect(kept).toBeGreaterThan(5);
});

/** The same with other recipes beside, as fast as float and 40 dB. */
function withAlternatives(made: ReturnType<typeof world>): MadeTask & { stored: string[] } {
  const stored: string[] = [];
  const all = new Set(made.problem.layers.keys());
  const own = task(made);
  const inFloat = (assignment: SearchTask['assignment']) =>
    withFloat(
      assignment,
      made.problem.layers.map(({ id }) => id),
    );
  return {
    ...own,
    stored,
    alternatives: ['int8-weights', 'float16'].map((recipe) => ({
      recipe: recipe as 'int8-weights' | 'float16',
      assignment: inFloat(own.assignment),
    })),
    async store() {
      const path = `stored${stored.length}`;
      stored.push(path);
      own.built.set(path, all);
      return { path, origins: ORIGINS, impossible: new Map(), steps: [], warnings: [] };
    },
    async score(path) {
      if (!path.startsWith('stored')) return own.score(path);
      const accuracy = { samples: 8, data: 'random', sqnrDb: 40, identical: false, top1Agreement: null };
      return { accuracy, scoreDb: 40 };
    },
  };
}

it('tries other recipes, and one of them however late it is where no mix is faster', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const made = world(seed);
    // Everything loses far too much in int8, so that no mix is within the limit.
    const lossy = {
      ...made,
      errors: made.errors.map(() => 1),
      lost: (f: ReadonlySet<number>) => made.count - f.size,
    };
    const early = withAlternatives(lossy);
    const { found } = await searchMix(early);
    expect(found.filter(({ made: how }) => how.kind === 'recipe').map(({ id }) => id)).toEqual([
      'int8-weights',
      'float16',
    ]);
    for (const path of early.stored) expect(early.raced.flat(), `seed ${seed}`).toContain(path);
    const over = { ...withAlternatives(lossy), passed: () => 2 };
    const last = await searchMix(over);
    expect(last.found.filter(({ made: how }) => how.kind === 'recipe').map(({ id }) => id)).toEqual([
      'int8-weights',
    ]);
    expect(over.raced.flat()).toContain(itemAt(over.stored, 0));
  }
});

it('goes on where what another recipe makes does not run', async () => {
  const own = withAlternatives(world(2));
  const log: string[] = [];
  const failing = async (): Promise<never> => {
    throw new ModelError('No kernel for that.', { file: 'stored' });
  };
  const { found } = await searchMix({ ...own, store: failing, log: (line) => log.push(line) });
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(({ made }) => made.kind !== 'recipe')).toBe(true);
  expect(log.filter((line) => line.includes('No kernel'))).toHaveLength(2);
  const broken = { ...own, store: async () => Promise.reject(new Error('a fault of ours')) };
  await expect(searchMix(broken)).rejects.toThrow('a fault of ours');
});

it('does not look at other recipes once time is over and a mix is faster', async () => {
  const made = world(3);
  const own = withAlternatives({
    ...made,
    int8: made.float.map((ms) => ms / 4),
    errors: made.errors.map(() => 1e-4),
  });
  const limited = {
    ...own,
    within: () => true,
    passed: () => (own.raced.length > 0 ? 1 : 0),
  };
  const { found } = await searchMix(limited);
  expect(found.some(({ raced }) => raced?.overCleaned.verdict === 'faster')).toBe(true);
  expect(own.stored).toEqual([]);
});

it('stores the weights of the float layers of the fastest mix in fewer bits', async () => {
  let seen = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const own = task(world(seed));
    const { found } = await searchMix({ ...own, storing: (assignment) => assignment });
    const stored = found.find(({ made }) => made.kind === 'stored');
    if (stored === undefined) continue;
    seen++;
    const { made, id, mix } = stored;
    const of = found.find((one) => made.kind === 'stored' && one.id === made.of);
    expect(id).toBe(`${of?.id}-stored`);
    expect(of?.raced?.overCleaned.verdict).toBe('faster');
    expect(mix.kept).toEqual(of?.mix.kept);
  }
  expect(seen).toBeGreaterThan(3);
});

it('tries the fewest layers in float where everything in int8 loses too much', async () => {
  let tried = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const made = world(seed);
    if (-10 * Math.log10(made.lost(new Set())) >= 20) continue;
    const { found } = await searchMix(task(made));
    const fewest = [...subsets(made.count)]
      .filter((float) => float.size < made.count && -10 * Math.log10(made.lost(float)) >= 20)
      .reduce((least, { size }) => Math.min(least, size), made.count);
    if (fewest === made.count) continue;
    const within = found.filter(({ score }) => score.scoreDb >= 20).map(({ mix }) => mix.kept.size);
    expect(Math.min(...within), `seed ${seed}`).toBe(fewest);
    tried++;
  }
  expect(tried).toBeGreaterThan(5);
});

it('takes more layers back to float where the fewest fall short of what errors promise', async () => {
  let retried = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const made = world(seed);
    if (-10 * Math.log10(made.lost(new Set())) >= 20) continue;
    const own = task(made);
    // Together they lose 2 dB more than their errors say.
    const score = async (path: string) => {
      const { accuracy, scoreDb } = await own.score(path);
      return { accuracy, scoreDb: scoreDb < 40 && path !== 'mix1' ? scoreDb - 2 : scoreDb };
    };
    const { found } = await searchMix({ ...own, score, passed: () => 1 });
    const [, first, ...more] = found;
    if (first === undefined || first.score.scoreDb >= 20) continue;
    if (more.length > 0) retried++;
    if (more.length > 0)
      expect(more.at(-1)?.score.scoreDb, `seed ${seed}`).toBeGreaterThan(first.score.scoreDb);
  }
  expect(retried).toBeGreaterThan(2);
});
