import { BUILTINS } from './builtins';
import type { Machine } from './machine';
import { type Scope, unknown, type Value } from './values';

/** Value of a name, as Python looks for it: from the inside out, then what is built in. */
export function lookUp(machine: Machine, scope: Scope, name: string): Value {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const value = at.outer.has(name) ? undefined : at.names.get(name);
    if (value !== undefined) return value;
  }
  const declared = machine.globals.names.get(name);
  if (declared !== undefined) return declared;
  if (BUILTINS.has(name)) return { kind: 'builtin', name };
  return unknown(`\`${name}\` is not defined before it in this file`, true);
}

/** Where an assignment to a name goes. */
export function homeOf(machine: Machine, scope: Scope, name: string): Map<string, Value> {
  if (!scope.outer.has(name)) return scope.names;
  for (let at = scope.parent; at !== null; at = at.parent) if (at.names.has(name)) return at.names;
  return machine.globals.names;
}
