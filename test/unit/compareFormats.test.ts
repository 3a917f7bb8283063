import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRESET_VALUES } from '../../src/protocol/presets';
import { compare } from '../../src/quantization/compare';
import { SAMPLE, SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from './support';

const scratch = scratchFolder();

function compared(before: string, after: string, images: boolean, measure = false) {
  return compare(
    {
      before,
      after,
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
