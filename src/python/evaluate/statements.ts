import { LOOP_TURNS } from '../limits';
import type { Expression, StatementNode } from '../syntax/ast';
import { assign } from './assign';
import { forgetChanged } from './changes';
import { frameworkOf } from './classes';
import { extendContainer } from './containers';
import { remove } from './delete';
import { extend, shorten } from './expressions';
import { makeFunction } from './functions';
import { importFrom, importModule } from './imports';
import { itemsOf, unknownItem } from './iterate';
import { NO_CHANGES } from './journal';
import type { Machine } from './machine';
import { homeOf } from './names';
import { binary } from './operators';
import { makeMembers, recordOf } from './records';
import { truthOf } from './truth';
import { type ClassValue, isCertain, isKind, reasonOf, type Scope, unknown, type Value } from './values';

/**
 * How a statement ends. With `maybe` nobody knows whether it went on: it may have left the turn of a loop, the loop,
 * or the function.
 */
export type Flow = 'next' | Doubt | 'break' | 'continue' | 'return' | 'raise';

type Doubt = 'maybe continue' | 'maybe break' | 'maybe return';

/** From the one that leaves least. */
const DOUBTS: readonly Flow[] = ['next', 'maybe continue', 'maybe break', 'maybe return'];

/** What holds after all of these may have happened. */
export function eitherOf(flows: readonly Flow[]): Flow {
  const doubts = flows.map((flow) =>
    flow === 'continue' || flow === 'break' ? 2 - Number(flow === 'continue') : DOUBTS.indexOf(flow),
  );
  return DOUBTS[Math.max(...doubts.map((one) => (one < 0 ? DOUBTS.length - 1 : one)))] ?? 'next';
}

/** Whether what follows runs, as far as anybody knows. */
export function goesOn(flow: Flow): boolean {
  return DOUBTS.includes(flow);
}

export function execute(machine: Machine, node: StatementNode, scope: Scope): Flow {
  switch (node.type) {
    case 'expression':
      machine.evaluate(node.value, scope);
      return 'next';
    case 'assign': {
      const value = machine.evaluate(node.value, scope);
      for (const target of node.targets) assign(machine, target, value, scope);
      noteVariable(machine, node, value, scope);
      return 'next';
    }
    case 'delete':
      for (const target of node.targets) remove(machine, target, scope);
      return 'next';
    case 'declare':
      return 'next';
    case 'augment':
      augment(machine, node.target, node.operator, machine.evaluate(node.value, scope), scope);
      return 'next';
    case 'return': {
      const value = node.value ? machine.evaluate(node.value, scope) : null;
      machine.frames.at(-1)?.returned.push(value);
      return 'return';
    }
    case 'if':
      return executeIf(machine, node, scope);
    case 'for':
      return executeFor(machine, node, scope);
    case 'while':
      return executeWhile(machine, node, scope);
    case 'with':
      for (const { value, target } of node.items) {
        const held = machine.evaluate(value, scope);
        if (target) assign(machine, target, held, scope);
      }
      return machine.run(node.body, scope);
    case 'try': {
      const after = executeTry(machine, node, scope);
      const last = machine.run(node.last, scope);
      return last !== 'next' ? last : after === 'raise' ? 'maybe return' : after;
    }
    case 'function':
      machine.set(homeOf(machine, scope, node.name), node.name, makeFunction(machine, node, scope, null));
      return 'next';
    case 'class':
      defineClass(machine, node, scope);
      return 'next';
    case 'import':
      importModule(machine, node.names, scope);
      return 'next';
    case 'importFrom':
      importFrom(machine, node.module, node.names, scope);
      return 'next';
    case 'global':
      for (const name of node.names) scope.outer.add(name);
      return 'next';
    case 'jump':
      return node.jump === 'pass' ? 'next' : node.jump;
  }
}

/** Nothing is known to raise, so handlers are not run; but whether a library is there differs between computers. */
function executeTry(machine: Machine, node: Extract<StatementNode, { type: 'try' }>, scope: Scope): Flow {
  const body = () => {
    const flow = machine.run(node.body, scope);
    return goesOn(flow) ? machine.run(node.otherwise, scope) : flow;
  };
  const mayFail = node.body.some(({ type }) => type === 'import' || type === 'importFrom');
  if (!mayFail || node.handlers.length === 0) return body();
  const runs = [body, ...node.handlers.map((handler) => () => machine.run(handler, scope))].map((run) =>
    machine.speculate(run),
  );
  const going = runs.filter(({ result }) => goesOn(result));
  machine.merge(
    going.map(({ changes }) => changes),
    'it depends on whether a library is there',
  );
  return going.length === 0 ? (runs[0]?.result ?? 'next') : eitherOf(runs.map(({ result }) => result));
}

function augment(machine: Machine, target: Expression, operator: string, value: Value, scope: Scope): void {
  const old = machine.evaluate(target, scope);
  // `+=` changes a list in place.
  if (operator === '+' && isKind(old, 'sequence') && old.of === 'list') extend(machine, old, value);
  else if (operator === '+' && isKind(old, 'container')) extendContainer(machine, old, value);
  else assign(machine, target, binary(operator, old, value), scope);
}

function executeIf(machine: Machine, node: Extract<StatementNode, { type: 'if' }>, scope: Scope): Flow {
  const possible: (readonly StatementNode[])[] = [];
  let reason: string | null = null;
  let decided = false;
  for (const { test, body } of node.branches) {
    const value = machine.evaluate(test, scope);
    const truth = truthOf(value);
    if (truth === false) continue;
    if (!endsInRaise(body) || truth === true) possible.push(body);
    decided = truth === true;
    if (decided) break;
    reason ??= `it depends on \`${shorten(describe(test))}\`, which is not known: ${reasonOf(value) ?? 'its value is not followed'}`;
  }
  if (!decided && !endsInRaise(node.otherwise)) possible.push(node.otherwise);
  const [only, ...others] = possible;
  if (only === undefined) return 'raise';
  if (others.length === 0) return machine.run(only, scope);
  const runs = possible.map((body) => machine.speculate(() => machine.run(body, scope)));
  const going = runs.filter(({ result }) => goesOn(result));
  machine.merge(
    going.map((run) => run.changes),
    reason ?? CONDITION,
  );
  if (going.length > 0) return eitherOf(runs.map(({ result }) => result));
  return runs.find(({ result }) => result !== 'raise')?.result ?? 'raise';
}

const CONDITION = 'it depends on a condition that is not known';

/** A check of arguments: what follows takes it as passed. */
function endsInRaise(body: readonly StatementNode[]): boolean {
  const last = body.at(-1);
  return last?.type === 'jump' && last.jump === 'raise';
}

/** A condition in a sentence. */
function describe(test: Expression): string {
  switch (test.type) {
    case 'name':
      return test.name;
    case 'attribute':
      return `${describe(test.object)}.${test.name}`;
    case 'unary':
      return `${test.operator} ${describe(test.operand)}`;
    case 'compare':
      return test.operands
        .map((one, at) => `${at > 0 ? ` ${test.operators[at - 1]} ` : ''}${describe(one)}`)
        .join('');
    case 'constant':
      return String(test.value);
    case 'call':
      return `${describe(test.callee)}(…)`;
    default:
      return '…';
  }
}

function executeFor(machine: Machine, node: Extract<StatementNode, { type: 'for' }>, scope: Scope): Flow {
  const iterable = machine.evaluate(node.iterable, scope);
  const over = itemsOf(iterable);
  const certain = over?.certain ?? 0;
  let doubts = 0;
  let flow: Flow = 'next';
  /** Whether a turn may have left the function. */
  let left: Flow = 'next';
  // A list that the loop itself adds to is met as it was.
  for (const [at, item] of (over?.items.slice(0, LOOP_TURNS) ?? []).entries()) {
    if (machine.exhausted) break;
    const turn = () => {
      assign(machine, node.target, item, scope);
      return machine.run(node.body, scope);
    };
    flow = doubts === 0 && at < certain ? turn() : machine.maybe(turn, CONDITION);
    if (doubts > 0 || at >= certain) flow = eitherOf([flow]);
    if (flow === 'maybe return') left = flow;
    if (flow === 'break' || flow === 'return' || flow === 'raise') break;
    if (flow === 'maybe break' || flow === 'maybe return') doubts++;
  }
  if (over === null || !isCertain(over)) {
    const reason = `it depends on how often a loop runs: ${reasonOf(iterable) ?? 'that is not known'}`;
    return unknownTurns(machine, node.body, scope, reason, () =>
      assign(machine, node.target, unknownItem(iterable), scope),
    );
  }
  if (flow === 'return' || flow === 'raise') return flow;
  if (flow !== 'break' && node.otherwise.length > 0)
    return doubts > 0
      ? eitherOf([left, machine.maybe(() => machine.run(node.otherwise, scope), CONDITION)])
      : machine.run(node.otherwise, scope);
  return left;
}

function executeWhile(machine: Machine, node: Extract<StatementNode, { type: 'while' }>, scope: Scope): Flow {
  for (let turn = 0; turn < LOOP_TURNS && !machine.exhausted; turn++) {
    const truth = truthOf(machine.evaluate(node.test, scope));
    if (truth === false) return 'next';
    if (truth === null) break;
    const flow = machine.run(node.body, scope);
    if (flow === 'return' || flow === 'raise') return flow;
    if (flow === 'break') return 'next';
    if (flow === 'maybe break' || flow === 'maybe return') break;
  }
  return unknownTurns(
    machine,
    node.body,
    scope,
    'it depends on how often a loop runs, which is not known',
    () => {},
  );
}

/** One turn that stands for all, when nobody knows how many there are: with what is the same in each. */
function unknownTurns(
  machine: Machine,
  body: readonly StatementNode[],
  scope: Scope,
  reason: string,
  begin: () => void,
): Flow {
  forgetChanged(machine, body, scope, reason);
  const before = machine.layers.length;
  const { result, changes } = machine.speculate(() => {
    begin();
    return machine.run(body, scope);
  });
  machine.merge([changes, NO_CHANGES], reason, true);
  // Nobody knows how many names were counted.
  if (machine.layers.slice(before).some((one) => one.kind === 'layer' && one.framework === 'keras'))
    machine.kerasNames = null;
  return result === 'return' || result === 'maybe return' ? 'maybe return' : 'next';
}

function defineClass(machine: Machine, node: Extract<StatementNode, { type: 'class' }>, scope: Scope): void {
  const bases = node.bases
    .filter((base) => base.name === null && base.star === '')
    .map((base) => machine.evaluate(base.value, scope));
  const attributes = new Map<string, Value>();
  const cls: ClassValue = {
    kind: 'class',
    name: node.name,
    bases,
    attributes,
    definition: node,
    record: null,
  };
  const decorators = node.decorators.map((one) => machine.evaluate(one, scope));
  machine.classes.push(cls);
  machine.set(homeOf(machine, scope, node.name), node.name, cls);
  // Names of the body are seen from the body alone; methods look for theirs around the class.
  const inside: Scope = { names: attributes, parent: scope, outer: new Set() };
  for (const one of node.body) {
    if (one.type === 'function')
      machine.set(attributes, one.name, makeFunction(machine, one, scope, cls, inside));
    else machine.execute(one, inside);
  }
  cls.record = recordOf(machine, cls, node, decorators, inside);
  makeMembers(machine, cls);
  const unlike = decorators.map(reasonOf).find((reason) => reason !== null);
  if (unlike && cls.record === null && frameworkOf(cls) === null) cls.bases.push(unknown(unlike));
}

/** The first variable at the top level that holds an object names it. */
function noteVariable(
  machine: Machine,
  node: Extract<StatementNode, { type: 'assign' }>,
  value: Value,
  scope: Scope,
): void {
  const target = node.targets[0];
  if (scope !== machine.globals || target?.type !== 'name') return;
  if (!isKind(value, 'container') && !isKind(value, 'instance') && !isKind(value, 'kerasModel')) return;
  if (!machine.variables.has(value)) machine.variables.set(value, { name: target.name, site: node.site });
}
