import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';

export type Numbers = Float32Array | Float64Array;

/**
 * Elements of one weight that are decompressed, 512 MB as numbers: a mask of 1 kB may stand for any number of
 * zeros (CWE-409).
 */
const MAX_ELEMENTS = 2 ** 26;

/** Scales and offsets of a tensor's blocks: as many along each axis as the shape of the blocks says. */
export interface Scales {
  readonly scales: Numbers;
  /** null: none. */
  readonly offsets: Numbers | null;
  readonly blocks: readonly number[];
}

/**
 * scale · (stored − offset), block by block.
 *
 * @param at where each value lies in the shape; absent: all are there, in order.
 */
export function shiftedAndScaled(
  values: Numbers,
  shape: readonly number[],
  { scales, offsets, blocks }: Scales,
  at: (index: number) => number = (index) => index,
): Numbers {
  if (scales.length !== size(blocks)) throw unknown();
  if (offsets !== null && offsets.length !== 1 && offsets.length !== scales.length) throw unknown();
  const blockOf = blocksOf(shape, blocks);
  const result = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const block = blockOf(at(index));
    const offset = offsets === null ? 0 : (offsets[offsets.length === 1 ? 0 : block] ?? Number.NaN);
    result[index] = (scales[block] ?? Number.NaN) * ((values[index] ?? Number.NaN) - offset);
  }
  return result;
}

/** A look-up table for each block of indices; an entry is a vector of numbers that lie along an axis. */
export interface Tables {
  readonly entries: Numbers;
  readonly count: number;
  /** Of the indices. */
  readonly blocks: readonly number[];
  readonly vector: number;
  readonly axis: number;
}

/** @param at where each index lies in the shape of the indices; absent: all are there, in order. */
export function lookedUp(
  indices: Numbers,
  shape: readonly number[],
  { entries, count, blocks, vector, axis }: Tables,
  at: (index: number) => number = (index) => index,
): Numbers {
  const length = bounded(indices.length * vector);
  if (entries.length !== size(blocks) * count * vector || axis < 0 || axis >= Math.max(shape.length, 1)) {
    throw unknown();
  }
  const blockOf = blocksOf(shape, blocks);
  // Elements behind the axis: vectors lie across so many.
  const inner = size(shape.slice(axis + 1));
  const result = new Float64Array(length);
  for (let index = 0; index < indices.length; index++) {
    const place = indices[index] ?? Number.NaN;
    if (!(place >= 0 && place < count)) throw unknown();
    const entry = (blockOf(at(index)) * count + place) * vector;
    const first = Math.floor(index / inner) * inner * vector + (index % inner);
    for (let part = 0; part < vector; part++)
      result[first + part * inner] = entries[entry + part] ?? Number.NaN;
  }
  return result;
}

/** Numbers in the places that a mask of zeros and ones says, zeros in all others. */
export function spread(values: Numbers, mask: Numbers): Numbers {
  const result = new Float64Array(bounded(mask.length));
  let next = 0;
  for (let index = 0; index < mask.length; index++)
    if (mask[index]) result[index] = values[next++] ?? Number.NaN;
  if (next !== values.length) throw unknown();
  return result;
}

/** Where in the mask each of the numbers lies that it stands for. */
export function placesIn(mask: Numbers): (index: number) => number {
  const places: number[] = [];
  for (let index = 0; index < mask.length; index++) if (mask[index]) places.push(index);
  return (index) => places[index] ?? Number.NaN;
}

/** Bits that are packed in bytes, the lowest first, as a tensor of so many zeros and ones. */
export function unpacked(bytes: Numbers, count: number): Numbers {
  if (Math.ceil(count / 8) !== bytes.length) throw unknown();
  return Float32Array.from(
    { length: bounded(count) },
    (_, bit) => (itemAt(bytes, bit >> 3) >> (bit & 7)) & 1,
  );
}

/** The number of the block in which an element lies. */
function blocksOf(shape: readonly number[], blocks: readonly number[]): (index: number) => number {
  if (blocks.every((count) => count === 1)) return () => 0;
  const fit =
    blocks.length === shape.length && shape.every((length, axis) => length % (blocks[axis] || 1) === 0);
  if (!fit) throw unknown();
  const axes = shape.map((length, axis) => ({
    length,
    stride: size(shape.slice(axis + 1)),
    each: length / (blocks[axis] || 1),
    step: size(blocks.slice(axis + 1)),
  }));
  return (index) => {
    let block = 0;
    for (const { length, stride, each, step } of axes) {
      block += Math.floor((Math.floor(index / stride) % length) / each) * step;
    }
    return block;
  };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function bounded(elements: number): number {
  if (elements > MAX_ELEMENTS) throw new ModelError('A compressed weight is too large to be decompressed.');
  return elements;
}

function unknown(): ModelError {
  return new ModelError('It is not known how a compressed weight is decompressed.');
}
