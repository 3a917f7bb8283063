import { LOOP_TURNS } from '../limits';
import { isKind, isScalar, type Range, reasonOf, type Sequence, unknown, type Value } from './values';

/** What a loop over a value meets: the items, and how many of them are certain; null = not known. */
export function itemsOf(value: Value): Pick<Sequence, 'items' | 'certain'> | null {
  if (typeof value === 'string') return certainly([...value.slice(0, LOOP_TURNS)]);
  if (isScalar(value)) return null;
  switch (value.kind) {
    case 'sequence':
      return value;
    case 'range': {
      const length = rangeLength(value);
      const turns = Math.min(length, LOOP_TURNS);
      const items = Array.from({ length: turns }, (_, turn) => value.from + turn * value.step);
      return { items, certain: turns < length ? turns : Number.POSITIVE_INFINITY };
    }
    case 'dict':
      return { items: [...value.entries.keys()], certain: value.open ? 0 : Number.POSITIVE_INFINITY };
    case 'container': {
      const items = value.type.endsWith('Dict')
        ? value.items.map(([key]) => key)
        : value.items.map(([, item]) => item);
      return { items, certain: value.certain };
    }
    case 'instance':
      if (value.cls.record?.style === 'tuple')
        return certainly(value.cls.record.fields.map(({ name }) => value.attributes.get(name) ?? null));
      return value.base?.kind === 'container' ? itemsOf(value.base) : null;
    default:
      return null;
  }
}

/** What stands for every item of something of which nobody knows the items. */
export function unknownItem(of: Value): Value {
  return unknown(reasonOf(of) ?? 'what a loop runs over is not known', !isKind(of, 'range'), of);
}

export function rangeLength({ from, to, step }: Range): number {
  return Math.max(0, Math.ceil((to - from) / step));
}

function certainly(items: Value[]): Pick<Sequence, 'items' | 'certain'> {
  return { items, certain: Number.POSITIVE_INFINITY };
}

/** Like `itemsOf`, for what only uses values whose number is known. */
export function certainItems(value: Value): Value[] | null {
  const found = isKind(value, 'range') && rangeLength(value) > LOOP_TURNS ? null : itemsOf(value);
  return found?.certain === Number.POSITIVE_INFINITY ? found.items : null;
}
