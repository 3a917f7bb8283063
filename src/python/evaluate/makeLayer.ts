import { type LayerName, specOf } from '../layers';
import type { Site } from '../syntax/ast';
import type { Machine } from './machine';
import { type CallArguments, type Layer, unknown, type Value } from './values';

/** A layer's constructor: gives its arguments their names and the defaults of its signature. */
export function makeLayer(
  machine: Machine,
  { framework, layer }: LayerName,
  args: CallArguments,
  site: Site,
): Layer {
  const { signature } = specOf({ framework, layer });
  const bound = new Map<string, Value>();
  const given = new Set<string>();
  const rest = new Map(args.named);
  for (const [index, parameter] of signature.entries()) {
    const { name } = parameter;
    const positional = args.positional[index];
    const named = rest.get(name);
    rest.delete(name);
    if (positional !== undefined || named !== undefined) given.add(name);
    if (positional !== undefined) bound.set(name, positional);
    else if (named !== undefined) bound.set(name, named);
    else if (args.open !== null) bound.set(name, unknown(args.open));
    else if (parameter.required) bound.set(name, unknown(`\`${name}\` is not given`));
    else bound.set(name, parameter.default);
  }
  // Arguments that every layer of Keras takes, such as `name` and `input_shape`.
  for (const [name, value] of rest) {
    bound.set(name, value);
    given.add(name);
  }
  const made: Layer = {
    kind: 'layer',
    framework,
    layer,
    site,
    args: bound,
    given,
    order: machine.nextOrder(),
    uncertain: machine.uncertain > 0,
    name: framework === 'keras' ? nameOf(machine, layer, rest.get('name')) : null,
    attributes: new Map(),
    own: new Map(),
    touched: null,
    inputs: null,
  };
  if (!machine.full) machine.layers.push(made);
  return made;
}

/** A name that is given, or the one that Keras counts: `conv2d`, `conv2d_1`. null = not known. */
export function nameOf(machine: Machine, layer: string, given: Value | undefined): string | null {
  if (typeof given === 'string') return given;
  if (given !== undefined && given !== null) return null;
  const { kerasNames: names } = machine;
  if (machine.uncertain > 0) machine.kerasNames = null;
  if (names === null || machine.uncertain > 0) return null;
  const base = snakeCase(layer);
  const count = names.get(base) ?? 0;
  names.set(base, count + 1);
  return count === 0 ? base : `${base}_${count}`;
}

/** As Keras's `to_snake_case` does it. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
