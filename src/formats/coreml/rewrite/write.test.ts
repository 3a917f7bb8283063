import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { networkWeights, programWeights } from '../../../../test/unit/coremlDecompressed';
import { scratchFolder } from '../../../../test/unit/support';
import type { NodeId } from '../../../model/nodeId';
import type { Precision } from '../../../model/precision';
import type { WriteSettings, Written } from '../../rewriter';
import { coreml } from '../format';

const folder = scratchFolder();
const SHARED = resolve('../shared/models/coreml');
const SAMPLE = resolve('models/shapes_mobilenetv2.mlpackage');
const shared = existsSync(SHARED) ? readdirSync(SHARED).map((name) => join(SHARED, name)) : [];
const packages = [SAMPLE, ...shared.filter((path) => path.endsWith('.mlpackage'))];
const NETWORK = join(SHARED, 'MNIST_ph1ps.mlmodel');

const PLAIN: WriteSettings = {
  ranges: new Map(),
  biasCorrections: new Map(),
  reduceRange: false,
  quantizedWeights: new Map(),
  weightForm: 'standard',
};

/** Writes a copy with the weights of every layer, or of those that `wanted` takes, at a precision of its plan. */
function compressed(
  path: string,
  weights: Precision['weights'],
  change: Partial<Precision> = {},
  wanted: (name: string) => boolean = () => true,
): { target: string; written: Written } {
  const file = coreml.open(path);
  const target = join(mkdtempSync(join(folder, 'written-')), basename(path));
  const assignment = new Map<NodeId, Precision>();
  for (const { id, name, precisions } of coreml.rewriter.plan(file).nodes) {
    const precision = precisions.find((one) => one.weights === weights);
    if (precision !== undefined && wanted(name)) assignment.set(id, { ...precision, ...change });
  }
  const empty = { layers: [], roots: new Map(), fixedRanges: new Map(), reasons: new Map() };
  const layout = { assignment, schemes: new Set(['weights'] as const), ...empty };
  return { target, written: coreml.rewriter.write(file, layout, PLAIN, target) };
}

/** Power of the first over that of the difference, over the weights that are not the same. */
function decibels(
  before: ReadonlyMap<string, Float64Array>,
  after: ReadonlyMap<string, Float64Array>,
): number {
  let [signal, noise] = [0, 0];
  for (const [name, values] of before) {
    const others = after.get(name);
    if (others === undefined) throw new Error(`${name} is missing`);
    expect(others).toHaveLength(values.length);
    if (values.every((value, i) => value === others[i])) continue;
    for (let i = 0; i < values.length; i++) {
      signal += (values[i] ?? Number.NaN) ** 2;
      noise += ((values[i] ?? Number.NaN) - (others[i] ?? Number.NaN)) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}

/** The specification that a file states. */
function stateOf(path: string): number {
  const { properties } = coreml.open(path).model;
  return Number(properties.find(({ name }) => name === 'Specification')?.value);
}

const stated = ({ weights }: Written): number =>
  10 * Math.log10((weights?.signal ?? Number.NaN) / (weights?.noise ?? Number.NaN));

/** Everything that our reader gives of a file's weights, by name. */
function ours(path: string): Map<string, ArrayLike<number>> {
  const file = coreml.open(path);
  expect(file.model.problems).toEqual([]);
  return new Map(
    file
      .parameterTensors(file.model.graph)
      .map(({ tensor }) => [tensor.name, file.decompressed(tensor)?.() ?? file.readTensor(tensor).values]),
  );
}

const CASES: [
  name: string,
  weights: Precision['weights'],
  change: Partial<Precision>,
  specification: number,
][] = [
  ['float16', 'float16', {}, 7],
  ['int8', 'int8', {}, 7],
  ['int4 per block', 'int4', {}, 9],
  ['palettes of 8 bits', 'palette8', {}, 7],
  ['palettes of 6 bits', 'palette6', {}, 7],
  ['palettes of 4 bits', 'palette4', {}, 7],
  ['palettes of 3 bits', 'palette3', {}, 9],
  ['palettes of 2 bits', 'palette2', {}, 7],
  ['palettes of 1 bit', 'palette1', {}, 7],
  ['palettes of groups of channels', 'palette4', { granularity: { channels: 8 } }, 9],
  ['sparse', 'float32', {}, 7],
  ['sparse palettes', 'palette4', { sparsity: 0.3 }, 9],
  ['sparse int8', 'int8', { sparsity: 0.3 }, 9],
  ['sparse int4 per block', 'int4', { sparsity: 0.3 }, 9],
];

const EVERYWHERE = new Set(['int8', 'int4 per block', 'palettes of 4 bits']);

describe.each(packages)('%s', (path) => {
  const before = programWeights(path);
  // Each way on the smallest, those that people use most on all.
  const all = path.includes('basic_pitch');
  const cases = CASES.filter(([name]) => all || EVERYWHERE.has(name));

  it.each(cases)('is decompressed to what is stated: %s', (_, weights, change, specification) => {
    const { target, written } = compressed(path, weights, change);
    const after = programWeights(target);
    expect(decibels(before, after)).toBeCloseTo(stated(written), 6);
    for (const [name, values] of ours(target)) {
      const independent = after.get(name);
      if (independent !== undefined) expect(Array.from(values), name).toEqual([...independent]);
    }
    const needed = Math.max(specification, stateOf(path));
    expect(stateOf(target)).toBe(needed);
    expect(written.warnings?.join()).toMatch(
      needed === stateOf(path)
        ? /^$/
        : specification === 9
          ? /needs iOS 18 or macOS 15/
          : /needs iOS 16 or macOS 13/,
    );
  });
});

describe('a package', () => {
  it('keeps all else that it has', () => {
    const { target } = compressed(SAMPLE, 'int8');
    const files = readdirSync(SAMPLE, { recursive: true, encoding: 'utf8' });
    expect(readdirSync(target, { recursive: true, encoding: 'utf8' }).sort()).toEqual(files.sort());
    expect(readFileSync(join(target, 'Manifest.json'))).toEqual(readFileSync(join(SAMPLE, 'Manifest.json')));
    const [before, after] = [SAMPLE, target].map((one) => coreml.open(one).model);
    const shown = (one: typeof before) =>
      one?.graph.nodes.map(({ name, op, attributes, outputs }) => ({ name, op, attributes, outputs }));
    expect(shown(after)).toEqual(shown(before));
    expect(after?.metadata).toEqual(before?.metadata);
    expect(after?.graph.inputs).toEqual(before?.graph.inputs);
  });

  it('has the weights of layers that are kept as they were, bit for bit', () => {
    const { target, written } = compressed(SAMPLE, 'palette4', {}, (name) => !name.includes('_1_'));
    const [before, after] = [programWeights(SAMPLE), programWeights(target)];
    const same = [...before].filter(([name, values]) =>
      values.every((one, i) => one === after.get(name)?.[i]),
    );
    expect(same.length).toBeGreaterThan(60);
    expect(written.kept.size).toBe(0);
  });

  it('needs no more than before where it can', () => {
    const eight = compressed(SAMPLE, 'int4').target;
    expect(() => compressed(eight, 'int8')).not.toThrow();
    expect(coreml.rewriter.refusal(coreml.open(eight), 'int8-weights')).toContain('compressed already');
  });

  it('shrinks as much as its bits say', () => {
    const bytes = (path: string) => statSync(join(path, 'Data/com.apple.CoreML/weights/weight.bin')).size;
    const float = bytes(SAMPLE);
    const left = (weights: Precision['weights']) => bytes(compressed(SAMPLE, weights).target) / float;
    // 92 % of the weights are in layers that are large enough.
    expect(left('int8')).toBeLessThan(0.08 + 0.92 / 4 + 0.03);
    expect(left('palette4')).toBeLessThan(0.08 + 0.92 / 8 + 0.02);
  });
});

describe.skipIf(!existsSync(NETWORK))('a neural network', () => {
  let before: ReturnType<typeof networkWeights>;
  beforeAll(() => {
    before = networkWeights(NETWORK);
  });

  it.each([
    ['float16', 'float16', 2],
    ['int8', 'int8', 3],
    ['int4, per channel', 'int4', 3],
    ['palettes of 8 bits', 'palette8', 3],
    ['palettes of 6 bits', 'palette6', 3],
    ['palettes of 4 bits', 'palette4', 3],
    ['palettes of 3 bits', 'palette3', 3],
    ['palettes of 2 bits', 'palette2', 3],
    ['palettes of 1 bit', 'palette1', 3],
  ] as const)('is decompressed to what is stated: %s', (_, weights, specification) => {
    const { target, written } = compressed(NETWORK, weights);
    const after = networkWeights(target);
    expect(decibels(before, after)).toBeCloseTo(stated(written), 6);
    for (const [name, values] of ours(target)) {
      const independent = after.get(name.replace(/\.weights$/, ''));
      if (name.endsWith('.weights')) expect(Array.from(values), name).toEqual([...(independent ?? [])]);
    }
    expect(stateOf(target)).toBe(specification);
    expect(statSync(target).size).toBeLessThan(statSync(NETWORK).size);
    expect(existsSync(`${target}.weights`)).toBe(false);
  });

  it('has no masks and no groups, and says so', () => {
    expect(coreml.rewriter.refusal(coreml.open(NETWORK), 'sparse')).toContain('no masks');
    for (const change of [{ sparsity: 0.5 }, { granularity: { channels: 4 } }]) {
      const { written } = compressed(NETWORK, 'palette4', change);
      expect([...written.kept.values()][0]).toContain('neural network');
    }
  });
});
