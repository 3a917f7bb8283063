import type { Machine } from './machine';
import { isKind, isScalar, type Layer, type Value, type Weight } from './values';

/** `copy.deepcopy(value)`: modules are made anew, as often as they are copied; what is shared within stays shared. */
export function deepCopy(machine: Machine, value: Value): Value {
  return new Copy(machine).of(value, 0);
}

/** `copy.copy(value)`: lists and configurations are made anew; a module's copy has the same weights. */
export function shallowCopy(value: Value): Value {
  if (isKind(value, 'sequence')) return { ...value, items: [...value.items] };
  if (isKind(value, 'dict')) return { ...value, entries: new Map(value.entries) };
  if (isKind(value, 'instance') && value.framework === null)
    return { ...value, attributes: new Map(value.attributes) };
  return value;
}

class Copy {
  private readonly made = new Map<Value, Value>();

  constructor(private readonly machine: Machine) {}

  of(value: Value, depth: number): Value {
    const { machine } = this;
    machine.charge(1);
    if (isScalar(value) || depth > MAX_DEPTH || machine.full || machine.exhausted) return value;
    const known = this.made.get(value);
    if (known !== undefined) return known;
    const copy = this.copied(value);
    if (copy === null) return value;
    this.made.set(value, copy);
    const deeper = (one: Value) => this.of(one, depth + 1);
    const all = <K>(map: Map<K, Value>) => {
      for (const [key, one] of map) map.set(key, deeper(one));
    };
    switch (copy.kind) {
      case 'layer':
        machine.layers.push(copy);
        all(copy.attributes);
        all(copy.own as Map<string, Value>);
        break;
      case 'weight':
        if (copy.of === null) machine.layers.push(copy);
        break;
      case 'sequence':
        copy.items = copy.items.map(deeper);
        break;
      case 'dict':
        all(copy.entries);
        break;
      case 'container':
        copy.items = copy.items.map(([key, one]): [string, Value] => [key, deeper(one)]);
        machine.noteCopy(copy, value as typeof copy);
        break;
      case 'instance': {
        const base = copy.base === null ? null : deeper(copy.base);
        copy.base = isKind(base, 'layer') || isKind(base, 'container') ? base : null;
        all(copy.attributes);
        machine.noteCopy(copy, value as typeof copy);
        break;
      }
      default:
    }
    return copy;
  }

  /** With what the original holds; null for what is not copied. */
  private copied(value: Exclude<Value, number | string | boolean | null>): typeof value | null {
    const order = { order: this.machine.nextOrder() };
    switch (value.kind) {
      case 'layer':
        return { ...value, ...order, attributes: new Map(value.attributes), own: new Map(value.own) };
      case 'weight':
        return { ...value, ...order, of: this.owner(value) };
      case 'instance':
        return { ...value, ...order, attributes: new Map(value.attributes) };
      case 'container':
        return { ...value, ...order };
      case 'sequence':
        return { ...value };
      case 'dict':
        return { ...value, entries: new Map(value.entries) };
      case 'choice':
        return { ...value, options: value.options.map((one) => this.of(one, 1)) };
      default:
        return null;
    }
  }

  private owner({ of }: Weight): Weight['of'] {
    return of && { ...of, layer: this.of(of.layer, 0) as Layer };
  }
}

/** Modules within each other; only a value that holds itself gets there (CWE-674). */
const MAX_DEPTH = 50;
