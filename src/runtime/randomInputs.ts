import type { InputRole } from '../formats/profiling';
import type { DataType } from '../model/dataType';
import { isFloat } from '../model/dataType';
import { toHalf } from '../model/float16';
import { ModelError } from '../model/modelError';
import type { DataInput } from './dataInput';
import type { Feeds, RuntimeData, RuntimeTensor } from './engine';
import { feedsFrom } from './feeds';
import { quantizedValues } from './quantizedValues';
import { seededNormal, seededRandom } from './random';
import { emptyData } from './typedArrays';

/** Larger inputs are a mistake in the shape that was given, and would not fit into memory (CWE-789). */
const MAX_ELEMENTS = 2 ** 28;

/**
 * Random values for all inputs of a model, decided by the seed: floats from N(0, 1), quantized or not, indices below the size of
 * their table, masks 1, the value that chooses the first branch, pixels of 8 bits from 0 to 255, other integers 0 or 1,
 * booleans true. Throws
 * ModelError where an input's type cannot be fed.
 */
export function randomFeeds(
  inputs: readonly DataInput[],
  roles: ReadonlyMap<string, InputRole>,
  seed: number,
): Feeds {
  // Each input has a seed of its own, so that it does not depend on the others.
  return feedsFrom(
    inputs.map((input, at) => [
      input.name,
      randomTensor(input, roles.get(input.name), seed + 0x9e3779b9 * at),
    ]),
  );
}

function randomTensor(
  { name, type, shape }: DataInput,
  role: InputRole | undefined,
  seed: number,
): RuntimeTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > MAX_ELEMENTS) {
    throw new ModelError(`The input "${name}" has ${count} elements by its shape: give smaller dimensions.`);
  }
  if (role?.kind === 'quantized') {
    const integers = quantizedValues(Float32Array.from({ length: count }, seededNormal(seed)), type, role);
    if (integers !== null) return { type, shape, data: integers };
  }
  const data = emptyData(type, count);
  if (data === null) throw new ModelError(`The input "${name}" is of type ${type}, which cannot be fed.`);
  if (!Array.isArray(data))
    fill(data, isFloat(type) ? floats(type, seed) : integers(type, shape, role, seed));
  return { type, shape, data };
}

function fill(data: Exclude<RuntimeData, string[]>, next: () => number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let at = 0; at < data.length; at++) data[at] = BigInt(next());
  } else {
    for (let at = 0; at < data.length; at++) data[at] = next();
  }
}

function floats(type: DataType, seed: number): () => number {
  const normal = seededNormal(seed);
  return type === 'float16' ? () => toHalf(normal()) : normal;
}

function integers(
  type: DataType,
  shape: readonly number[],
  role: InputRole | undefined,
  seed: number,
): () => number {
  if (type === 'bool' || role?.kind === 'mask') return () => 1;
  if (role?.kind === 'choice') return () => role.value;
  const random = seededRandom(seed);
  const largest = LARGEST[type] ?? Number.POSITIVE_INFINITY;
  const below = role?.kind === 'index' ? Math.min(role.below, largest) : isImage(type, shape) ? largest : 2;
  return () => Math.floor(random() * below);
}

/** Bytes with places beside each other are pixels: text has one axis, or two with a batch. */
function isImage(type: DataType, shape: readonly number[]): boolean {
  return type === 'uint8' && shape.length >= 3;
}

/** Values that fit into small integers. */
const LARGEST: Partial<Record<DataType, number>> = { int8: 128, uint8: 256, int16: 2 ** 15, uint16: 2 ** 16 };
