import { describe, expect, it } from 'vitest';
import { blocksAlong, nearestDivisor, visitBlocks } from './blocks';

/** The block of each element, by the definition: the place along each axis, divided by the block's size there. */
function defined(shape: readonly number[], blocks: readonly number[]): number[] {
  const count = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: count }, (_, index) => {
    let block = 0;
    let stride = count;
    let rest = index;
    for (const [axis, length] of shape.entries()) {
      stride /= length;
      const place = Math.floor(rest / stride);
      rest %= stride;
      const each = length / (blocks[axis] ?? 1);
      block = block * (blocks[axis] ?? 1) + Math.floor(place / each);
    }
    return block;
  });
}

describe('blocks of a tensor', () => {
  it.each([
    [
      [4, 6],
      [1, 1],
    ],
    [
      [4, 6],
      [4, 1],
    ],
    [
      [4, 6],
      [1, 6],
    ],
    [
      [4, 6],
      [2, 3],
    ],
    [
      [4, 6, 2, 2],
      [4, 3, 1, 1],
    ],
    [
      [2, 3, 4],
      [1, 3, 2],
    ],
    [[5], [5]],
    [
      [2, 2, 2],
      [2, 1, 2],
    ],
  ])('of shape %j, divided %j, hold what they are defined to', (shape, blocks) => {
    const found: number[] = [];
    visitBlocks(shape, blocks, (start, end, block) => {
      expect(start).toBe(found.length);
      for (let i = start; i < end; i++) found.push(block);
    });
    expect(found).toEqual(defined(shape, blocks));
  });

  it('must divide it', () => {
    expect(() => visitBlocks([4, 6], [3, 1], () => undefined)).toThrow(RangeError);
    expect(() => visitBlocks([4, 6], [1], () => undefined)).toThrow(RangeError);
  });

  it('lie along an axis', () => {
    expect(blocksAlong([4, 6, 2], 1)).toEqual([1, 6, 1]);
    expect(blocksAlong([4, 6, 2], 1, 3)).toEqual([1, 3, 1]);
  });

  it.each([
    [1280, 32, 32],
    [24, 32, 24],
    [37, 32, 37],
    [63, 32, 21],
    [1, 32, 1],
    [64, 32, 32],
    [97, 10, 1],
  ])('of %d are as near to %d as a divisor is: %d', (length, wished, expected) => {
    const size = nearestDivisor(length, wished);
    expect(length % size).toBe(0);
    if (expected !== 1 || length === 1) expect(size).toBe(expected);
  });
});
