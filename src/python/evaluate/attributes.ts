import { frameworkOfModule, weightsOf } from '../layers';
import { classAttribute, lineage } from './classes';
import { put, removeKey } from './containers';
import { runFunction } from './functions';
import { external } from './imports';
import type { Machine } from './machine';
import { touch, touchWithin } from './touch';
import {
  type ClassValue,
  isKind,
  isModule,
  isScalar,
  type Layer,
  list,
  type SuperValue,
  unknown,
  type Value,
  type Weight,
} from './values';

/** `object.name`. */
export function getAttribute(machine: Machine, object: Value, name: string): Value {
  const bound: Value = { kind: 'bound', self: object, method: name };
  // A number or text that is asked for its value is a member of an enumeration.
  if (isScalar(object)) return name === 'value' && object !== null ? object : bound;
  switch (object.kind) {
    case 'unknown':
      return unknown(object.reason, object.maybeModule, object.within);
    case 'choice':
      return unknown('it depends on a condition that is not known', true, object);
    case 'external': {
      const found = external(`${object.path}.${name}`);
      return (isKind(found, 'external') ? machine.patched.get(found.path) : undefined) ?? found;
    }
    case 'instance': {
      if (name === '__class__') return object.cls;
      if (name === '__dict__') return { kind: 'dict', entries: object.attributes as never, open: false };
      // Only part of what it holds is there.
      if (/^_(modules|parameters|buffers)$/.test(name))
        return { kind: 'dict', entries: object.attributes as never, open: true };
      const own = object.attributes.get(name);
      const value = own ?? classAttribute(object.cls, name);
      if (
        object.touched !== null &&
        (value === undefined || (!isKind(value, 'function') && !isModule(value)))
      )
        return unknown(object.touched);
      if (own !== undefined) return own;
      return value === undefined ? bound : boundTo(machine, object, object.cls, value);
    }
    case 'class': {
      const value = classAttribute(object, name);
      if (name === '__name__') return object.name;
      if (value === undefined)
        return inherited(lineage(object), object, name) ?? unknown(`\`${object.name}.${name}\` is not known`);
      return isKind(value, 'function') && value.decoration === 'class'
        ? { kind: 'bound', self: object, method: value }
        : value;
    }
    case 'super':
      return throughSuper(machine, object, name);
    case 'layer': {
      const value = ofLayer(object, name);
      return value === undefined ? bound : value;
    }
    case 'weight':
      return name === 'data' ? { kind: 'tensor', shape: object.shape, by: null, from: [] } : bound;
    case 'tensor':
      if (name !== 'shape') return bound;
      return object.shape === null
        ? unknown('the shape of a tensor is not known', false)
        : list(
            object.shape.map((size) => size ?? unknown('a dimension is not known', false)),
            'tuple',
          );
    case 'container':
      return object.items.find(([key]) => key === name && !/^\d+$/.test(key))?.[1] ?? bound;
    case 'kerasModel':
      if (name === 'output') return object.outputs[0] ?? null;
      if (name === 'input') return object.inputs[0] ?? null;
      if (name === 'inputs') return list([...object.inputs]);
      return name === 'outputs' ? list([...object.outputs]) : bound;
    default:
      return bound;
  }
}

/** What was set on a layer, one of its weights, or an argument that it was made with. */
function ofLayer(layer: Layer, name: string): Value | undefined {
  const set = layer.attributes.get(name);
  if (set !== undefined) return set;
  const made = weightsOf(layer);
  const spec = made?.find(({ role }) => role === name);
  if (spec) return ownWeight(layer, spec);
  if (name === 'bias' || name === 'weight')
    return made ? null : unknown(`whether there is a \`${name}\` is not known`);
  return layer.args.get(name);
}

function ownWeight(
  layer: Layer,
  {
    role,
    shape,
    trainable = true,
  }: { role: string; shape: readonly (number | string)[]; trainable?: boolean },
): Weight {
  const known = layer.own.get(role);
  if (known) return known;
  const weight: Weight = {
    kind: 'weight',
    framework: layer.framework,
    layer: trainable ? 'Parameter' : 'Buffer',
    shape: shape.map((size) => (typeof size === 'number' ? size : null)),
    site: layer.site,
    trainable,
    of: { layer, role },
    touched: null,
    order: layer.order,
    uncertain: layer.uncertain,
  };
  layer.own.set(role, weight);
  return weight;
}

function boundTo(machine: Machine, self: Value, cls: ClassValue, value: Value): Value {
  if (!isKind(value, 'function') || value.decoration === 'static') return value;
  if (value.decoration === 'property')
    return runFunction(machine, value, { positional: [self], named: new Map(), open: null });
  return { kind: 'bound', self: value.decoration === 'class' ? cls : self, method: value };
}

/** What the bases of the class have that the call stands in. */
function throughSuper(machine: Machine, { self, owner }: SuperValue, name: string): Value {
  const all = isKind(self, 'instance') ? lineage(self.cls) : lineage(owner);
  const rest = all.slice(Math.max(0, all.indexOf(owner)));
  for (const base of rest.slice(1)) {
    const value = base.attributes.get(name);
    if (value !== undefined) return boundTo(machine, self, base, value);
  }
  return inherited(rest, self, name) ?? { kind: 'bound', self, method: name };
}

/** A method that a class of the file has from a library. */
function inherited(classes: readonly ClassValue[], self: Value, name: string): Value | null {
  const paths = classes.flatMap(({ bases }) =>
    bases.flatMap((one) => (isKind(one, 'external') ? [one.path] : [])),
  );
  // A layer that is derived from has more to say than an abstract class.
  const path = paths.find((one) => frameworkOfModule(one) !== null) ?? paths[0];
  return path === undefined ? null : { kind: 'bound', self, method: `${path}.${name}` };
}

/** `object.name = value`. */
export function setAttribute(machine: Machine, object: Value, name: string, value: Value): void {
  if (isScalar(object)) return;
  const reason = `\`${name}\` is set on something that is not followed`;
  const matters = isModule(value) || (isKind(value, 'unknown') && value.maybeModule);
  switch (object.kind) {
    case 'instance':
      machine.set(object.attributes, name, value);
      // A property may do anything with what it is given.
      if (isKind(classAttribute(object.cls, name), 'function'))
        object.touched ??= `\`${name}\` is set by a method`;
      return;
    case 'external': {
      const place = external(`${object.path}.${name}`);
      if (isKind(place, 'external')) machine.set(machine.patched, place.path, value);
      return;
    }
    case 'class':
      machine.set(object.attributes, name, value);
      return;
    case 'layer':
      machine.set(object.attributes, name, value);
      return;
    case 'container':
      if (matters || object.items.some(([key]) => key === name)) put(machine, object, name, value);
      return;
    case 'weight': {
      if (name !== 'data') return;
      const { shape } = isKind(value, 'tensor') || isKind(value, 'weight') ? value : { shape: null };
      if (shape !== null && String(shape) === String(object.shape)) return;
      const into = object.of?.layer ?? object;
      into.touched ??=
        'the numbers of its weights are set to others, of which nobody knows how many there are';
      return;
    }
    case 'bound':
      // Something within a layer, such as the projections of an attention.
      if (isKind(object.self, 'layer') && (matters || value === null)) object.self.touched ??= reason;
      return;
    case 'choice':
      for (const one of object.options) if (matters || value === null) touch(machine, one, reason);
      return;
    case 'unknown':
      if (matters || value === null) touchWithin(machine, object, reason);
      return;
    default:
  }
}

/** `del object.name`. */
export function deleteAttribute(machine: Machine, object: Value, name: string): void {
  if (isKind(object, 'instance') || isKind(object, 'class')) machine.delete(object.attributes, name);
  else if (isKind(object, 'layer')) machine.set(object.attributes, name, null);
  else if (isKind(object, 'container')) removeKey(machine, object, name);
  else if (isKind(object, 'unknown'))
    touchWithin(machine, object, `\`${name}\` is taken from something that is not followed`);
}
