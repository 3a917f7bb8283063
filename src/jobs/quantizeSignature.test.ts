import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { quantizeOptions } from '../../test/unit/quantizeOptions';
import { decibels, randomFeeds, run as runModel } from '../../test/unit/rewrite/tfliteQuantizing';
import { scratchFolder } from '../../test/unit/support';
import { type MadeGraph, type MadeTensor, makeTflite, reopenTflite } from '../../test/unit/tflite';
import type { JobContext } from '../evaluation/jobContext';
import type { TfliteFile } from '../formats/tflite/file';
import { tflite } from '../formats/tflite/format';
import { itemAt } from '../model/assert';
import type { QuantizeOptions } from '../protocol/options';
import { seededNormal } from '../runtime/random';
import { run as quantize } from './quantize';

/** Everything is run in WebAssembly. */
const WHOLE_WAY = 120_000;

const folder = scratchFolder();
const normal = seededNormal(3);
const weights = (...shape: number[]): MadeTensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => normal() / 8),
});

/** A product with weights of its own, and a function of it. */
const network = (name: string, size: number): MadeGraph => ({
  name,
  tensors: {
    [`${name} x`]: { shape: [1, size] },
    [`${name} w`]: weights(64, size),
    [`${name} b`]: weights(64),
    [`${name} p`]: { shape: [1, 64] },
    [`${name} y`]: { shape: [1, 64] },
  },
  inputs: [`${name} x`],
  outputs: [`${name} y`],
  operators: [
    {
      op: 'FULLY_CONNECTED',
      inputs: [`${name} x`, `${name} w`, `${name} b`],
      outputs: [`${name} p`],
      options: { table: 'FullyConnectedOptions' },
    },
    { op: 'TANH', inputs: [`${name} p`], outputs: [`${name} y`] },
  ],
});

const INPUT = 0;
const OUTPUT = 4;

/** Two networks of different sizes, each called by a signature. */
const model = (() => {
  const signatureDefs = ['first', 'second'].map((signatureKey, subgraphIndex) => ({
    signatureKey,
    subgraphIndex,
    inputs: [{ name: 'x', tensorIndex: INPUT }],
    outputs: [{ name: 'y', tensorIndex: OUTPUT }],
  }));
  return reopenTflite({ ...makeTflite(network('a', 48), network('b', 32)), signatureDefs }, folder);
})();

/** A file whose main graph is the other one of two that call none. */
function turned({ model: { root } }: TfliteFile): TfliteFile {
  const { signatureDefs: _, ...rest } = root;
  return reopenTflite({ ...rest, subgraphs: [...(root.subgraphs ?? [])].reverse() }, folder);
}

let count = 0;
let context: JobContext;
let output: string;

beforeEach(() => {
  const scratch = join(folder, `job-${count++}`);
  mkdirSync(scratch);
  output = join(scratch, 'result.tflite');
  context = { scratch, memory: join(scratch, 'memory'), progress: () => {}, log: () => {} };
});

const options = (more: Partial<QuantizeOptions>) =>
  quantizeOptions({
    model: model.path,
    output,
    recipe: 'int8-all',
    ...more,
  });

/** How a graph of the result answers, as the model's own does: its decibels. */
async function answers(file: TfliteFile, original: TfliteFile): Promise<number> {
  const feeds = randomFeeds(original);
  return decibels(await runModel(original.path, feeds), await runModel(file.path, feeds));
}

describe('a model is quantized by a signature', () => {
  it('that calls another graph: the main one stays as it is, bit by bit', {
    timeout: WHOLE_WAY,
  }, async () => {
    const { report } = await quantize(options({ signature: 'second' }), context);
    const made = tflite.open(output);
    expect(await answers(made, model)).toBe(Number.POSITIVE_INFINITY);
    const near = await answers(turned(made), turned(model));
    expect(near).toBeGreaterThan(25);
    expect(near).toBeLessThan(60);
    // It can still be called by either, and each means the graph that it meant.
    const { root, signatures } = made.model;
    expect(signatures).toEqual(model.model.signatures);
    expect(root.signatureDefs?.map(({ subgraphIndex }) => subgraphIndex)).toEqual([0, 1]);
    expect([report.input, report.output]).toEqual([model.path, output]);
    expect(report.layers.flatMap(({ before }) => before?.layer?.id ?? [])).toEqual(['#1/0', '#1/1']);
    expect(report.warnings[0]).toBe('What the signature second calls was quantized.');
    expect(report.warnings.join('\n')).toContain("Only one graph was quantized: 'a' computes in float.");
  });

  it('that calls the main graph', { timeout: WHOLE_WAY }, async () => {
    const { report } = await quantize(options({ signature: 'first' }), context);
    const made = tflite.open(output);
    expect(await answers(turned(made), turned(model))).toBe(Number.POSITIVE_INFINITY);
    expect(await answers(made, model)).toBeLessThan(60);
    expect(report.layers.flatMap(({ before }) => before?.layer?.id ?? [])).toEqual(['0', '1']);
    expect(report.warnings[0]).toBe('What the signature first calls was quantized.');
  });

  it('layers are kept by the names of its graph', { timeout: WHOLE_WAY }, async () => {
    const keep = [itemAt(turned(model).model.graph.nodes, 0).name];
    const { report } = await quantize(options({ signature: 'second', keep }), context);
    expect(report.layers.map(({ kept }) => kept)[0]).toBe('asked for');
  });
});

describe('what goes wrong', () => {
  it.each([
    [{ signature: 'third' }, /^There is no signature "third" in .*: it has "first", "second"\.$/],
    [{ signature: 'second', keep: ['a y'] }, `There is no layer a y in ${model.path}.`],
  ])('%j is said of the model, not of the copy of it', async (more, sentence) => {
    await expect(quantize(options(more), context)).rejects.toThrow(sentence);
    expect(existsSync(output)).toBe(false);
  });

  it('what is there already is not replaced', async () => {
    await expect(
      quantize(options({ signature: 'second', output: model.path, force: true }), context),
    ).rejects.toThrow(`${model.path} is the model itself or a part of the input: choose another name.`);
  });
});
