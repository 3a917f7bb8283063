import { type DataType, elementCount, type Shape } from '../../../model/dataType';
import { knownElements, tensor, UNKNOWN, unknownShape, type Value } from '../../value';
import type { OperatorTable } from '../tables';

/** A node when it is looked at: its options and what is known of its inputs; null = left out. */
export interface Context {
  readonly operator: OperatorTable;
  readonly inputs: readonly (Value | null)[];
  /** Number of its outputs. */
  readonly outputs: number;
  /** Of the outputs, as the file states them. */
  readonly types: readonly (DataType | null)[];
}

/** What is known of a builtin operator. */
export interface Operator {
  /**
   * Shapes, and small integers, of the outputs; their types are stated in the file. Absent where they are only
   * known in a run.
   *
   * @throws Mismatch when the inputs contradict what the operator demands.
   */
  readonly infer?: (context: Context) => readonly Value[];
  /** Absent: it multiplies and adds nothing. */
  readonly macs?: (context: Context, outputs: readonly Value[]) => number | null;
  /** Whose elements it works through; `none` where it only looks at them in another way, or has MACs. */
  readonly works: 'outputs' | 'input' | 'none';
}

export type Operators = Readonly<Record<string, Operator>>;

/** The same operator under several names. */
export function named(names: string, operator: Operator): Operators {
  return Object.fromEntries(names.split(' ').map((name) => [name, operator]));
}

/** What is known of an input; of one that is left out, nothing. */
export function input({ inputs }: Context, index: number): Value {
  return inputs[index] ?? UNKNOWN;
}

/** An output's shape, and its elements where they are known. */
export function shaped(shape: Shape | null, elements: readonly number[] | null = null): Value {
  return tensor(null, shape, elements);
}

/** The elements of an input that says what to do: axes, sizes, a shape. null when they are not known. */
export function settings(context: Context, index: number): readonly number[] | null {
  return knownElements(context.inputs[index]);
}

/** As `settings`, of which some may be unknown: null. The whole is null where even their number is. */
export function partlyKnown(context: Context, index: number): readonly (number | null)[] | null {
  const { elements = null, shape = null } = context.inputs[index] ?? {};
  if (elements !== null) return elements.map((element) => (Number.isNaN(element) ? null : element));
  return shape?.length === 1 ? unknownShape(shape[0] ?? null) : null;
}

/** How many elements a value has; null = not known. */
export function countOf(value: Value | null | undefined): number | null {
  return elementCount(value?.shape ?? null);
}
