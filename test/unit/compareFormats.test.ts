import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { compareGivenModels } from '../../src/evaluation/givenModels';
import { ModelProtoSchema, type NodeProto } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { PRESET_VALUES } from '../../src/protocol/presets';
import { seededRandom } from '../../src/runtime/random';
import { SAMPLE, SAMPLE_TFLITE, SHARED_ONNX, SHARED_TFLITE, scratchFolder } from './support';

const scratch = scratchFolder();

/** Writes a model from x [1, 3, 6, 6] to y [1, 4, 6, 6], and gives its path. */
function saved(name: string, node: NodeProto[], weights: Readonly<Record<string, [number[], Float32Array]>>) {
  const path = join(scratch, `${name}.onnx`);
  const graph = {
    name,
    node,
    initializer: Object.entries(weights).map(([key, [shape, values]]) => makeFloatTensor(key, shape, values)),
    input: [makeValueInfo('x', 'float32', [1, 3, 6, 6])],
    output: [makeValueInfo('y', 'float32', [1, 4, 6, 6])],
  };
  const opsetImport = [
    { domain: '', version: 17n },
    { domain: 'com.microsoft', version: 1n },
  ];
  writeModel(create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph }), path);
  return path;
}

function compared(before: string, after: string, images: boolean, measure = false) {
  return compareGivenModels(
    {
      models: [before, after],
      dims: {},
      shapes: {},
      data: images ? { path: resolve('models/shapes/validation'), labels: null, labelOffset: 0 } : null,
      preprocessing: images ? { ...PRESET_VALUES.half } : null,
      seed: 1,
      measure,
      threads: 1,
      runs: 3,
    },
    { scratch, memory: scratch, progress: () => {}, log: () => {} },
  );
}

describe('what layers give in two models', () => {
  const random = seededRandom(1);
  const floats = (length: number) => Float32Array.from({ length }, () => random() + 0.1);
  const [w, v] = [floats(4 * 3).map((value) => value - 0.6), floats(4 * 4).map((value) => value - 0.6)];
  const [scale, bias, mean, variance] = [floats(4), floats(4), floats(4), floats(4)];
  const factors = scale.map((value, index) => value / Math.sqrt((variance[index] ?? 0) + 1e-5));
  const second: [number[], Float32Array] = [[4, 4, 1, 1], v];
  const apart = [
    makeNode('Conv', ['x', 'w'], ['c']),
    makeNode('BatchNormalization', ['c', 'scale', 'bias', 'mean', 'variance'], ['b'], { epsilon: 1e-5 }),
    makeNode('Relu', ['b'], ['r']),
    makeNode('Conv', ['r', 'v'], ['d']),
    makeNode('Relu', ['d'], ['y']),
  ];
  const before = saved('apart', apart, {
    ...{ w: [[4, 3, 1, 1], w], v: second },
    ...{ scale: [[4], scale], bias: [[4], bias], mean: [[4], mean], variance: [[4], variance] },
  });
  // The first convolution keeps its name, and took the normalization in; the second one took the activation in.
  const after = saved(
    'folded',
    [
      makeNode('Conv', ['x', 'w', 'b'], ['c']),
      makeNode('Relu', ['c'], ['r']),
      makeNode('FusedConv', ['r', 'v'], ['y'], { activation: 'Relu' }, { domain: 'com.microsoft' }),
    ],
    {
      w: [[4, 3, 1, 1], w.map((value, index) => value * (factors[Math.floor(index / 3)] ?? 0))],
      b: [[4], bias.map((value, index) => value - (mean[index] ?? 0) * (factors[index] ?? 0))],
      v: second,
    },
  );

  it('is compared behind what one of them folded, and left out where the other one does not compute it', async () => {
    const { layers } = await compared(before, after, false);
    const found = new Map(layers.map(({ name, sqnrDb }) => [name, sqnrDb]));
    for (const name of ['c', 'd']) expect(found.get(name), name).toBeNull();
    for (const name of ['b', 'r', 'y']) expect(found.get(name), name).toBeGreaterThan(100);

    const swapped = await compared(after, before, false);
    for (const { name, sqnrDb, before: own } of swapped.layers) {
      if (own?.layer) expect(sqnrDb, name).toBeGreaterThan(100);
    }
  });
});

describe('comparing TensorFlow Lite models', () => {
  it('finds that the sample is the same network in ONNX', async () => {
    const { accuracy, engine, layers } = await compared(SAMPLE, SAMPLE_TFLITE, true);
    // Each layer gives what its partner gives, behind the activation that is folded into that one.
    const measured = layers.filter(({ sqnrDb }) => sqnrDb !== null);
    expect(measured.length).toBeGreaterThan(60);
    for (const { name, sqnrDb } of measured) expect(sqnrDb, name).toBeGreaterThan(100);
    expect(engine).toMatch(/^ONNX Runtime \S+ and LiteRT \(WebAssembly\) 2\.5\.3, this computer$/);
    expect(accuracy).toMatchObject({ samples: 200, top1Agreement: 1, top1: { before: 0.97, after: 0.97 } });
    expect(accuracy?.sqnrDb).toBeGreaterThan(100);
    const reversed = await compared(SAMPLE_TFLITE, SAMPLE, false);
    expect(reversed.accuracy?.sqnrDb).toBeGreaterThan(100);
  });

  it('finds no difference between a model and itself, layer by layer', async () => {
    const { accuracy, layers } = await compared(SAMPLE_TFLITE, SAMPLE_TFLITE, false);
    expect(accuracy?.identical).toBe(true);
    for (const { before, after } of layers) expect(before).toEqual(after);
  });

  const ultraFace = [
    join(SHARED_ONNX, 'ultraface_version-RFB-320.onnx'),
    join(SHARED_TFLITE, 'ultraface_version-RFB-320_without_postprocessing.tflite'),
  ] as const;
  it.skipIf(!ultraFace.every(existsSync))(
    'sets no layers against one another that give something else (../shared/models)',
    async () => {
      const { layers } = await compared(...ultraFace, false);
      const measured = layers.filter(({ sqnrDb }) => sqnrDb !== null);
      expect(measured.length).toBeGreaterThan(50);
      for (const { name, sqnrDb } of measured) expect(sqnrDb, name).toBeGreaterThan(60);
    },
  );

  const float = join(SHARED_TFLITE, 'mlperf_tiny_vww_96_float.tflite');
  const int8 = join(SHARED_TFLITE, 'mlperf_tiny_vww_96_int8.tflite');
  it.skipIf(!existsSync(float))('feeds float and int8 inputs alike (../shared/models)', async () => {
    const result = await compared(float, int8, false, true);
    expect(result.accuracy?.sqnrDb).toBeGreaterThan(3);
    expect(result.latencyMs?.speedup.ci95[0]).toBeGreaterThan(0);
    expect(result.warnings.join(' ')).toMatch(/on a phone.*Each layer was timed alone/);
    const timed = result.layers.filter(({ before, after }) => before?.medianMs && after?.medianMs);
    expect(timed.length).toBeGreaterThan(25);
    const measured = result.layers.filter(({ sqnrDb }) => sqnrDb !== null);
    expect(measured.length).toBeGreaterThan(20);
  });

  const lstm = join(SHARED_TFLITE, 'tflm_mnist_lstm_float.tflite');
  it.skipIf(!existsSync(lstm))('runs both on the engine that runs both (../shared/models)', async () => {
    const { accuracy, engine } = await compared(lstm, lstm, false);
    expect(engine).toContain('tfjs-tflite');
    expect(accuracy?.identical).toBe(true);
    const { warnings, ...others } = await compared(lstm, SAMPLE_TFLITE, false);
    expect(others).toMatchObject({ accuracy: null, engine: null });
    expect(warnings[0]).toMatch(/^The models were not run: .*different inputs/);
  });
});
