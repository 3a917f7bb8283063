import { classAttribute } from './classes';
import { runFunction } from './functions';
import { external } from './imports';
import type { Machine } from './machine';
import { type ClassValue, isKind, isScalar, list, type SuperValue, unknown, type Value } from './values';

/** `object.name`. */
export function getAttribute(machine: Machine, object: Value, name: string): Value {
  const bound: Value = { kind: 'bound', self: object, method: name };
  if (isScalar(object)) return bound;
  switch (object.kind) {
    case 'unknown':
      return object.maybeModule ? object : unknown(object.reason, true);
    case 'choice':
      return unknown('it depends on a condition that is not known', true);
    case 'external':
      return external(`${object.path}.${name}`);
    case 'instance': {
      const own = object.attributes.get(name);
      if (own !== undefined) return own;
      const value = classAttribute(object.cls, name);
      return value === undefined ? bound : boundTo(machine, object, object.cls, value);
    }
    case 'class': {
      const value = classAttribute(object, name);
      if (name === '__name__') return object.name;
      if (value === undefined)
        return inherited(object, object, name) ?? unknown(`\`${object.name}.${name}\` is not known`);
      return isKind(value, 'function') && value.decoration === 'class'
        ? { kind: 'bound', self: object, method: value }
        : value;
    }
    case 'super':
      return throughSuper(machine, object, name);
    case 'layer':
      return object.args.get(name) ?? bound;
    case 'tensor':
      if (name !== 'shape') return bound;
      return object.shape === null
        ? unknown('the shape of a tensor is not known')
        : list(
            object.shape.map((size) => size ?? unknown('a dimension is not known')),
            'tuple',
          );
    case 'kerasModel':
      if (name === 'output') return object.outputs[0] ?? null;
      return name === 'outputs' ? list([...object.outputs]) : bound;
    default:
      return bound;
  }
}

function boundTo(machine: Machine, self: Value, cls: ClassValue, value: Value): Value {
  if (!isKind(value, 'function') || value.decoration === 'static') return value;
  if (value.decoration === 'property')
    return runFunction(machine, value, { positional: [self], named: new Map(), open: null });
  return { kind: 'bound', self: value.decoration === 'class' ? cls : self, method: value };
}

/** What the bases of the class have that the call stands in. */
function throughSuper(machine: Machine, { self, owner }: SuperValue, name: string): Value {
  for (const base of owner.bases) {
    if (!isKind(base, 'class')) continue;
    const value = classAttribute(base, name);
    if (value !== undefined) return boundTo(machine, self, base, value);
  }
  return inherited(owner, self, name) ?? { kind: 'bound', self, method: name };
}

/** A method that a class of the file has from a library. */
function inherited(cls: ClassValue, self: Value, name: string): Value | null {
  for (const base of cls.bases) {
    if (isKind(base, 'external')) return { kind: 'bound', self, method: `${base.path}.${name}` };
    const further = isKind(base, 'class') ? inherited(base, self, name) : null;
    if (further) return further;
  }
  return null;
}

/** `object.name = value`. */
export function setAttribute(machine: Machine, object: Value, name: string, value: Value): void {
  if (isKind(object, 'instance') || isKind(object, 'class')) machine.set(object.attributes, name, value);
  // `head.weight = embedding.weight`: the layer no longer has a weight of its own.
  else if (isKind(object, 'layer')) object.replaced.add(name);
}
