import { certainItems, itemsOf } from './iterate';
import type { Machine } from './machine';
import { isKind, isScalar, list, reasonOf, type Slice, unknown, type Value } from './values';

/** `object[index]`. */
export function subscript(machine: Machine, object: Value, index: Value): Value {
  // `List[int]` and the like stand where a type is meant.
  if (isKind(object, 'external') || isKind(object, 'builtin') || isKind(object, 'class')) return object;
  const reason = reasonOf(object) ?? reasonOf(index);
  if (reason !== null) return unknown(reason, isKind(object, 'unknown') && object.maybeModule);
  if (isKind(object, 'dict')) {
    const found = isScalar(index) ? object.entries.get(index) : undefined;
    return found === undefined ? unknown('the entry is not known', true) : found;
  }
  if (isKind(object, 'container')) return entryOf(machine, object, index);
  if (isKind(object, 'instance') && object.base?.kind === 'container')
    return subscript(machine, object.base, index);
  if (isKind(object, 'tensor')) return { kind: 'tensor', shape: null, by: null, from: [object] };
  if (isKind(index, 'slice')) return sliced(object, index);
  const items = itemsOf(object);
  if (items === null || typeof index !== 'number') return unknown('the element is not known', true);
  if (index < 0 ? items.certain !== Number.POSITIVE_INFINITY : index >= items.certain)
    return unknown('which element it is depends on what is not known', true);
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
    const entries = items.items.map((item, at): [string, Value] => [String(at), item]);
    return { ...object, items: entries, order: machine.nextOrder() };
  }
  const at = typeof index === 'number' ? (index < 0 ? index + object.items.length : index) : -1;
  if (at >= object.certain) return unknown('which element it is depends on what is not known', true);
  const entry = typeof index === 'string' ? object.items.find(([key]) => key === index) : object.items[at];
  return entry ? entry[1] : unknown('there is no such element');
}

function sliced(object: Value, slice: Slice): Value {
  const bounds = [slice.from, slice.to, slice.step];
  if (bounds.some((one) => one !== null && typeof one !== 'number'))
    return unknown('the part is not known', true);
  const step = typeof slice.step === 'number' ? slice.step : 1;
  if (typeof object === 'string') return sliceOf([...object], slice, step).join('');
  const items = certainItems(object);
  if (items === null) return unknown('the part is not known', true);
  return list(sliceOf(items, slice, step), isKind(object, 'sequence') ? object.of : 'list');
}

function sliceOf<T>(items: readonly T[], { from, to }: Slice, step: number): T[] {
  const bound = (value: Value, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  if (step === 1) return items.slice(bound(from, 0), bound(to, items.length));
  if (step === -1 && from === null && to === null) return items.toReversed();
  if (step < 1) return [];
  return items.slice(bound(from, 0), bound(to, items.length)).filter((_, at) => at % step === 0);
}
