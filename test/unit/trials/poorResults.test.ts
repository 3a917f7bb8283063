import { describe, expect, it } from 'vitest';
import { onnx } from '../../../src/formats/onnx/format';
import { summary } from '../../../src/protocol/summary';
import { seededRandom } from '../../../src/runtime/random';
import { decibels, run } from '../rewrite/support';
import { quantized, trial } from './quantizing';

describe('results that say nothing, or little', () => {
  it.each(['float32', 'float16', 'int8-dynamic', 'int8-all'] as const)(
    'NaN everywhere, as %s: refused, or no agreement and a warning',
    async (recipe) => {
      const result = await quantized(trial('hostile/nan_weight.onnx'), recipe).catch((error: Error) => error);
      if (result instanceof Error) {
        expect(result.message).toMatch(/finite|NaN/);
        return;
      }
      const { report } = result;
      expect(report.accuracy).toMatchObject({
        sqnrDb: null,
        identical: false,
        top1Agreement: null,
        notFinite: true,
      });
      expect(report.warnings.join()).toMatch(/no finite number on any sample \(NaN/);
      expect(summary(report)).toMatch(/no output is a finite number/);
    },
  );

  it('calibrates uint8 images without data on pixels from 0 to 255', async () => {
    const model = trial('onnx/uint8_nhwc.onnx');
    const { output } = await quantized(model, 'int8-all');
    const random = seededRandom(12);
    const [input] = onnx.open(model).model.graph.inputs;
    const shape = (input?.declaredShape ?? []).map((size) => (typeof size === 'number' ? size : 1));
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Uint8Array.from({ length: count }, () => random() * 256);
    const feeds = { [input?.name ?? '']: { type: 'uint8' as const, shape, data } };
    // 1.8 dB where it was calibrated on pixels of 0 and 1.
    expect(decibels(await run(model, feeds), await run(output, feeds))).toBeGreaterThan(30);
  });
});
