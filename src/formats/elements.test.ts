import { describe, expect, it } from 'vitest';
import type { DataType } from '../model/dataType';
import { decodeElements } from './elements';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

// Codes and values as the specifications' tables state them: IEEE 754, OCP 8-bit floating point (e4m3fn, e5m2),
// OCP microscaling formats (e8m0, e2m1), and arXiv 2206.02915 for the formats without a negative zero.
const CODES: [DataType, number, [code: number, value: number][]][] = [
  [
    'float16',
    2,
    [
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x3555, 0.333251953125],
      [0x7bff, 65504],
      [0x7c00, inf],
      [0xfc00, -inf],
      [0x7e00, nan],
      [0x8000, -0],
    ],
  ],
  [
    'bfloat16',
    2,
    [
      [0x3f80, 1],
      [0xc049, -3.140625],
      [0x7f80, inf],
      [0x7fc0, nan],
      [0x0001, 2 ** -133],
    ],
  ],
  [
    'float8e4m3fn',
    1,
    [
      [0x01, 2 ** -9],
      [0x07, 0.875 * 2 ** -6],
      [0x08, 2 ** -6],
      [0x38, 1],
      [0x7e, 448],
      [0xfe, -448],
      [0x7f, nan],
      [0xff, nan],
      [0x80, -0],
    ],
  ],
  [
    'float8e4m3fnuz',
    1,
    [
      [0x01, 2 ** -10],
      [0x40, 1],
      [0x7f, 240],
      [0xff, -240],
      [0x80, nan],
    ],
  ],
  [
    'float8e5m2',
    1,
    [
      [0x01, 2 ** -16],
      [0x3c, 1],
      [0x7b, 57344],
      [0x7c, inf],
      [0xfc, -inf],
      [0x7d, nan],
    ],
  ],
  [
    'float8e5m2fnuz',
    1,
    [
      [0x01, 2 ** -17],
      [0x40, 1],
      [0x7f, 57344],
      [0x80, nan],
    ],
  ],
  [
    'float8e8m0',
    1,
    [
      [0x00, 2 ** -127],
      [0x7f, 1],
      [0xfe, 2 ** 127],
      [0xff, nan],
    ],
  ],
];

describe('elements', () => {
  it.each(CODES)('of %s have the values of its specification', (type, width, codes) => {
    const bytes = new Uint8Array(codes.length * width);
    const view = new DataView(bytes.buffer);
    for (const [i, [code]] of codes.entries()) {
      if (width === 2) view.setUint16(2 * i, code, true);
      else view.setUint8(i, code);
    }
    expect([...decodeElements(type, bytes, codes.length)]).toEqual(codes.map(([, value]) => value));
  });

  it('of 4 and 2 bits begin in the lowest bits', () => {
    expect([...decodeElements('uint4', Uint8Array.of(0x21, 0xf8), 4)]).toEqual([1, 2, 8, 15]);
    expect([...decodeElements('int4', Uint8Array.of(0x21, 0xf8), 3)]).toEqual([1, 2, -8]);
    expect([...decodeElements('uint2', Uint8Array.of(0b11100100), 4)]).toEqual([0, 1, 2, 3]);
    expect([...decodeElements('int2', Uint8Array.of(0b11100100, 1), 5)]).toEqual([0, 1, -2, -1, 1]);
    const nibbles = Uint8Array.of(0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe);
    const magnitudes = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    expect([...decodeElements('float4e2m1', nibbles, 16)]).toEqual([
      ...magnitudes,
      ...magnitudes.map((m) => -m),
    ]);
  });

  it.each([
    ['float32', Float32Array.of(1.5, -0.1), [1.5, Math.fround(-0.1)]],
    ['float64', Float64Array.of(0.1, -1e300), [0.1, -1e300]],
    ['int8', Int8Array.of(-128, 127), [-128, 127]],
    ['uint8', Uint8Array.of(0, 255), [0, 255]],
    ['int16', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['uint16', Uint16Array.of(0, 65535), [0, 65535]],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1), [-(2 ** 31), 2 ** 31 - 1]],
    ['uint32', Uint32Array.of(0, 2 ** 32 - 1), [0, 2 ** 32 - 1]],
    ['int64', BigInt64Array.of(-5n, 2n ** 53n), [-5, 2 ** 53]],
    ['uint64', BigUint64Array.of(5n, 2n ** 64n - 1n), [5, 2 ** 64]],
    ['bool', Uint8Array.of(0, 2), [0, 1]],
    ['complex64', Float32Array.of(3, 4, 0, -1), [5, 1]],
    ['complex128', Float64Array.of(3, 4, 0, -1), [5, 1]],
  ] as const)('of %s are read wherever the bytes begin', (type, array, expected) => {
    const shifted = new Uint8Array(array.byteLength + 1);
    shifted.set(new Uint8Array(array.buffer), 1);
    expect([...decodeElements(type, shifted.subarray(1), 2)]).toEqual(expected);
  });

  it('are refused when there are too few bytes, and for strings', () => {
    expect(() => decodeElements('float32', new Uint8Array(7), 2)).toThrow(
      /7 bytes are too few for 2 elements/,
    );
    expect(() => decodeElements('string', new Uint8Array(8), 1)).toThrow(/Strings/);
  });
});
