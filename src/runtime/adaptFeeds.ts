import { ModelError } from '../model/modelError';
import type { DataInput } from './dataInput';
import type { Feeds, Quantized, RuntimeTensor, Signature } from './engine';
import { feedsFrom } from './feeds';
import { quantizedValues, realValues } from './quantizedValues';
import { transpose } from './transpose';

/**
 * What was made for the inputs `given`, as the inputs `wanted` of the model at `path` take it. They are matched by
 * name, else by order; channels may be first in one and last in the other, and either may be quantized. Throws
 * ModelError where they are inputs of another kind.
 */
export function adaptFeeds(
  feeds: Feeds,
  given: readonly DataInput[],
  wanted: readonly Signature[],
  path: string,
): Feeds {
  const byName = wanted.every(({ name }) => feeds[name] !== undefined);
  return feedsFrom(
    wanted.map((input, at) => {
      const source = byName ? given.find(({ name }) => name === input.name) : given[at];
      const tensor = feeds[source?.name ?? ''];
      const fitting = given.length === wanted.length && tensor ? convert(tensor, source, input) : null;
      if (fitting === null) throw unlike(given, wanted, path);
      return [input.name, fitting] as const;
    }),
  );
}

function unlike(given: readonly DataInput[], wanted: readonly Signature[], path: string): ModelError {
  const list = (inputs: readonly Signature[]) =>
    inputs
      .map(({ name, type, shape }) => `${name} ${type} ${shape.map((size) => size ?? '?').join('×')}`)
      .join(', ');
  return new ModelError(
    `The two models have different inputs, so they cannot be compared: ${list(given)} in one; ${list(wanted)} in ${path}.`,
    { file: path },
  );
}

/** null: the one cannot be made of the other. */
function convert(tensor: RuntimeTensor, from: DataInput | undefined, to: Signature): RuntimeTensor | null {
  const shaped = reshape(tensor, to.shape);
  if (shaped === null || (shaped.type === to.type && sameScale(from?.quantization, to.quantization)))
    return shaped;
  const real = from?.quantization === undefined ? shaped.data : realValues(shaped, from.quantization);
  if (!(real instanceof Float32Array)) return null;
  const data = to.quantization === undefined ? real : quantizedValues(real, to.type, to.quantization);
  if (data === null || (data === real && to.type !== 'float32')) return null;
  return { type: to.type, shape: shaped.shape, data };
}

function sameScale(a: Quantized | undefined, b: Quantized | undefined): boolean {
  return a?.scale === b?.scale && a?.zeroPoint === b?.zeroPoint;
}

/** A tensor in a shape, its channels moved where one has them first and the other last; null where it does not fit. */
function reshape(tensor: RuntimeTensor, shape: Signature['shape']): RuntimeTensor | null {
  if (fits(tensor.shape, shape)) return tensor;
  const [n = 0, a = 0, b = 0, c = 0] = tensor.shape;
  if (tensor.shape.length !== 4) return null;
  if (fits([n, b, c, a], shape)) return transpose(tensor, [0, 2, 3, 1]);
  if (fits([n, c, a, b], shape)) return transpose(tensor, [0, 3, 1, 2]);
  return null;
}

/** Unknown sizes fit any. */
function fits(given: readonly number[], wanted: Signature['shape']): boolean {
  return (
    given.length === wanted.length &&
    wanted.every((size, at) => typeof size !== 'number' || size === given[at])
  );
}
