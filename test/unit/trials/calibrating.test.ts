import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { numberedPaths } from '../../../src/evaluation/bench';
import { randomSamples } from '../../../src/evaluation/randomSamples';
import { openModel } from '../../../src/formats';
import { onnx } from '../../../src/formats/onnx/format';
import { AttributeProtoSchema } from '../../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { present } from '../../../src/model/assert';
import { ModelError } from '../../../src/model/modelError';
import { quantizeInt8 } from '../../../src/quantization/int8';
import { onnxRuntime } from '../../../src/runtime/onnxruntime';
import { seededNormal } from '../../../src/runtime/random';
import { operatorsOf } from '../rewrite/support';
import { makeModel, scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();

describe('quantizing what is known only when it runs', () => {
  it('a Resize of operator set 10 that shrinks gives the same outputs', async () => {
    const { report } = await quantized(trial('onnx/resize10_shrinks.onnx'), 'float32');
    expect(report.accuracy?.identical || (report.accuracy?.sqnrDb ?? 0) > 100).toBe(true);
    const int8 = await quantized(trial('onnx/resize10_shrinks.onnx'), 'int8-all');
    expect(int8.report.accuracy?.sqnrDb).toBeGreaterThan(25);
  });

  it('corrects biases behind a Resize whose size the engine infers wrongly', async () => {
    const { report, log } = await quantized(trial('onnx/resize_10_to_7.onnx'), 'int8-all');
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(25);
    expect(log.filter((line) => line.startsWith('bias correction'))).toEqual([]);
    expect(log.filter((line) => /; biases: .*: [\d.]+ dB$/.test(line)).length).toBeGreaterThan(0);
    expect(report.warnings.join()).not.toContain('not corrected');
  });

  it.each(['onnx/vit_class_token.onnx', 'onnx/sequences.onnx'])('%s: no false reasons', async (model) => {
    const { report, kept, output } = await quantized(trial(model), 'int8-all');
    expect([...kept.values()].join('; ')).not.toMatch(/no finite values/);
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(20);
    // Every product with stored weights is in 8 bits.
    const types = [...onnx.open(output).model.graph.constants.values()]
      .filter(({ storedElements, shape }) => shape.length >= 2 && storedElements > 64)
      .map(({ type }) => type);
    expect(new Set(types.filter((type) => type !== 'uint8'))).toEqual(new Set(['int8']));
  });
});

describe('a bias correction that fails', () => {
  it('ends no recipe: the model is delivered without, and that is said', async () => {
    const scratch = folder;
    const path = trial('onnx/resize_10_to_7.onnx');
    const source = openModel(path);
    const { rewriter } = source.format;
    if (rewriter === null || rewriter.observing === null) throw new Error('no rewriter');
    const withMatchedMeans = () => {
      throw new ModelError('means cannot be matched.');
    };
    const bench = {
      engine: onnxRuntime,
      rewriter,
      observing: { ...rewriter.observing, withMatchedMeans },
      open: openModel,
      threads: 1,
      newPath: numberedPaths(scratch, path),
    };
    const cleaned = bench.newPath('cleaned');
    await rewriter.clean(source, cleaned, async () => new Map());
    const { all } = await quantizeInt8(bench, {
      cleaned: openModel(cleaned),
      dims: { dims: {}, shapes: {} },
      calibration: randomSamples(source, source.infer({ dims: {}, shapes: {} }).graph, 1)(0, 4),
      keep: new Set(),
      activations: 'uint8',
      ports: 'float',
      memory: scratch,
      search: null,
      onProgress: () => {},
      log: () => {},
    });
    const best = present(all, 'model in int8');
    expect(best.warnings).toEqual(['Biases were not corrected: means cannot be matched.']);
    expect(existsSync(best.path)).toBe(true);
    expect(best.quantized).toBeGreaterThan(0);
  });
});

describe('operators of the first, experimental sets', () => {
  it('are quantized in the form that later sets have', async () => {
    const path = join(folder, 'scaled.onnx');
    const floats = (name: string, values: number[]) =>
      create(AttributeProtoSchema, { name, type: 6, floats: values });
    const scaler = makeNode('ImageScaler', ['x'], ['s'], {}, { name: 'scaler' });
    scaler.attribute.push(floats('bias', [-0.5, -0.4, -0.3]));
    const normal = seededNormal(5);
    const weights = Array.from({ length: 8 * 3 * 9 }, normal);
    const model = makeModel({
      name: 'g',
      node: [
        scaler,
        makeNode('Crop', ['s'], ['c'], { border: [1, 1, 2, 2] }, { name: 'crop' }),
        makeNode('Conv', ['c', 'w'], ['y'], { kernel_shape: [3, 3] }, { name: 'conv' }),
      ],
      initializer: [makeFloatTensor('w', [8, 3, 3, 3], weights)],
      input: [makeValueInfo('x', 'float32', [1, 3, 16, 16])],
      output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }],
    });
    const [own] = model.opsetImport;
    if (own) own.version = 7n;
    writeModel(model, path);
    for (const recipe of ['float32', 'float16', 'int8-all'] as const) {
      const { report, output } = await quantized(path, recipe);
      expect(report.accuracy?.identical ? 99 : report.accuracy?.sqnrDb).toBeGreaterThan(30);
      expect(Object.keys(operatorsOf(output))).not.toContain('ImageScaler');
    }
  });
});
