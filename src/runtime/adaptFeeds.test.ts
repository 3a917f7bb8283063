import { describe, expect, it } from 'vitest';
import { adaptFeeds } from './adaptFeeds';
import type { DataInput } from './dataInput';
import type { Signature } from './engine';
import { quantizedValues, realValues } from './quantizedValues';

const input = (rest: Partial<DataInput> = {}): DataInput => ({
  name: 'image',
  type: 'float32',
  shape: [1, 2, 2, 3],
  ...rest,
});

function adapt(data: Float32Array | Int8Array, given: DataInput, wanted: Signature) {
  const feeds = { [given.name]: { type: given.type, shape: given.shape, data } };
  return adaptFeeds(feeds, [given], [wanted], 'other.tflite')[wanted.name];
}

describe('inputs of one model for another', () => {
  // Rows, columns, channels: 10 · pixel + channel.
  const last = Float32Array.of(0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32);
  const first = Float32Array.of(0, 10, 20, 30, 1, 11, 21, 31, 2, 12, 22, 32);

  it('have their channels where the other wants them', () => {
    const nchw = input({ name: 'x', shape: [1, 3, 2, 2] });
    expect(adapt(last, input(), nchw)).toEqual({ type: 'float32', shape: [1, 3, 2, 2], data: first });
    expect(adapt(first, nchw, input())).toEqual({ type: 'float32', shape: [1, 2, 2, 3], data: last });
    const batch = { ...nchw, shape: ['N', 3, null, 2] };
    expect(adapt(last, input(), batch)?.data).toEqual(first);
  });

  it('stay as they are where they fit', () => {
    expect(adapt(last, input(), input({ name: 'x' }))?.data).toBe(last);
  });

  it('are quantized, and what was quantized is not', () => {
    const quantization = { scale: 0.5, zeroPoint: -10 };
    const int8 = input({ name: 'x', type: 'int8', quantization });
    const integers = Int8Array.from(last, (value) => value / 0.5 - 10);
    expect(adapt(last, input(), int8)?.data).toEqual(integers);
    expect(adapt(integers, int8, input())?.data).toEqual(last);
    const other = { ...int8, quantization: { scale: 1, zeroPoint: 0 } };
    expect(adapt(integers, int8, other)?.data).toEqual(Int8Array.from(last));
  });

  it('are matched by name, whatever the order', () => {
    const [a, b] = [input({ name: 'a', shape: [1] }), input({ name: 'b', shape: [1] })];
    const feeds = {
      a: { type: 'float32' as const, shape: [1], data: Float32Array.of(1) },
      b: { type: 'float32' as const, shape: [1], data: Float32Array.of(2) },
    };
    expect(adaptFeeds(feeds, [a, b], [b, a], 'x')).toEqual(feeds);
    const others = [
      { ...a, name: 'c' },
      { ...b, name: 'd' },
    ];
    expect(adaptFeeds(feeds, [a, b], others, 'x')).toEqual({ c: feeds.a, d: feeds.b });
  });

  it.each<[string, Signature]>([
    ['of another size', input({ shape: [1, 3, 3, 3] })],
    ['of another rank', input({ shape: [12] })],
    ['of another type', input({ type: 'int32' })],
  ])('are refused when they are %s', (_, wanted) => {
    expect(() => adapt(last, input(), wanted)).toThrow(
      /different inputs, so they cannot be compared: image float32 1×2×2×3 in one; image \w+ [\d×]+ in other/,
    );
  });

  it('are refused when one has more of them', () => {
    const feeds = { image: { type: 'float32' as const, shape: [1, 2, 2, 3], data: last } };
    expect(() => adaptFeeds(feeds, [input()], [input(), input({ name: 'y' })], 'x')).toThrow(
      /different inputs/,
    );
  });
});

describe('quantized values', () => {
  it('round to the nearest, and end where the type ends', () => {
    const values = Float32Array.of(-1000, -0.3, 0, 0.26, 1000);
    expect(quantizedValues(values, 'uint8', { scale: 0.5, zeroPoint: 3 })).toEqual(
      Uint8Array.of(0, 2, 3, 4, 255),
    );
    expect(quantizedValues(values, 'int8', { scale: 0.5, zeroPoint: 0 })).toEqual(
      Int8Array.of(-128, -1, 0, 1, 127),
    );
    expect(quantizedValues(values, 'float32', { scale: 1, zeroPoint: 0 })).toBeNull();
  });

  it('stand for real ones', () => {
    const tensor = { type: 'uint8' as const, shape: [2], data: Uint8Array.of(0, 130) };
    expect(realValues(tensor, { scale: 0.5, zeroPoint: 128 })).toEqual(Float32Array.of(-64, 1));
  });
});
