import type { Expression } from '../syntax/ast';
import { deleteAttribute } from './attributes';
import { removeAt, removeKey } from './containers';
import { doubtEntries, indexIn } from './items';
import type { Machine } from './machine';
import { homeOf } from './names';
import { sliceBounds } from './subscripts';
import { touch } from './touch';
import { isKind, isScalar, type Scope, type Value } from './values';

/** `del target`. */
export function remove(machine: Machine, target: Expression, scope: Scope): void {
  switch (target.type) {
    case 'name':
      machine.delete(homeOf(machine, scope, target.name), target.name);
      return;
    case 'attribute':
      deleteAttribute(machine, machine.evaluate(target.object, scope), target.name);
      return;
    case 'subscript':
      removeItem(machine, machine.evaluate(target.object, scope), machine.evaluate(target.index, scope));
      return;
    case 'sequence':
      for (const item of target.items) remove(machine, item, scope);
      return;
    default:
  }
}

/** `del object[index]`. */
function removeItem(machine: Machine, object: Value, index: Value): void {
  if (isKind(object, 'instance') && object.base?.kind === 'container')
    removeItem(machine, object.base, index);
  else if (isKind(object, 'dict')) {
    if (isScalar(index)) machine.delete(object.entries as Map<string, Value>, index as string);
    else doubtEntries(machine, object);
  } else if (isKind(object, 'container') && typeof index === 'string') removeKey(machine, object, index);
  else if (isKind(object, 'container') || isKind(object, 'sequence')) {
    const bounds = isKind(index, 'slice') ? sliceBounds(index, object.items.length) : null;
    const at = typeof index === 'number' ? [indexIn(object, index)] : (bounds ?? [null]);
    // From the end, so that those before it keep their places.
    for (const one of at.toSorted((a, b) => (b ?? 0) - (a ?? 0))) removeAt(machine, object, one);
  } else if (isKind(object, 'unknown') || isKind(object, 'bound') || isKind(object, 'choice'))
    touch(machine, object, 'something is taken from it that is not followed');
}
