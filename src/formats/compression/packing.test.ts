import { describe, expect, it } from 'vitest';
import type { DataType } from '../../model/dataType';
import { decodeElements } from '../elements';
import { packBits, packBitsHighFirst } from './packing';

const TYPES: readonly [number, DataType][] = [
  [1, 'uint1'],
  [2, 'uint2'],
  [3, 'uint3'],
  [4, 'uint4'],
  [6, 'uint6'],
  [8, 'uint8'],
];

describe.each(TYPES)('integers of %d bits', (bits, type) => {
  // A multiplier that is prime to the range, so that neighbours differ in all bits.
  const values = (length: number) => Array.from({ length }, (_, i) => (i * 37 + 11) % 2 ** bits);

  it('are read again as they were', () => {
    for (const length of [0, 1, 7, 8, 9, 100]) {
      const bytes = packBits(values(length), bits);
      expect(bytes).toHaveLength(Math.ceil((length * bits) / 8));
      expect([...decodeElements(type, bytes, length)]).toEqual(values(length));
    }
  });

  it('fill bytes from the highest bit on where a network has them', () => {
    const bits8 = (byte: number) => byte.toString(2).padStart(8, '0');
    const packed = [...packBitsHighFirst(values(13), bits)].map(bits8).join('');
    const expected = values(13)
      .map((value) => value.toString(2).padStart(bits, '0'))
      .join('');
    expect(packed).toBe(expected.padEnd(Math.ceil((13 * bits) / 8) * 8, '0'));
  });
});

it('negative integers of 4 bits are two’s complements, the first in the lowest bits', () => {
  expect([...packBits([-1, 2, -8], 4)]).toEqual([0x2f, 0x08]);
});
