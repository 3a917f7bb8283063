import type { Expression } from '../syntax/ast';
import { put } from './containers';
import { doubtEntries, doubtItems, indexIn } from './items';
import { certainItems, itemsOf, unknownItem } from './iterate';
import type { Machine } from './machine';
import { homeOf } from './names';
import { sliceBounds } from './subscripts';
import { touch } from './touch';
import {
  type Container,
  isCertain,
  isKind,
  isScalar,
  list,
  reasonOf,
  type Scope,
  type Sequence,
  type Slice,
  unknown,
  type Value,
} from './values';

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
    // Outputs of a model, of which nobody knows the shapes.
    if (isKind(value, 'tensor')) item = { kind: 'tensor', shape: null, by: null, from: [value] };
    else if (items === null || tooFew) item = unknown(reasonOf(value) ?? 'what is taken apart is not known');
    else if (index === star) item = list(items.slice(star, items.length - (targets.length - 1 - star)));
    else item = items[star >= 0 && index > star ? items.length - (targets.length - index) : index] ?? null;
    assign(machine, target.type === 'star' ? target.value : target, item, scope);
  }
}

/** `object[index] = value`. */
function setItem(machine: Machine, object: Value, index: Value, value: Value): void {
  if (isKind(object, 'instance') && object.base?.kind === 'container')
    setItem(machine, object.base, index, value);
  else if (isKind(object, 'dict')) {
    if (!isScalar(index)) doubtEntries(machine, object);
    else {
      if (machine.uncertain > 0 && !object.entries.has(index)) object.open = true;
      machine.set(object.entries as Map<string, Value>, index as string, value);
    }
  } else if (isKind(object, 'container') && typeof index === 'string') put(machine, object, index, value);
  else if (isKind(object, 'sequence') && isKind(index, 'slice')) setSlice(machine, object, index, value);
  else if (isKind(object, 'sequence') || isKind(object, 'container')) setAt(machine, object, index, value);
  else if (isKind(object, 'unknown') || isKind(object, 'bound') || isKind(object, 'choice'))
    touch(machine, object, 'something of it is replaced that is not followed');
}

function setAt(machine: Machine, object: Sequence | Container, index: Value, value: Value): void {
  machine.changing(object);
  const at = typeof index === 'number' ? indexIn(object, index) : null;
  if (at === null) {
    // It is somewhere among them.
    doubtItems(machine, object);
    if (isKind(object, 'sequence')) object.items.push(value);
    else object.items.push([String(object.items.length), value]);
  } else if (isKind(object, 'sequence')) {
    if (at in object.items) object.items[at] = value;
  } else {
    const entry = object.items[at];
    if (entry) object.items[at] = [entry[0], value];
  }
}

function setSlice(machine: Machine, object: Sequence, slice: Slice, value: Value): void {
  machine.changing(object);
  const places = isCertain(object) ? sliceBounds(slice, object.items.length) : null;
  const items = certainItems(value);
  if (places === null || items === null || (slice.step !== null && slice.step !== 1)) {
    doubtItems(machine, object);
    object.items.push(...(items ?? [unknownItem(value)]));
    return;
  }
  const from =
    places[0] ?? sliceBounds({ ...slice, to: null }, object.items.length)?.[0] ?? object.items.length;
  object.items = object.items.toSpliced(from, places.length, ...items);
}
