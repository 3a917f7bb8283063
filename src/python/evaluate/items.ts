import type { Machine } from './machine';
import {
  type Container,
  type Dict,
  doubtful,
  isCertain,
  isModule,
  type Sequence,
  type Value,
} from './values';

/** Where an index leads in a list; null where that is not known. An index beyond the list is kept. */
export function indexIn(holder: Sequence | Container, index: number): number | null {
  if (index < 0) return isCertain(holder) ? index + holder.items.length : null;
  return index < holder.certain ? index : null;
}

/** Something in a list was changed, and nobody knows what: every item may be there or not. */
export function doubtItems(machine: Machine, holder: Sequence | Container): void {
  machine.changing(holder);
  holder.certain = 0;
  if (holder.kind === 'sequence') holder.items = holder.items.map(doubtful);
  else holder.items = holder.items.map(([key, item]): [string, Value] => [key, doubtful(item)]);
}

/** An entry of a dict was set or taken away, and nobody knows which. */
export function doubtEntries(machine: Machine, dict: Dict): void {
  const entries = dict.entries as Map<string, Value>;
  dict.open = true;
  for (const [key, value] of [...entries])
    if (isModule(value)) machine.set(entries, key, doubtful(value));
    else machine.delete(entries, key);
}

/** The place that `pop` takes: the last one where none is given. */
export function placeOf(self: Sequence | Container, given: Value | undefined): number | null {
  const at = given ?? -1;
  return typeof at === 'number' ? indexIn(self, at) : null;
}

/** Where `insert` puts something: a place beyond the ends is the end. */
export function placeFor(self: Sequence | Container, at: number): number | null {
  if (!isCertain(self)) return at >= 0 && at <= self.certain ? at : null;
  return Math.min(self.items.length, at < 0 ? Math.max(0, at + self.items.length) : at);
}
