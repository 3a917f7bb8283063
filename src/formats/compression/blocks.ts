/**
 * How a tensor is divided into blocks that share a scale or a table: so many along each axis, each of the same size.
 * Blocks are numbered as elements are, the last axis first.
 */
export type Blocks = readonly number[];

/** How many blocks a tensor is divided into: one scale each. */
export function countOf(blocks: Blocks): number {
  return blocks.reduce((product, count) => product * count, 1);
}

/** All along one axis a block of its own, or so many along it; everything else shares it. */
export function blocksAlong(shape: readonly number[], axis: number, count = shape[axis] ?? 1): number[] {
  return shape.map((_, index) => (index === axis ? count : 1));
}

/**
 * Visits the elements of a tensor in order, as runs that lie side by side in one block: `visit(start, end, block)`.
 *
 * @throws RangeError where the blocks do not divide the shape.
 */
export function visitBlocks(
  shape: readonly number[],
  blocks: Blocks,
  visit: (start: number, end: number, block: number) => void,
): void {
  if (blocks.length !== shape.length || !shape.every((size, axis) => size % (blocks[axis] || 1) === 0))
    throw new RangeError('The blocks do not divide the tensor.');
  // Behind this axis there is one block alone.
  const last = blocks.findLastIndex((count) => count !== 1);
  const inner = shape.slice(last + 1).reduce((product, size) => product * size, 1);
  const run = last < 0 ? inner : inner * ((shape[last] ?? 1) / (blocks[last] ?? 1));
  if (run === 0) return;
  const descend = (axis: number, start: number, block: number): void => {
    const [size = 1, count = 1] = [shape[axis], blocks[axis]];
    if (axis >= last) {
      for (let index = 0; index < (axis < 0 ? 1 : count); index++)
        visit(start + index * run, start + (index + 1) * run, block * count + index);
      return;
    }
    const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
    const each = size / count;
    for (let index = 0; index < size; index++)
      descend(axis + 1, start + index * stride, block * count + Math.floor(index / each));
  };
  if (last < 0) visit(0, run, 0);
  else descend(0, 0, 0);
}

/** The divisor of a length that is nearest to what was wished for, in ratio; of two equally near ones the smaller. */
export function nearestDivisor(length: number, wished: number): number {
  let best = length;
  const distance = (size: number) => Math.abs(Math.log(size / wished));
  for (let size = 1; size * size <= length; size++) {
    if (length % size !== 0) continue;
    for (const one of [size, length / size])
      if (distance(one) < distance(best) || (distance(one) === distance(best) && one < best)) best = one;
  }
  return best;
}
