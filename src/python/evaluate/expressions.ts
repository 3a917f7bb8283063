import { LIST_ITEMS, STRING_LENGTH } from '../limits';
import type { ComprehensionClause, Expression } from '../syntax/ast';
import { assign } from './assign';
import { evaluateArguments, makeFunction } from './functions';
import { doubtEntries } from './items';
import { itemsOf, unknownItem } from './iterate';
import { mergeValues } from './journal';
import type { Machine } from './machine';
import { lookUp } from './names';
import { binary, compare, text, unary } from './operators';
import { subscript } from './subscripts';
import { truthOf } from './truth';
import {
  doubtful,
  isCertain,
  isKind,
  isScalar,
  list,
  reasonOf,
  type Scope,
  type Sequence,
  unknown,
  type Value,
} from './values';

/** Value of an expression. */
export function evaluate(machine: Machine, node: Expression, scope: Scope): Value {
  switch (node.type) {
    case 'constant':
      return node.value;
    case 'name':
      return lookUp(machine, scope, node.name);
    case 'format':
      return formatted(
        node.parts.map((part) => (typeof part === 'string' ? part : machine.evaluate(part, scope))),
      );
    case 'attribute':
      return machine.get(machine.evaluate(node.object, scope), node.name);
    case 'subscript':
      return subscript(machine, machine.evaluate(node.object, scope), machine.evaluate(node.index, scope));
    case 'slice': {
      const part = (one: Expression | null) => (one ? machine.evaluate(one, scope) : null);
      return { kind: 'slice', from: part(node.from), to: part(node.to), step: part(node.step) };
    }
    case 'call': {
      const callee = machine.evaluate(node.callee, scope);
      return machine.call(callee, evaluateArguments(machine, node.args, scope), node.site);
    }
    case 'sequence':
      return sequence(machine, node.items, node.of, scope);
    case 'star':
      return machine.evaluate(node.value, scope);
    case 'dict':
      return dictionary(machine, node.entries, scope);
    case 'comprehension':
      return comprehension(machine, node, scope);
    case 'conditional': {
      const test = machine.evaluate(node.test, scope);
      const truth = truthOf(test);
      if (truth !== null) return machine.evaluate(truth ? node.value : node.otherwise, scope);
      return either(machine, [node.value, node.otherwise], scope, reasonOf(test) ?? CONDITION);
    }
    case 'lambda':
      return makeFunction(machine, node, scope, null);
    case 'binary':
      return binary(node.operator, machine.evaluate(node.left, scope), machine.evaluate(node.right, scope));
    case 'unary':
      return unary(node.operator, machine.evaluate(node.operand, scope));
    case 'boolean': {
      const left = machine.evaluate(node.left, scope);
      const truth = truthOf(left);
      if (truth === null) {
        const right = machine.maybe(() => machine.evaluate(node.right, scope), CONDITION);
        return mergeValues([left, right], reasonOf(left) ?? CONDITION);
      }
      return truth === (node.operator === 'or') ? left : machine.evaluate(node.right, scope);
    }
    case 'compare':
      return comparison(machine, node.operators, node.operands, scope);
    case 'walrus': {
      const value = machine.evaluate(node.value, scope);
      machine.set(scope.names, node.name, value);
      return value;
    }
    case 'opaque':
      if (node.text === '...') return { kind: 'builtin', name: 'Ellipsis' };
      return unknown(`\`${shorten(node.text)}\` is not followed`, true);
  }
}

const CONDITION = 'it depends on a condition that is not known';

/** Code within a sentence. */
export function shorten(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

function either(machine: Machine, options: readonly Expression[], scope: Scope, reason: string): Value {
  const runs = options.map((one) => machine.speculate(() => machine.evaluate(one, scope)));
  machine.merge(
    runs.map((run) => run.changes),
    reason,
  );
  return mergeValues(
    runs.map((run) => run.result),
    reason,
  );
}

function formatted(parts: readonly Value[]): Value {
  let all = '';
  for (const part of parts) {
    const reason = reasonOf(part);
    if (reason !== null) return unknown(reason, false);
    all += text(part);
    if (all.length > STRING_LENGTH) return unknown('a text is too long', false);
  }
  return all;
}

function sequence(machine: Machine, nodes: readonly Expression[], of: Sequence['of'], scope: Scope): Value {
  const made = list([], of);
  for (const node of nodes) {
    const value = machine.evaluate(node, scope);
    if (node.type === 'star') extend(machine, made, value);
    else made.items.push(value);
    if (made.items.length > LIST_ITEMS) return unknown('a list is too long');
  }
  return made;
}

/** Adds all items of another value to a list. */
export function extend(machine: Machine, to: Sequence, value: Value): void {
  const more = itemsOf(value);
  machine.changing(to);
  if (more === null || !isCertain(more))
    to.certain = Math.min(to.certain, to.items.length + (more?.certain ?? 0));
  // A module that was not followed still counts as one, so that nobody calls the list complete.
  if (more) for (const item of more.items.slice(0, LIST_ITEMS - to.items.length)) to.items.push(item);
  else to.items.push(unknownItem(value));
}

function dictionary(
  machine: Machine,
  entries: readonly { readonly key: Expression | null; readonly value: Expression }[],
  scope: Scope,
): Value {
  const made = { kind: 'dict' as const, entries: new Map(), open: false };
  for (const entry of entries) {
    const value = machine.evaluate(entry.value, scope);
    if (entry.key === null) {
      // What is not known may stand in the place of any entry before it.
      if (!isKind(value, 'dict') || value.open) doubtEntries(machine, made);
      if (isKind(value, 'dict')) for (const [key, one] of value.entries) made.entries.set(key, one);
      continue;
    }
    const key = machine.evaluate(entry.key, scope);
    if (isScalar(key)) made.entries.set(key, value);
    else doubtEntries(machine, made);
  }
  return made;
}

function comparison(
  machine: Machine,
  operators: readonly string[],
  operands: readonly Expression[],
  scope: Scope,
): Value {
  let left: Value = operands[0] ? machine.evaluate(operands[0], scope) : null;
  let all: Value = true;
  for (const [index, operator] of operators.entries()) {
    const operand = operands[index + 1];
    const right = operand ? machine.evaluate(operand, scope) : null;
    const one = compare(operator, left, right);
    if (one === false) return false;
    if (one !== true) all = one;
    left = right;
  }
  return all;
}

function comprehension(
  machine: Machine,
  node: Extract<Expression, { type: 'comprehension' }>,
  outer: Scope,
): Value {
  const scope: Scope = { names: new Map(), parent: outer, outer: new Set() };
  const items: Value[] = [];
  const keys: Value[] = [];
  let certain = Number.POSITIVE_INFINITY;
  let doubts = 0;
  const element = () => {
    if (node.key) keys.push(machine.evaluate(node.key, scope));
    const item = machine.evaluate(node.element, scope);
    items.push(doubts > 0 ? doubtful(item) : item);
  };
  /** What may be left out or repeated makes the place of everything after it uncertain. */
  const doubt = (run: () => void) => {
    certain = Math.min(certain, items.length);
    doubts++;
    machine.maybe(run, CONDITION);
    doubts--;
  };
  const go = (clauses: readonly ComprehensionClause[]): void => {
    const [clause, ...rest] = clauses;
    if (clause === undefined) {
      element();
      return;
    }
    if (clause.type === 'if') {
      const truth = truthOf(machine.evaluate(clause.test, scope));
      if (truth === true) go(rest);
      else if (truth === null) doubt(() => go(rest));
      return;
    }
    const iterable = machine.evaluate(clause.iterable, scope);
    const over = itemsOf(iterable);
    for (const [at, item] of [...(over?.items ?? [])].entries()) {
      if (items.length >= LIST_ITEMS || machine.exhausted) {
        certain = Math.min(certain, items.length);
        return;
      }
      const turn = () => {
        assign(machine, clause.target, item, scope);
        go(rest);
      };
      if (at < (over?.certain ?? 0)) turn();
      else doubt(turn);
    }
    if (over !== null && isCertain(over)) return;
    doubt(() => {
      assign(machine, clause.target, unknownItem(iterable), scope);
      go(rest);
    });
  };
  go(node.clauses);
  if (node.of !== 'dict') return list(items, node.of === 'set' ? 'set' : 'list', certain);
  const entries = new Map(
    keys.flatMap((key, at) => (isScalar(key) ? [[key, items[at] ?? null] as const] : [])),
  );
  return { kind: 'dict', entries, open: Number.isFinite(certain) || !keys.every(isScalar) };
}
