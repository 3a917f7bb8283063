import { indexIn } from './items';
import { certainItems, itemsOf } from './iterate';
import type { Machine } from './machine';
import { isEnumeration } from './records';
import { taken } from './tensors';
import { isKind, isScalar, list, reasonOf, type Slice, unknown, type Value } from './values';

/** `object[index]`. */
export function subscript(machine: Machine, object: Value, index: Value): Value {
  // `List[int]` and the like stand where a type is meant.
  if (isKind(object, 'class') && isEnumeration(object) && typeof index === 'string')
    return object.attributes.get(index) ?? unknown('there is no such member');
  if (isKind(object, 'external') || isKind(object, 'builtin') || isKind(object, 'class')) return object;
  if (isKind(object, 'tensor')) return taken(object, index);
  const reason = reasonOf(object) ?? reasonOf(index);
  if (reason !== null) return unknown(reason, !isKind(object, 'unknown') || object.maybeModule, object);
  if (isKind(object, 'dict')) {
    const found = isScalar(index) ? object.entries.get(index) : undefined;
    return found === undefined ? unknown('the entry is not known', true, object) : found;
  }
  if (isKind(object, 'container')) return entryOf(machine, object, index);
  if (isKind(object, 'instance') && object.base?.kind === 'container')
    return subscript(machine, object.base, index);
  if (isKind(index, 'slice')) return sliced(object, index);
  const items = itemsOf(object);
  if (items === null || typeof index !== 'number') return unknown('the element is not known', true, object);
  if (index < 0 ? items.certain !== Number.POSITIVE_INFINITY : index >= items.certain)
    return unknown('which element it is depends on what is not known', true, object);
  return items.items[index < 0 ? index + items.items.length : index] ?? unknown('there is no such element');
}

function entryOf(machine: Machine, object: Extract<Value, { kind: 'container' }>, index: Value): Value {
  if (isKind(index, 'slice')) {
    const items = sliced(
      list(
        object.items.map(([, item]) => item),
        'list',
        object.certain,
      ),
      index,
    );
    if (!isKind(items, 'sequence')) return items;
    const bounds = object.type === 'Sequential' ? sliceBounds(index, object.items.length) : null;
    const entries = items.items.map((item, at): [string, Value] => [
      object.items[bounds?.[at] ?? at]?.[0] ?? String(at),
      item,
    ]);
    return {
      ...object,
      items: bounds ? entries : entries.map(([, item], at) => [String(at), item]),
      order: machine.nextOrder(),
    };
  }
  const at = typeof index === 'number' ? indexIn(object, index) : -1;
  if (at === null) return unknown('which element it is depends on what is not known', true, object);
  const entry = typeof index === 'string' ? object.items.find(([key]) => key === index) : object.items[at];
  return entry ? entry[1] : unknown('there is no such element');
}

function sliced(object: Value, slice: Slice): Value {
  const bounds = [slice.from, slice.to, slice.step];
  if (bounds.some((one) => one !== null && typeof one !== 'number'))
    return unknown('the part is not known', true, object);
  const items = typeof object === 'string' ? [...object] : certainItems(object);
  if (items === null) return unknown('the part is not known', true, object);
  const part = (sliceBounds(slice, items.length) ?? []).map((at) => items[at] ?? null);
  if (typeof object === 'string') return part.join('');
  return list(part, isKind(object, 'sequence') ? object.of : 'list');
}

/** Places that a slice of so many items takes, in its order; null where a bound is not a number. */
export function sliceBounds({ from, to, step }: Slice, length: number): number[] | null {
  const by = step ?? 1;
  if (typeof by !== 'number' || by === 0 || !Number.isInteger(by)) return null;
  const bound = (value: Value, otherwise: number, low: number, high: number): number | null => {
    if (value === null) return otherwise;
    if (typeof value !== 'number') return null;
    return Math.max(low, Math.min(high, value < 0 ? value + length : value));
  };
  const start = by > 0 ? bound(from, 0, 0, length) : bound(from, length - 1, -1, length - 1);
  const end = by > 0 ? bound(to, length, 0, length) : bound(to, -1, -1, length - 1);
  if (start === null || end === null) return null;
  const places: number[] = [];
  for (let at = start; by > 0 ? at < end : at > end; at += by) places.push(at);
  return places;
}
