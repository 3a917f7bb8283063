import { elementCount, type Shape } from '../model/dataType';
import { MAX_ELEMENTS, product, type Sequence, sum, UNKNOWN, type Value } from './value';

/** A sequence of which the items are known. */
export function sequenceOf(items: readonly Value[]): Value {
  if (items.length > MAX_ELEMENTS) return sequence(items.length, items.reduce(common));
  const each = items.length === 0 ? null : items.reduce(common);
  return { ...UNKNOWN, sequence: { length: items.length, items, each } };
}

/** A sequence of so many tensors alike; null = their number is not known. */
export function sequence(length: number | null, each: Value | null): Value {
  const items =
    length === null || each === null || length > MAX_ELEMENTS ? null : new Array<Value>(length).fill(each);
  return { ...UNKNOWN, sequence: { length, items, each } };
}

/** What two values have in common: one of them is given, and it is not known which. */
export function common(a: Value, b: Value): Value {
  if (a.sequence || b.sequence) {
    return a.sequence && b.sequence ? commonSequence(a.sequence, b.sequence) : UNKNOWN;
  }
  return { type: a.type === b.type ? a.type : null, shape: commonShape(a.shape, b.shape), elements: null };
}

function commonShape(a: Shape | null, b: Shape | null): Shape | null {
  if (a === null || b === null || a.length !== b.length) return null;
  return a.map((length, axis) => (length === b[axis] ? length : null));
}

function commonSequence(a: Sequence, b: Sequence): Value {
  if (a.items && b.items && a.length === b.length) {
    const others = b.items;
    return sequenceOf(a.items.map((item, n) => common(item, others[n] ?? UNKNOWN)));
  }
  const each = a.each === null || b.each === null ? (a.each ?? b.each) : common(a.each, b.each);
  return sequence(a.length === b.length ? a.length : null, each);
}

/** As much is known of both, their elements aside. */
export function sameValue(a: Value, b: Value): boolean {
  if (a.sequence || b.sequence) {
    if (!a.sequence || !b.sequence || a.sequence.length !== b.sequence.length) return false;
    const [one, other] = [a.sequence, b.sequence];
    if (one.each === null || other.each === null) return one.each === other.each;
    if (!one.items || !other.items) return one.items === other.items && sameValue(one.each, other.each);
    return one.items.every((item, n) => sameValue(item, other.items?.[n] ?? UNKNOWN));
  }
  return a.type === b.type && sameShape(a.shape, b.shape);
}

/** Whether two shapes say the same, unknown dimensions included. */
export function sameShape(a: Shape | null, b: Shape | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Elements of a tensor, or of all tensors of a sequence. */
export function countOf(value: Pick<Value, 'shape' | 'sequence'> | null | undefined): number | null {
  if (!value?.sequence) return elementCount(value?.shape ?? null);
  const { items, length, each } = value.sequence;
  return items ? sum(items.map(countOf)) : product([length, each ? countOf(each) : 0]);
}
