import type { Expression, StatementNode } from '../syntax/ast';
import type { Machine } from './machine';
import { homeOf } from './names';
import { isKind, isModule, type Scope, unknown } from './values';

/**
 * Makes unknown what a loop changes, before a turn is run that stands for all of them. Modules stay: a loop adds to
 * them, and their own state says what is certain of them.
 */
export function forgetChanged(
  machine: Machine,
  body: readonly StatementNode[],
  scope: Scope,
  reason: string,
): void {
  const targets = new Map<string, Expression>();
  for (const node of body) collect(node, targets);
  for (const target of targets.values()) {
    if (target.type === 'name') {
      const names = homeOf(machine, scope, target.name);
      const value = names.get(target.name);
      if (value !== undefined && !isModule(value) && !isKind(value, 'sequence') && !isKind(value, 'dict'))
        machine.set(names, target.name, unknown(reason));
    } else if (target.type === 'attribute') {
      const object = machine.evaluate(target.object, scope);
      if (!isKind(object, 'instance')) continue;
      const value = object.attributes.get(target.name);
      if (value !== undefined && !isModule(value) && !isKind(value, 'sequence') && !isKind(value, 'dict'))
        machine.set(object.attributes, target.name, unknown(reason));
    }
  }
}

function collect(node: StatementNode, into: Map<string, Expression>): void {
  const all = (nodes: readonly StatementNode[]) => {
    for (const one of nodes) collect(one, into);
  };
  switch (node.type) {
    case 'assign':
      for (const target of node.targets) collectTarget(target, into);
      break;
    case 'augment':
      collectTarget(node.target, into);
      break;
    case 'if':
      for (const branch of node.branches) all(branch.body);
      all(node.otherwise);
      break;
    case 'for':
      collectTarget(node.target, into);
      all(node.body);
      break;
    case 'while':
    case 'with':
      all(node.body);
      break;
    case 'try':
      all(node.body);
      all(node.last);
      break;
    default:
  }
}

function collectTarget(target: Expression, into: Map<string, Expression>): void {
  if (target.type === 'name') into.set(target.name, target);
  else if (target.type === 'attribute' && target.object.type === 'name')
    into.set(`${target.object.name}.${target.name}`, target);
  else if (target.type === 'sequence') for (const item of target.items) collectTarget(item, into);
  else if (target.type === 'star') collectTarget(target.value, into);
}
