import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeValueInfo,
} from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { runJob } from '../../src/jobs/client';
import { UsageError } from '../../src/model/modelError';
import type { CompareOptions, ProfileOptions, QuantizeOptions } from '../../src/protocol/options';
import { makeModel, scratchFolder } from './support';

/** The worker as it is shipped, in a folder that finds the native packages. */
const bundle = resolve('out', `job-errors-${process.pid}`);
const folder = scratchFolder();
const settings = { memory: folder, worker: join(bundle, 'worker.js') };
const model = join(folder, 'gathers.onnx');
const data = { path: join(folder, 'x.npy'), labels: null, labelOffset: 0 };

beforeAll(async () => {
  await build({
    entryPoints: { worker: 'src/jobs/worker.ts' },
    outdir: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'sharp'],
    logLevel: 'error',
  });
  // An engine finds only when it runs that the tensor has no ninth column.
  const matrix = makeFloatTensor('w', [4, 4], [...Array(16).keys()]);
  writeModel(
    makeModel({
      node: [
        makeNode('MatMul', ['x', 'w'], ['m'], {}, { name: 'product' }),
        makeNode('Gather', ['m', 'place'], ['y'], { axis: 1 }, { name: 'ninth column' }),
      ],
      initializer: [matrix, makeInt64Tensor('place', [1], [9])],
      input: [makeValueInfo('x', 'float32', [1, 4])],
      output: [makeValueInfo('y', 'float32', [1, 1])],
    }),
    model,
  );
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }`.padEnd(117);
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  const row = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);
  writeFileSync(data.path, Buffer.concat([prefix, Buffer.from(`${header}\n`), row]));
});
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

const shared = { threads: 1, runs: 1, dims: {}, shapes: {}, preprocessing: null, seed: 0 };
const profile: ProfileOptions = { ...shared, model, data: null, trace: null };
const compare: CompareOptions = { ...shared, models: [model, model], data, measure: false };
const quantize: QuantizeOptions = {
  ...shared,
  model,
  output: join(folder, 'small.onnx'),
  recipe: 'int8-all',
  calibration: data,
  validation: data,
  calibrationSamples: 1,
  keep: [],
  activations: 'auto',
  search: { maxLoss: 1, seconds: 60 },
  ports: 'float',
  measure: false,
  force: false,
};

describe('an error of a job', () => {
  it.each([
    ['profile', () => runJob('profile', profile, settings)],
    ['quantize', () => runJob('quantize', quantize, settings)],
    ['compare', () => runJob('compare', compare, settings)],
  ])('of the kind %s names the file and the node that failed in the child process', async (_, run) => {
    const error = await run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ModelError', file: model, node: 'ninth column' });
  });

  it('is a wrong wish where the wish is wrong', async () => {
    const wish = runJob('quantize', { ...quantize, dims: { N: 2 } }, settings);
    await expect(wish).rejects.toThrow(UsageError);
  });
});
