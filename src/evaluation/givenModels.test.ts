import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { SAMPLE, scratchFolder } from '../../test/unit/support';
import { ModelProtoSchema } from '../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import { comparisonsOf } from '../protocol/modelTables';
import type { CompareOptions } from '../protocol/options';
import { compareGivenModels } from './givenModels';

const scratch = scratchFolder();
const context = { scratch, memory: scratch, progress: () => {}, log: () => {} };

/** Gives `factor` · W · x. */
function scaled(name: string, factor: number): string {
  const path = join(scratch, `${name}.onnx`);
  const weights = Float32Array.from({ length: 64 * 64 }, (_, index) => factor * Math.sin(index));
  const graph = {
    name,
    node: [makeNode('MatMul', ['x', 'w'], ['y'])],
    initializer: [makeFloatTensor('w', [64, 64], weights)],
    input: [makeValueInfo('x', 'float32', [1, 64])],
    output: [makeValueInfo('y', 'float32', [1, 64])],
  };
  const opsetImport = [{ domain: '', version: 17n }];
  writeModel(create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }), path);
  return path;
}

const compared = (models: string[], measure = false) => {
  const options: CompareOptions = {
    models,
    dims: {},
    shapes: {},
    data: null,
    preprocessing: null,
    seed: 1,
    measure,
    threads: 1,
    runs: 5,
  };
  return compareGivenModels(options, context);
};

describe('several models', () => {
  const [first, tenth, half] = [scaled('first', 1), scaled('tenth', 1.1), scaled('half', 1.5)];

  it('are each set against the first, on the same samples and in one run', async () => {
    const [b, c, itself] = comparisonsOf(await compared([first, tenth, half, first], true));
    // The error is 0.1 and 0.5 of the signal: 20 · log10 of it, whatever the inputs.
    expect(b.accuracy?.sqnrDb).toBeCloseTo(20, 3);
    expect(c?.accuracy?.sqnrDb).toBeCloseTo(20 * Math.log10(2), 3);
    expect(itself?.accuracy?.identical).toBe(true);
    expect(b.layers.map(({ sqnrDb }) => sqnrDb?.toFixed(2))).toEqual(['20.00']);
    expect(c?.layers.map(({ sqnrDb }) => sqnrDb?.toFixed(2))).toEqual(['6.02']);
    for (const one of [b, c, itself]) {
      expect(one?.input).toBe(first);
      // One measurement of the first serves all.
      expect(one?.latencyMs?.before).toEqual(b.latencyMs?.before);
      expect(one?.layers.map(({ before }) => before?.medianMs)).toEqual(
        b.layers.map(({ before }) => before?.medianMs),
      );
      const { ratio = 0, ci95: [low, high] = [1, 0] } = one?.latencyMs?.speedup ?? {};
      expect(low).toBeLessThanOrEqual(ratio);
      expect(high).toBeGreaterThanOrEqual(ratio);
    }
    expect([b, c, itself].map((one) => one?.output)).toEqual([tenth, half, first]);
  }, 60_000);

  it('leave out one that takes other inputs, and run the rest', async () => {
    const [b, sample, c] = comparisonsOf(await compared([first, tenth, SAMPLE, half]));
    expect(b.accuracy?.sqnrDb).toBeCloseTo(20, 3);
    expect(c?.accuracy?.sqnrDb).toBeCloseTo(20 * Math.log10(2), 3);
    expect(sample).toMatchObject({ input: first, output: SAMPLE, accuracy: null, engine: null });
    expect(sample?.warnings[0]).toMatch(/^The models were not run: .*different inputs/);
    expect(b.warnings.some((warning) => warning.includes('not run'))).toBe(false);
  });

  it('are none of them run where the first one cannot be', async () => {
    const all = comparisonsOf(await compared([SAMPLE, first, tenth]));
    expect(all.map(({ accuracy }) => accuracy)).toEqual([null, null]);
    expect(all.map(({ output }) => output)).toEqual([first, tenth]);
  });
});
