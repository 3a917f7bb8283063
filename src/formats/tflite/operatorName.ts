import { BUILTIN_OPERATORS } from './builtinOperators';
import type { ModelTable, OperatorTable } from './tables';

/** Number of CUSTOM in the list of builtin operators. */
const CUSTOM = 32;

/** Name of an operator: the builtin one's, or what a custom operator is registered as. */
export function operatorName({ operatorCodes }: ModelTable, { opcodeIndex = 0 }: OperatorTable): string {
  const code = operatorCodes?.[opcodeIndex];
  if (code === undefined) return `operator code ${opcodeIndex}`;
  // Files from before the list outgrew a byte have the one field, newer ones both.
  const number = Math.max(code.builtinCode ?? 0, code.deprecatedBuiltinCode ?? 0);
  if (number === CUSTOM) return code.customCode || 'CUSTOM';
  return BUILTIN_OPERATORS[number] ?? `builtin operator ${number}`;
}
