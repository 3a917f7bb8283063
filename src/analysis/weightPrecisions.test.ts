import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE } from '../../test/unit/support';
import { openModel } from '../formats';
import { itemAt } from '../model/assert';
import { analyze } from './inspect';
import { weightPrecisions } from './weightPrecisions';

const AS_IT_IS = { dims: {}, shapes: {} };

/** All weights of a model that are tried, with the axis and the figures. */
function tried(path: string, kinds: readonly string[]) {
  const file = openModel(path);
  const analysis = analyze(file, AS_IT_IS);
  const found = analysis.nodes.flatMap(({ entry, graph, position }, row) => {
    if (!kinds.includes(entry.node.kind ?? '')) return [];
    return (graph.parameters.get(position) ?? [])
      .filter(({ tensor }) => tensor.shape.length > 1)
      .map(({ tensor }) => ({
        shape: tensor.shape,
        values: file.readTensor(tensor).values,
        ...weightPrecisions(file, analysis, row, tensor.name),
      }));
  });
  file.close();
  return found;
}

/** Without a word of the product's own: the largest of each channel is 127, or 7. */
function expected(values: ArrayLike<number>, groupOf: (at: number) => number, high: number): number {
  const largest = new Map<number, number>();
  for (let at = 0; at < values.length; at++) {
    const group = groupOf(at);
    largest.set(group, Math.max(largest.get(group) ?? 0, Math.abs(itemAt(values, at))));
  }
  let signal = 0;
  let noise = 0;
  for (let at = 0; at < values.length; at++) {
    const value = itemAt(values, at);
    const scale = (largest.get(groupOf(at)) ?? 0) / high;
    const back = scale === 0 ? 0 : Math.round(value / scale) * scale;
    signal += value ** 2;
    noise += (value - back) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('what fewer bits lose', () => {
  it.skipIf(!existsSync(SAMPLE))('is that of each output channel in ONNX, which come first', () => {
    const layers = tried(SAMPLE, ['convolution', 'depthwise convolution']);
    expect(layers.length).toBeGreaterThan(30);
    for (const { axis, shape, values, forms } of layers) {
      expect(axis).toBe(0);
      const inner = values.length / itemAt(shape, 0);
      const [one, channel, four] = forms.map(({ sqnrDb }) => sqnrDb ?? 0);
      expect(one).toBeCloseTo(
        expected(values, () => 0, 127),
        1,
      );
      expect(channel).toBeCloseTo(
        expected(values, (at) => Math.floor(at / inner), 127),
        1,
      );
      expect(four).toBeCloseTo(
        expected(values, (at) => Math.floor(at / inner), 7),
        1,
      );
    }
  });

  it.skipIf(!existsSync(SAMPLE_TFLITE))('is by the last axis in depthwise kernels of TensorFlow Lite', () => {
    const layers = tried(SAMPLE_TFLITE, ['depthwise convolution']);
    expect(layers.length).toBeGreaterThan(5);
    for (const { axis, shape, values, forms } of layers) {
      expect(axis).toBe(3);
      const channels = itemAt(shape, 3);
      expect(forms[1]?.sqnrDb).toBeCloseTo(
        expected(values, (at) => at % channels, 127),
        1,
      );
    }
  });

  it.skipIf(!existsSync(SAMPLE))('is by blocks of 32 along the inputs of a matrix product', () => {
    const [layer] = tried(SAMPLE, ['matrix product']);
    const { axis, shape, values, forms } = layer ?? itemAt([], 0);
    expect({ axis, label: forms[2]?.label }).toEqual({ axis: 0, label: 'int4, blocks of 32' });
    const inputs = itemAt(shape, 1);
    const blocks = Math.ceil(inputs / 32);
    const groupOf = (at: number) => Math.floor(at / inputs) * blocks + Math.floor((at % inputs) / 32);
    expect(forms[2]?.sqnrDb).toBeCloseTo(expected(values, groupOf, 7), 1);
  });

  it.skipIf(!existsSync(SAMPLE))('says why there is none', () => {
    const file = openModel(SAMPLE);
    expect(() => weightPrecisions(file, analyze(file, AS_IT_IS), 0, 'nothing')).toThrow(
      "no stored tensor named 'nothing'",
    );
    file.close();
  });
});
