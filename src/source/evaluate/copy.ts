import type { Machine } from './machine';
import { isKind, isScalar, type Layer, type Value } from './values';

/** `copy.deepcopy(value)`: modules are made anew, as often as they are copied. */
export function copyOf(machine: Machine, value: Value, depth = 0): Value {
  machine.charge(1);
  if (isScalar(value) || depth > MAX_DEPTH || machine.full || machine.exhausted) return value;
  const deeper = (one: Value) => copyOf(machine, one, depth + 1);
  switch (value.kind) {
    case 'layer': {
      const copy: Layer = { ...value, order: machine.nextOrder(), replaced: new Set(value.replaced) };
      machine.layers.push(copy);
      return copy;
    }
    case 'weight': {
      const copy = { ...value, order: machine.nextOrder() };
      machine.layers.push(copy);
      return copy;
    }
    case 'sequence':
      return { ...value, items: value.items.map(deeper) };
    case 'dict':
      return { ...value, entries: new Map([...value.entries].map(([key, one]) => [key, deeper(one)])) };
    case 'container': {
      const items = value.items.map(([key, one]): [string, Value] => [key, deeper(one)]);
      const copy = { ...value, items, order: machine.nextOrder() };
      machine.noteCopy(copy, value);
      return copy;
    }
    case 'instance': {
      const base = value.base === null ? null : deeper(value.base);
      const attributes = new Map([...value.attributes].map(([name, one]) => [name, deeper(one)]));
      const isBase = isKind(base, 'layer') || isKind(base, 'container');
      const copy = { ...value, attributes, base: isBase ? base : null, order: machine.nextOrder() };
      machine.noteCopy(copy, value);
      return copy;
    }
    default:
      return value;
  }
}

/** Modules within each other; only a value that holds itself gets there. */
const MAX_DEPTH = 50;
