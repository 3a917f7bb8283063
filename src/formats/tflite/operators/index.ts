import { BUILTIN_OPERATORS } from '../builtinOperators';
import { convolution } from './convolution';
import { custom } from './custom';
import { elementwise } from './elementwise';
import { indexing } from './indexing';
import { matmul } from './matmul';
import type { Operator, Operators } from './operator';
import { recurrent } from './recurrent';
import { reduction } from './reduction';
import { shaping } from './shaping';

const OPERATORS: Operators = {
  ...convolution,
  ...custom,
  ...elementwise,
  ...indexing,
  ...matmul,
  ...recurrent,
  ...reduction,
  ...shaping,
};

/** Builtin operators whose shapes are those that the file states, or known in a run only. They multiply and add nothing. */
const OTHER: Operator = { works: 'outputs' };

/** Their work is not known: what they do is said elsewhere, or in no place. */
const UNKNOWN_WORK: ReadonlySet<string> = new Set(['CUSTOM', 'DELEGATE', 'STABLEHLO_CUSTOM_CALL']);

const BUILTIN: ReadonlySet<string> = new Set(BUILTIN_OPERATORS);

/** Whether an operator's outputs can be what the file does not state: whoever made it decides. */
export function isForeign(op: string): boolean {
  return !BUILTIN.has(op) || UNKNOWN_WORK.has(op);
}

/** undefined: nothing is known of it. Custom operators have names of their own. */
export function operatorOf(op: string): Operator | undefined {
  const known = Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined;
  return known ?? (BUILTIN.has(op) && !UNKNOWN_WORK.has(op) ? OTHER : undefined);
}
