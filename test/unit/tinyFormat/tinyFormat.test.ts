import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import { KeptOutputs } from '../../../src/evaluation/keptOutputs';
import { compareOutputs } from '../../../src/evaluation/outputAgreement';
import type { Samples } from '../../../src/evaluation/samples';
import type { Rewriter } from '../../../src/formats/rewriter';
import { present } from '../../../src/model/assert';
import { type Int8Search, type Int8Task, quantizeInt8 } from '../../../src/quantization/int8';
import { assign, isStatic, layOut } from '../../../src/quantization/layout';
import type { Workbench } from '../../../src/quantization/workbench';
import type { Engine } from '../../../src/runtime/engine';
import { seededNormal } from '../../../src/runtime/random';
import { verdict } from '../../../src/runtime/statistics';
import { scratchFolder } from '../support';
import { tinyEngine } from './tinyEngine';
import { openTiny, read, type Tiny, type TinyNode, tinyFormat } from './tinyFormat';

/** A format that src/ does not know is planned, quantized and searched by src/quantization. */
const folder = scratchFolder();
const normal = seededNormal(11);
const numbers = (count: number) => Array.from({ length: count }, () => normal());
const dense = (name: string, input: string, output: string, inputs: number, outputs: number): TinyNode => ({
  name,
  op: 'dense',
  input,
  output,
  weights: Array.from({ length: inputs }, () => numbers(outputs)),
  bias: numbers(outputs),
});
const MODEL: Tiny = {
  input: { name: 'x', features: 6 },
  output: 'y',
  nodes: [
    dense('first', 'x', 'a', 6, 12),
    { name: 'relu', op: 'relu', input: 'a', output: 'b' },
    { name: 'turn', op: 'reverse', input: 'b', output: 'c' },
    dense('slow', 'c', 'd', 12, 12),
    { name: 'relu2', op: 'relu', input: 'd', output: 'e' },
    dense('last', 'e', 'y', 12, 4),
  ],
};
const path = join(folder, 'model.tiny');
writeFileSync(path, JSON.stringify(MODEL));

const { rewriter } = tinyFormat;
if (rewriter === null || rewriter.observing === null) throw new Error('no rewriter');
const bench: Workbench = {
  engine: tinyEngine,
  rewriter,
  observing: rewriter.observing,
  open: openTiny,
  threads: 1,
  newPath: numberedPaths(folder, path),
};
const fed = Array.from({ length: 8 }, () => ({
  x: { type: 'float32' as const, shape: [6, 5], data: Float32Array.from(numbers(30)) },
}));
const samples: Samples = {
  name: 'numbers',
  size: fed.length,
  labels: null,
  feeds: async (index) => fed[index] ?? {},
};
const task = {
  cleaned: openTiny(path),
  dims: { dims: {}, shapes: {} },
  calibration: samples,
  keep: new Set<string>(),
  activations: 'uint8' as const,
  ports: 'float' as const,
  memory: folder,
  search: null,
  onProgress: () => {},
  log: () => {},
};

async function inInt8(wanted: Int8Task) {
  return present((await quantizeInt8(bench, wanted)).all, 'model in int8');
}

it('is laid out: functions go into ranges, what only moves shares its scale', () => {
  const plan = bench.rewriter.plan(task.cleaned);
  const { layers, roots } = layOut(plan, assign(plan, isStatic));
  expect(layers.map(({ name, output }) => [name, output])).toEqual([
    ['first', 'b'],
    ['turn', 'c'],
    ['slow', 'e'],
    ['last', 'y'],
  ]);
  expect([...roots]).toEqual([
    ['x', 'x'],
    ['b', 'b'],
    ['c', 'b'],
    ['e', 'e'],
  ]);
});

it('is quantized, by scales along the axis that the format names', async () => {
  const best = await inInt8(task);
  expect(best).toMatchObject({ quantized: 4, warnings: [] });
  const { nodes } = read(best.path);
  for (const node of MODEL.nodes.filter(({ op }) => op === 'dense')) {
    const written = nodes.find(({ name }) => name === node.name);
    node.bias?.forEach((_, o) => {
      const column = node.weights?.map((row) => row[o] ?? 0) ?? [];
      const scale = Math.max(...column.map(Math.abs)) / 127;
      expect(written?.scales?.[o]).toBeCloseTo(scale, 6);
      for (const [i, value] of column.entries())
        expect(Math.abs((written?.weights?.[i]?.[o] ?? 0) * scale - value)).toBeLessThan(0.51 * scale);
    });
  }
  const { decibels } = await compareOutputs(bench, new KeptOutputs(bench, path, samples), best.path);
  expect(decibels).toBeGreaterThan(30);
});

it('keeps in float what it is asked to', async () => {
  const best = await inInt8({ ...task, keep: new Set(['3']) });
  expect(best.kept.get('3')).toBe('asked for');
  expect(read(best.path).nodes.find(({ name }) => name === 'slow')?.scales).toBeUndefined();
});

it('is searched: a layer that is slower in int8 goes back to float, and so does one that loses too much', async () => {
  const msOf = ({ name, op, scales }: TinyNode) => {
    if (op !== 'dense') return 0.01;
    return scales === undefined ? 1 : name === 'slow' ? 3 : 0.3;
  };
  const total = (model: string) => read(model).nodes.reduce((sum, node) => sum + msOf(node), 0);
  const kept = new KeptOutputs(bench, path, samples);
  const search: Int8Search = {
    seconds: 60,
    from: null,
    shard: null,
    stopped: () => false,
    refused: () => false,
    profile: async (model) =>
      read(model).nodes.map((node, index) => ({ id: String(index), name: node.name, medianMs: msOf(node) })),
    race: async (models) =>
      models.map((model) => {
        const ms = total(model);
        const ratio = total(models[0] ?? '') / ms;
        return {
          latency: { median: ms, p90: ms, ci95: [ms, ms] },
          overCleaned: { ratio, ci95: [ratio, ratio], verdict: verdict([ratio, ratio]) },
        };
      }),
    score: async (model) => {
      const { accuracy, decibels } = await compareOutputs(bench, kept, model);
      return { accuracy, scoreDb: decibels ?? 0 };
    },
    within: ({ scoreDb }) => scoreDb >= 20,
  };
  const planned: string[] = [];
  const plan: Rewriter['plan'] = (file) => {
    planned.push(file.model.file);
    return bench.rewriter.plan(file);
  };
  const work = { ...bench, rewriter: { ...bench.rewriter, plan } };
  const found = present((await quantizeInt8(work, { ...task, search })).search, 'search').found;
  expect(planned.filter((file) => file === path)).toHaveLength(1);
  const ratio = ({ raced }: (typeof found)[number]) => raced?.overCleaned.ratio ?? 0;
  const fastest = found.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  expect(fastest.mix.kept.get('3')).toMatch(/ms in int8 with conversions/);
  const scaled = read(fastest.path).nodes.flatMap(({ name, scales }) => (scales ? [name] : []));
  expect(scaled).toEqual(['first', 'last']);
  // A limit between what the fastest mix and a more accurate one give takes the more accurate one.
  const limit = fastest.score.scoreDb + 1;
  const strict = { ...search, within: ({ scoreDb }: { scoreDb: number }) => scoreDb >= limit };
  const careful = present((await quantizeInt8(bench, { ...task, search: strict })).search, 'search').found;
  const fine = careful.filter(({ score }) => score.scoreDb >= limit);
  expect(fine.length).toBeGreaterThan(0);
  for (const { mix } of fine) expect([...mix.kept.values()].join()).toMatch(/in int8 it alone would bring/);
});

it.each([
  ['once', 2 ** 20, fed.length],
  ['again where they do not fit', 0, 3 * fed.length],
])('is run %s for its float outputs, however many files are compared', async (_, bytes, times) => {
  let runs = 0;
  const counting: Engine = {
    ...tinyEngine,
    load: async (model, options) => {
      const session = await tinyEngine.load(model, options);
      const run: typeof session.run = (...given) => {
        runs++;
        return session.run(...given);
      };
      return model === path ? { ...session, run } : session;
    },
  };
  const other = join(folder, `other-${bytes}.tiny`);
  task.cleaned.write(other);
  const work = { ...bench, engine: counting };
  const outputs = new KeptOutputs(work, path, samples, bytes);
  for (let file = 0; file < 3; file++)
    expect((await compareOutputs(work, outputs, other)).decibels).toBe(Number.POSITIVE_INFINITY);
  expect(runs).toBe(times);
});

it('has the ranges that kernels demand, whatever calibration finds', async () => {
  const squashed: Tiny = {
    input: { name: 'x', features: 6 },
    output: 'y',
    nodes: [
      { ...dense('first', 'x', 'a', 6, 8), bias: new Array<number>(8).fill(0) },
      { name: 'turn', op: 'reverse', input: 'a', output: 'b' },
      { name: 'squash', op: 'squash', input: 'b', output: 'c' },
      dense('last', 'c', 'y', 8, 4),
    ],
  };
  // So small that nothing comes near −1 or 1.
  squashed.nodes[0]?.weights?.forEach((row) => {
    row.forEach((value, o) => {
      row[o] = value / 100;
    });
  });
  const model = join(folder, 'squashed.tiny');
  writeFileSync(model, JSON.stringify(squashed));
  const best = await inInt8({ ...task, cleaned: openTiny(model) });
  const round = read(best.path).nodes.find(({ op, output }) => op === 'round' && output === 'c');
  expect(round?.affine?.scale).toBeCloseTo(2 / 255, 8);
});
