import type { Argument, Expression, FunctionDefinition, Parameter } from '../syntax/ast';
import { itemsOf } from './iterate';
import { mergeValues } from './journal';
import type { Machine } from './machine';
import { mayMakeLayers } from './mentions';
import { isPlainType } from './types';
import {
  type CallArguments,
  type ClassValue,
  type FunctionValue,
  isCertain,
  isKind,
  isScalar,
  list,
  reasonOf,
  type Scope,
  unknown,
  type Value,
} from './values';

/** A call without arguments. */
export const NO_ARGUMENTS: CallArguments = { positional: [], named: new Map(), open: null };

export function evaluateArguments(machine: Machine, nodes: readonly Argument[], scope: Scope): CallArguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  let open: string | null = null;
  let certain = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const value = machine.evaluate(node.value, scope);
    if (node.star === '*') {
      const items = itemsOf(value);
      if (items === null || !isCertain(items))
        certain = Math.min(certain, positional.length + (items?.certain ?? 0));
      positional.push(...(items?.items ?? []));
      if (items === null || !isCertain(items)) open ??= reasonOf(value) ?? 'how many there are is not known';
    } else if (node.star === '**') {
      if (isKind(value, 'dict'))
        for (const [key, one] of value.entries) if (typeof key === 'string') named.set(key, one);
      if (!isKind(value, 'dict') || value.open) open ??= reasonOf(value) ?? 'which there are is not known';
    } else if (node.name !== null) named.set(node.name, value);
    else positional.push(value);
  }
  return { positional, named, open, certain };
}

/**
 * @param owner the class whose body defines it
 * @param around where its defaults are evaluated, if not where its body looks for names
 */
export function makeFunction(
  machine: Machine,
  node: FunctionDefinition | Extract<Expression, { type: 'lambda' }>,
  scope: Scope,
  owner: ClassValue | null,
  around: Scope = scope,
): FunctionValue {
  const defaults = new Map<string, Value>();
  for (const { name, default: value } of node.parameters)
    if (value) defaults.set(name, machine.evaluate(value, around));
  const { body, parameters } = node;
  if (node.type === 'lambda')
    return {
      kind: 'function',
      name: 'lambda',
      parameters,
      body,
      defaults,
      scope,
      owner,
      decoration: null,
      site: null,
    };
  const { name, site } = node;
  const decoration = decorationOf(node.decorators);
  return { kind: 'function', name, parameters, body, defaults, scope, owner, decoration, site };
}

function decorationOf(decorators: readonly Expression[]): FunctionValue['decoration'] {
  for (const one of decorators) {
    const name = one.type === 'name' ? one.name : one.type === 'attribute' ? one.name : '';
    if (name === 'staticmethod') return 'static';
    if (name === 'classmethod') return 'class';
    if (name === 'property' || name === 'cached_property') return 'property';
  }
  return null;
}

/** Runs a function of the file. */
export function runFunction(machine: Machine, fn: FunctionValue, args: CallArguments): Value {
  if (machine.tooDeep) return unknown('functions call each other too often to be followed', true);
  machine.ran.add(fn.body);
  const scope: Scope = { names: bind(machine, fn, args), parent: fn.scope, outer: new Set() };
  const first = fn.parameters[0];
  const frame = {
    fn,
    self: first ? scope.names.get(first.name) : undefined,
    returned: [] as Value[],
    start: machine.order,
  };
  machine.frames.push(frame);
  const { body } = fn;
  const result = machine.limited(
    () => (isExpression(body) ? machine.evaluate(body, scope) : runBody(machine, body, scope, frame)),
    mayMakeLayers(machine, fn),
  );
  machine.frames.pop();
  return result;
}

function runBody(
  machine: Machine,
  body: Exclude<FunctionValue['body'], Expression>,
  scope: Scope,
  frame: { readonly returned: Value[] },
): Value {
  const flow = machine.run(body, scope);
  if (flow === 'raise')
    return unknown(machine.exhausted ? TOO_LONG : 'it raises an error', machine.exhausted);
  // What follows a return that may have happened counts as well; without one, None is returned.
  if (flow !== 'return') frame.returned.push(null);
  return mergeValues(frame.returned, 'which value a function returns depends on what is not known');
}

const TOO_LONG = 'the file builds more than is followed';

function isExpression(body: FunctionValue['body']): body is Expression {
  return !Array.isArray(body);
}

/** Gives a function's parameters their values, as Python does. */
function bind(
  machine: Machine,
  fn: FunctionValue,
  { positional, named, open }: CallArguments,
): Map<string, Value> {
  const bound = new Map<string, Value>();
  const left = new Map(named);
  let at = 0;
  for (const parameter of fn.parameters) {
    const { name, star } = parameter;
    if (star === '*') {
      const rest = positional.slice(at);
      bound.set(name, list(rest, 'tuple', open === null ? undefined : rest.length));
      at = positional.length;
    } else if (star === '**') {
      bound.set(name, { kind: 'dict', entries: new Map(left), open: open !== null });
    } else if (!parameter.keywordOnly && at < positional.length) {
      bound.set(name, positional[at++] ?? null);
    } else if (left.has(name)) {
      bound.set(name, left.get(name) ?? null);
      left.delete(name);
    } else {
      const value = fn.defaults.get(name);
      if (open !== null) bound.set(name, unknown(open));
      else bound.set(name, value === undefined ? notGiven(fn, name) : value);
    }
    const given = bound.get(name);
    if (given !== undefined && isOpen(given) && isPlain(machine, fn, parameter))
      bound.set(name, unknown(reasonOf(given) ?? '', false));
  }
  return bound;
}

/** It is not known, and may be a module. */
function isOpen(value: Value): boolean {
  return isKind(value, 'unknown') ? value.maybeModule : isKind(value, 'external') && reasonOf(value) !== null;
}

/** Whether its type or its default says that a parameter is no module. */
function isPlain(
  machine: Machine,
  { defaults, scope }: FunctionValue,
  { name, annotation, star }: Parameter,
): boolean {
  if (star !== '') return false;
  const usual = defaults.get(name);
  if (usual !== undefined && usual !== null && isScalar(usual)) return true;
  return annotation !== null && isPlainType(machine, annotation, scope);
}

function notGiven(fn: FunctionValue, name: string): Value {
  const of = fn.name === '__init__' && fn.owner ? fn.owner.name : fn.name;
  return unknown(`\`${name}\` is an argument of \`${of}\` that nothing in this file gives`);
}
