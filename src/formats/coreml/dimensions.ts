import type { DimensionChoice } from '../../model/inference';
import { UsageError } from '../../model/modelError';
import { type ResolvedInputs, resolveInputs } from '../inputDims';
import type { Feature } from './features';

/**
 * Gives every flexible dimension of the inputs a value: the user's, else the model's default.
 *
 * @throws UsageError when what the user gave contradicts itself, the file, or what the model takes.
 */
export function resolveFeatures(features: readonly Feature[], choice: DimensionChoice): ResolvedInputs {
  const given = new Set(Object.keys(choice.dims));
  const defaults = new Map<string, number>();
  for (const { name, flexible } of features) {
    if (Object.hasOwn(choice.shapes, name)) for (const dimension of flexible) given.add(dimension.name);
    else for (const dimension of flexible) defaults.set(dimension.name, dimension.byDefault);
  }
  const inputs = features.map(({ info }) => info);
  const resolved = resolveInputs(inputs, {
    ...choice,
    dims: { ...Object.fromEntries(defaults), ...choice.dims },
  });
  for (const feature of features) checkRange(feature, resolved);
  const dims = [...resolved.dims].map(
    ([name, { value }]) =>
      [name, { value, assumed: false, ...(!given.has(name) && { byDefault: true as const }) }] as const,
  );
  return { ...resolved, dims: new Map(dims) };
}

function checkRange({ name, flexible, choices }: Feature, { dims, shapes }: ResolvedInputs): void {
  for (const { name: dimension, low, high } of flexible) {
    const value = dims.get(dimension)?.value ?? low;
    if (value < low || (high !== null && value > high)) {
      const range = high === null ? `at least ${low}` : `from ${low} to ${high}`;
      throw new UsageError(`The model takes sizes ${range} for ${dimension}, not ${value}.`);
    }
  }
  const shape = shapes.get(name);
  const listed = choices.some((one) => one.every((size, axis) => size === shape?.[axis]));
  if (choices.length > 0 && flexible.length > 0 && !listed) {
    const known = choices.map((one) => one.join(',')).join(' or ');
    throw new UsageError(`The model takes the shapes ${known} for '${name}', not ${shape?.join(',')}.`);
  }
}
