import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SAMPLE, scratchFolder } from '../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../test/unit/tflite';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { ModelError } from '../model/modelError';
import { modelsComparison } from '../protocol/modelTables';
import { compareSignatures } from './compareSignatures';

const folder = scratchFolder();

const unary = (name: string, op: string, size: number): MadeGraph => ({
  name,
  tensors: { [`${name} in`]: { shape: [size] }, [`${name} out`]: { shape: [size] } },
  inputs: [`${name} in`],
  outputs: [`${name} out`],
  operators: [{ op, inputs: [`${name} in`], outputs: [`${name} out`] }],
});

/** A model that can be called in two ways. */
function twoWays(name: string, second: string): string {
  mkdirSync(join(folder, name));
  const signatureDefs = ['first', 'second'].map((signatureKey, subgraphIndex) => ({
    signatureKey,
    subgraphIndex,
    inputs: [],
    outputs: [],
  }));
  const model = makeTflite(unary('main', 'TANH', 4), unary('other', second, 6));
  return reopenTflite({ ...model, signatureDefs }, join(folder, name)).model.file;
}

const [negative, root] = [twoWays('a', 'NEG'), twoWays('b', 'SQRT')];
const choice = { dims: {}, shapes: {} };
const compare = ([before = '', ...others]: readonly string[]) =>
  modelsComparison(others.map((after) => compareFiles({ before, after, choice })));

describe('models are compared by a signature', () => {
  it('that calls another graph, whose nodes are named as the models’ own', async () => {
    const report = await compareSignatures([negative, root], 'second', folder, compare);
    expect([report.input, report.output]).toEqual([negative, root]);
    const sides = report.layers.flatMap(({ before, after }) => [before?.layer, after?.layer]);
    expect(sides.flatMap((layer) => (layer ? [[layer.op, layer.id, layer.shape]] : []))).toEqual([
      ['NEG', '#1/0', [6]],
      ['SQRT', '#1/0', [6]],
    ]);
    expect(report.totals.before.peakNodeId ?? '#1/0').toBe('#1/0');
    expect(report.warnings[0]).toBe('What the signature second calls was compared.');
  });

  it('that calls the main graph', async () => {
    const report = await compareSignatures([negative, root], 'first', folder, compare);
    expect(report.statuses.unchanged).toBe(1);
    expect(report.layers[0]?.before?.layer).toMatchObject({ op: 'TANH', id: '0' });
  });

  it('against a model of a format that has none', async () => {
    const report = await compareSignatures([negative, SAMPLE], 'second', folder, compare);
    expect(report.output).toBe(SAMPLE);
    expect(report.layers.map(({ before }) => before?.layer?.op)).toContain('NEG');
  });

  it('and all of several', async () => {
    const report = await compareSignatures([negative, root, negative], 'second', folder, compare);
    expect(report.others?.map(({ output }) => output)).toEqual([negative]);
    expect(report.others?.[0]?.statuses.unchanged).toBe(1);
  });
});

describe('what goes wrong', () => {
  it('is a wrong wish where no model has signatures, or one has others', async () => {
    await expect(compareSignatures([SAMPLE, SAMPLE], 'x', folder, compare)).rejects.toThrow(
      'None of the models has signatures: leave --signature out.',
    );
    await expect(compareSignatures([negative, root], 'third', folder, compare)).rejects.toThrow(
      /no signature "third" in .*a.*: it has "first", "second"\./,
    );
  });

  it('is said of the model, not of the copy of it', async () => {
    const failing = ([file = '']: string[]) => {
      throw new ModelError(`${file} cannot be run.`, { file });
    };
    const wish = compareSignatures([negative, root], 'second', folder, async (files) => failing(files));
    await expect(wish).rejects.toMatchObject({ message: `${negative} cannot be run.`, file: negative });
  });
});
