import type { Expression } from '../python/ast';
import { itemsOf } from './iterate';
import type { Machine } from './machine';
import { homeOf } from './names';
import { isCertain, isKind, isScalar, list, reasonOf, type Scope, unknown, type Value } from './values';

/** `target = value`, with tuples taken apart. */
export function assign(machine: Machine, target: Expression, value: Value, scope: Scope): void {
  switch (target.type) {
    case 'name':
      machine.set(homeOf(machine, scope, target.name), target.name, value);
      return;
    case 'attribute':
      machine.setAttribute(machine.evaluate(target.object, scope), target.name, value);
      return;
    case 'subscript':
      setItem(machine, machine.evaluate(target.object, scope), machine.evaluate(target.index, scope), value);
      return;
    case 'sequence':
      takeApart(machine, target.items, value, scope);
      return;
    default:
  }
}

function takeApart(machine: Machine, targets: readonly Expression[], value: Value, scope: Scope): void {
  const found = itemsOf(value);
  const items = found && isCertain(found) ? found.items : null;
  const star = targets.findIndex((target) => target.type === 'star');
  const tooFew = items !== null && items.length < targets.length - (star < 0 ? 0 : 1);
  for (const [index, target] of targets.entries()) {
    let item: Value;
    if (items === null || tooFew) item = unknown(reasonOf(value) ?? 'what is taken apart is not known');
    else if (index === star) item = list(items.slice(star, items.length - (targets.length - 1 - star)));
    else item = items[star >= 0 && index > star ? items.length - (targets.length - index) : index] ?? null;
    assign(machine, target.type === 'star' ? target.value : target, item, scope);
  }
}

/** `object[index] = value`. */
function setItem(machine: Machine, object: Value, index: Value, value: Value): void {
  if (isKind(object, 'dict')) {
    if (isScalar(index)) object.entries.set(index, value);
    else object.open = true;
    if (machine.uncertain > 0) object.open = true;
  } else if (isKind(object, 'sequence')) {
    const at = typeof index === 'number' ? (index < 0 ? index + object.items.length : index) : null;
    if (at !== null && at in object.items) object.items[at] = value;
    if (at === null || machine.uncertain > 0) object.certain = Math.min(object.certain, at ?? 0);
  } else if (isKind(object, 'container')) {
    const at = typeof index === 'number' && index < 0 ? index + object.items.length : index;
    const entry = object.items.find(([key]) => key === String(at));
    if (entry) entry[1] = value;
    else if (typeof at === 'string') object.items.push([at, value]);
    else object.certain = 0;
  }
}
