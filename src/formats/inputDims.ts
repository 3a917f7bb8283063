import type { Shape } from '../model/dataType';
import type { DimensionChoice, DimensionValue } from '../model/inference';
import type { ValueInfo } from '../model/model';
import { UsageError } from '../model/modelError';

export interface ResolvedInputs {
  readonly dims: ReadonlyMap<string, DimensionValue>;
  readonly assumedInputs: readonly string[];
  /** By input; null where neither the file nor the user says how many dimensions it has. */
  readonly shapes: ReadonlyMap<string, Shape | null>;
}

/** Largest dimension that a user may give: products of a few of them stay exact (CWE-190). */
const MAX_DIMENSION = 2 ** 31 - 1;

/**
 * Gives every dimension of the inputs a value: the user's, else 1.
 *
 * @throws UsageError when what the user gave contradicts itself or the file.
 */
export function resolveInputs(inputs: readonly ValueInfo[], choice: DimensionChoice): ResolvedInputs {
  const given = givenDims(inputs, choice);
  const dims = new Map<string, DimensionValue>();
  const assumedInputs: string[] = [];
  const shapes = new Map<string, Shape | null>();
  for (const { name, declaredShape } of inputs) {
    const whole = Object.hasOwn(choice.shapes, name) ? choice.shapes[name] : undefined;
    if (declaredShape === null) {
      shapes.set(name, whole ?? null);
      continue;
    }
    let unnamed = false;
    const shape = declaredShape.map((dimension, axis) => {
      if (typeof dimension === 'number') return dimension;
      if (dimension === null) {
        unnamed ||= whole === undefined;
        return whole?.[axis] ?? 1;
      }
      const value = given.get(dimension);
      dims.set(dimension, { value: value ?? 1, assumed: value === undefined });
      return value ?? 1;
    });
    shapes.set(name, shape);
    if (unnamed) assumedInputs.push(name);
  }
  return { dims, assumedInputs, shapes };
}

/** Names of the sizes that nobody gave and that are no batch, as they stand in a sentence: `height and width`; null: none. */
export function missingSizes(
  inputs: readonly ValueInfo[],
  { dims, assumedInputs }: Pick<ResolvedInputs, 'dims' | 'assumedInputs'>,
): string | null {
  const names = new Set<string>();
  for (const { name, declaredShape } of inputs) {
    // The first one counts samples: 1 of them is a model that runs.
    for (const size of declaredShape?.slice(1) ?? []) {
      if (typeof size === 'string' && dims.get(size)?.assumed) names.add(size);
      if (size === null && assumedInputs.includes(name)) names.add(`the shape of ${name}`);
    }
  }
  const last = [...names].at(-1);
  if (last === undefined) return null;
  const before = [...names].slice(0, -1);
  return before.length === 0 ? last : `${before.join(', ')} and ${last}`;
}

/** Values by dimension name, from both ways of giving them. */
function givenDims(inputs: readonly ValueInfo[], choice: DimensionChoice): Map<string, number> {
  const byName = new Map(inputs.map((input) => [input.name, input]));
  const open = new Set(
    inputs
      .flatMap(({ declaredShape }) => declaredShape ?? [])
      .filter((dimension) => typeof dimension === 'string'),
  );
  const given = new Map<string, number>();
  for (const [name, value] of Object.entries(choice.dims)) {
    if (!open.has(name)) {
      throw new UsageError(`No input has a dimension named '${name}'; ${listOf('named dimensions', open)}.`);
    }
    checkValue(value, `The dimension '${name}'`);
    given.set(name, value);
  }
  for (const [name, shape] of Object.entries(choice.shapes)) {
    const input = byName.get(name);
    if (input === undefined) {
      throw new UsageError(`The model has no input named '${name}'; ${listOf('inputs', byName.keys())}.`);
    }
    applyShape(input, shape, given);
  }
  return given;
}

function applyShape(
  { name, declaredShape }: ValueInfo,
  shape: readonly number[],
  given: Map<string, number>,
) {
  for (const length of shape) checkValue(length, `A dimension of '${name}'`);
  if (declaredShape === null) return;
  if (declaredShape.length !== shape.length) {
    throw new UsageError(
      `The input '${name}' has ${declaredShape.length} dimensions (${declaredShape.map((d) => d ?? '?').join(',')}), not ${shape.length}.`,
    );
  }
  declaredShape.forEach((dimension, axis) => {
    const length = shape[axis] ?? 1;
    if (typeof dimension === 'number' && dimension !== length) {
      throw new UsageError(
        `Dimension ${axis} of the input '${name}' is fixed at ${dimension}; it cannot be ${length}.`,
      );
    }
    if (typeof dimension !== 'string') return;
    const before = given.get(dimension);
    if (before !== undefined && before !== length) {
      throw new UsageError(`The dimension '${dimension}' cannot be both ${before} and ${length}.`);
    }
    given.set(dimension, length);
  });
}

function checkValue(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > MAX_DIMENSION) {
    throw new UsageError(`${what} must be a whole number from 0 to ${MAX_DIMENSION}, not ${value}.`);
  }
}

function listOf(what: string, names: Iterable<string>): string {
  const list = [...names];
  return list.length === 0 ? `it has no ${what}` : `its ${what} are ${list.join(', ')}`;
}
