import { layerOf } from '../layers';
import type { Expression } from '../syntax/ast';
import { CONTAINERS } from './containers';
import type { Machine } from './machine';
import { type FunctionValue, isKind, type Value } from './values';

/** What a name at the top level or an attribute of one stands for, without running anything. */
export function resolve(machine: Machine, expression: Expression): Value | undefined {
  if (expression.type === 'name') return machine.globals.names.get(expression.name);
  if (expression.type !== 'attribute') return undefined;
  const object = resolve(machine, expression.object);
  return isKind(object, 'external') ? machine.get(object, expression.name) : undefined;
}

function makesLayers(value: Value | undefined): boolean {
  if (isKind(value, 'class')) return true;
  return isKind(value, 'external') && (layerOf(value.path) !== null || CONTAINERS.has(value.path));
}

/**
 * Whether running a function may make layers: it calls some, or what it is given, or another function that may.
 * Those that only compute, such as ones that draw training data, are not worth many steps.
 */
export function mayMakeLayers(
  machine: Machine,
  fn: FunctionValue,
  seen = new Set<FunctionValue['body']>(),
): boolean {
  const known = machine.makers.get(fn.body);
  if (known !== undefined) return known;
  if (fn.owner !== null || fn.site === null) return true;
  if (seen.has(fn.body)) return false;
  seen.add(fn.body);
  const parameters = new Set(fn.parameters.map(({ name }) => name));
  const may = fn.site.owner.calls.some(({ callee }) => {
    if (callee.type === 'name' && parameters.has(callee.name)) return true;
    const value = resolve(machine, callee);
    if (isKind(value, 'function')) return mayMakeLayers(machine, value, seen);
    return (
      makesLayers(value) ||
      (isKind(value, 'external') && !/^(math|random|os|sys|numpy|PIL|torch|time)\b(?!\.nn)/.test(value.path))
    );
  });
  machine.makers.set(fn.body, may);
  return may;
}
