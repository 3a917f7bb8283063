import { describe, expect, it } from 'vitest';
import { OnnxFile } from '../../../src/formats/onnx/file';
import { quantized, trial } from './quantizing';

describe('quantizing what is known only when it runs', () => {
  it('a Resize of operator set 10 that shrinks gives the same outputs', async () => {
    const { report } = await quantized(trial('onnx/resize10_shrinks.onnx'), 'float32');
    expect(report.accuracy.identical || (report.accuracy.sqnrDb ?? 0) > 100).toBe(true);
    const int8 = await quantized(trial('onnx/resize10_shrinks.onnx'), 'int8-all');
    expect(int8.report.accuracy.sqnrDb).toBeGreaterThan(25);
  });

  it('corrects biases behind a Resize whose size the engine infers wrongly', async () => {
    const { report, log } = await quantized(trial('onnx/resize_10_to_7.onnx'), 'int8-all');
    expect(report.accuracy.sqnrDb).toBeGreaterThan(25);
    expect(log.filter((line) => line.startsWith('bias correction'))).toEqual([
      expect.stringMatching(/^bias correction: [\d.]+ dB to [\d.]+ dB$/),
    ]);
    expect(report.warnings.join()).not.toContain('not corrected');
  });

  it.each(['onnx/vit_class_token.onnx', 'onnx/sequences.onnx'])('%s: no false reasons', async (model) => {
    const { report, kept, output } = await quantized(trial(model), 'int8-all');
    expect([...kept.values()].join('; ')).not.toMatch(/no finite values/);
    expect(report.accuracy.sqnrDb).toBeGreaterThan(20);
    // Every product with stored weights is in 8 bits.
    const types = [...OnnxFile.open(output).model.graph.constants.values()]
      .filter(({ storedElements, shape }) => shape.length >= 2 && storedElements > 64)
      .map(({ type }) => type);
    expect(new Set(types.filter((type) => type !== 'uint8'))).toEqual(new Set(['int8']));
  });
});
