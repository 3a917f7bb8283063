import { MODULE_DEPTH } from '../limits';
import { doubtEntries, doubtItems } from './items';
import type { Machine } from './machine';
import { isKind, isModule, isScalar, type Unknown, type Value } from './values';

/** Functions that by their names change no more than the numbers in weights, or nothing. */
const HARMLESS = /(^|_)(init|freeze|print|log|warn|summary|count|seed)|_$/i;

/**
 * Code that is not followed was given these values.
 * @param name of the function, as far as it has one
 * @param reason why it is not followed
 */
export function handOut(machine: Machine, values: Iterable<Value>, name: string, reason: string): void {
  if (HARMLESS.test(name.slice(name.lastIndexOf('.') + 1))) return;
  for (const value of values) touch(machine, value, `it is given to code that may change it: ${reason}`);
}

/**
 * What is not followed may have changed a value: it is not known any more. Modules that were finished before are what
 * they were made as, whatever a program does with them later.
 */
export function touch(
  machine: Machine,
  value: Value,
  reason: string,
  seen = new Set<Value>(),
  depth = 0,
): void {
  if (isScalar(value) || seen.has(value) || depth > MODULE_DEPTH) return;
  seen.add(value);
  machine.charge(1);
  const deeper = (one: Value) => touch(machine, one, reason, seen, depth + 1);
  switch (value.kind) {
    case 'layer':
    case 'kerasModel':
      if (isBeingMade(machine, value)) value.touched ??= reason;
      return;
    case 'container':
      if (!isBeingMade(machine, value)) return;
      value.touched ??= reason;
      for (const [, item] of value.items) deeper(item);
      return;
    case 'instance':
      if (value.cls.record?.style === 'tuple') return;
      if (value.framework !== null && !isBeingMade(machine, value)) return;
      value.touched ??= reason;
      for (const item of [value.base, ...value.attributes.values()]) if (isModule(item)) deeper(item);
      return;
    case 'choice':
      for (const option of value.options) deeper(option);
      return;
    case 'sequence':
      if (value.of !== 'tuple') doubtItems(machine, value);
      for (const item of value.items) deeper(item);
      return;
    case 'unknown':
      deeper(value.within);
      return;
    case 'bound':
      deeper(value.self);
      return;
    case 'dict':
      for (const item of [...value.entries.values()]) deeper(item);
      doubtEntries(machine, value);
      return;
    default:
  }
}

/** A module that the program is still making in a method: it, or part of it. */
function isBeingMade(machine: Machine, value: Extract<Value, { order: number }>): boolean {
  return machine.frames.some(
    ({ fn, self, start }) => fn.owner !== null && (self === value || value.order >= start),
  );
}

/** Something that is not known was changed: whatever it is part of. */
export function touchWithin(machine: Machine, { within }: Unknown, reason: string): void {
  touch(machine, within, reason);
}

/** Something was changed of which nobody knows what it is: it may be part of any module that is being made. */
export function touchMakers(machine: Machine, reason: string): void {
  for (const { self } of machine.frames) if (isKind(self, 'instance')) self.touched ??= reason;
}
