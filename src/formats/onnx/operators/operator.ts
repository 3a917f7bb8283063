import { UNKNOWN, type Value } from '../../value';
import type { NodeProto } from '../onnx_pb';

/** A node as its operator sees it. */
export interface Context {
  /** Attributes that refer to those of an enclosing function are already replaced. */
  readonly node: NodeProto;
  /** Version of the operator set that the node's domain is imported with. */
  readonly opset: number;
  /** null = an optional input that is left out. */
  readonly inputs: readonly (Value | null)[];
}

/** What an operator means for shapes and costs. */
export interface Operator {
  /**
   * Types and shapes of the outputs. What cannot be told stays null: a wrong shape is worse than none.
   * Throws Mismatch when the inputs contradict the operator.
   */
  infer(context: Context): readonly Value[];
  /** Multiply-accumulates of one run; without it the operator does none. null = a needed size is unknown. */
  macs?(context: Context, outputs: readonly Value[]): number | null;
  /**
   * The elements that an operator without MACs works through: those of its outputs unless it condenses its
   * first input; none where it only looks at the same elements in another way.
   */
  readonly works?: 'outputs' | 'input' | 'none';
}

export type Operators = Readonly<Record<string, Operator>>;

/** What is known of an input; of one that is left out, nothing. */
export function input(context: Context, index: number): Value {
  return context.inputs[index] ?? UNKNOWN;
}

/** What is known of an input; null where it is left out. */
export function optionalInput(context: Context, index: number): Value | null {
  return context.inputs[index] ?? null;
}

/** Gives the same operator under several names. */
export function named(names: readonly string[], operator: Operator): Record<string, Operator> {
  return Object.fromEntries(names.map((name) => [name, operator]));
}
