import { kerasOutput } from '../layers';
import type { Site } from '../syntax/ast';
import { classAttribute } from './classes';
import { runFunction } from './functions';
import { certainItems } from './iterate';
import type { Machine } from './machine';
import { makeLayer, nameOf } from './makeLayer';
import { callOperation, tensorsIn } from './tensors';
import {
  type CallArguments,
  type Container,
  type Instance,
  isKind,
  isModule,
  type KerasModel,
  type Layer,
  list,
  reasonOf,
  type TensorShape,
  type TensorValue,
  unknown,
  type Value,
} from './values';

/** Functions of Keras that are no layers; null for any other. */
export function callKeras(machine: Machine, path: string, args: CallArguments, site: Site): Value | null {
  switch (path) {
    case 'keras.Input':
      return tensor(inputShape(args.named, args.positional[0]), null, []);
    case 'keras.Model': {
      const inputs = args.positional[0] ?? args.named.get('inputs') ?? null;
      const outputs = args.positional[1] ?? args.named.get('outputs') ?? null;
      const model: KerasModel = {
        kind: 'kerasModel',
        inputs: tensorsOf(inputs),
        outputs: tensorsOf(outputs),
        open: strangeOutput(outputs),
        touched: null,
        name: nameOf(machine, 'Functional', args.named.get('name') ?? args.positional[2]),
        order: machine.nextOrder(),
      };
      machine.note(model, site);
      return model;
    }
    default: {
      const [, joining] = /^keras\.layers\.(\w+)$/.exec(path) ?? [];
      const layer = joining === undefined ? undefined : JOINING.get(joining);
      return layer === undefined ? callOperation(path, args) : join(machine, layer, args, site);
    }
  }
}

/** Functions of `keras.layers` that make a layer and call it at once. */
const JOINING: ReadonlyMap<string, string> = new Map(
  ['Add', 'Average', 'Concatenate', 'Dot', 'Maximum', 'Minimum', 'Multiply', 'Subtract'].map((layer) => [
    layer.toLowerCase(),
    layer,
  ]),
);

function join(machine: Machine, layer: string, args: CallArguments, site: Site): Value {
  const [inputs = args.named.get('inputs') ?? null, ...positional] = args.positional;
  const named = new Map(args.named);
  named.delete('inputs');
  const made = makeLayer(
    machine,
    { framework: 'keras', layer },
    { positional, named, open: args.open },
    site,
  );
  return applyModule(machine, made, given(inputs));
}

function tensor(shape: TensorShape | null, by: Value, from: readonly TensorValue[]): TensorValue {
  return { kind: 'tensor', shape, by, from };
}

/** Shape that a model's input is declared with, batch included. */
function inputShape(named: ReadonlyMap<string, Value>, positional?: Value): TensorShape | null {
  const whole = named.get('batch_shape') ?? named.get('batch_input_shape');
  if (whole !== undefined) return shapeOf(whole);
  const width = named.get('input_dim');
  const rest = positional ?? named.get('shape') ?? named.get('input_shape');
  const shape = rest === undefined ? (typeof width === 'number' ? [width] : null) : shapeOf(rest);
  const batch = named.get('batch_size');
  return shape && [typeof batch === 'number' ? batch : null, ...shape];
}

/** A tuple of sizes; None and what is not known are null. */
export function shapeOf(value: Value): TensorShape | null {
  if (typeof value === 'number') return [value];
  const items = certainItems(value);
  return items?.map((item) => (typeof item === 'number' ? item : null)) ?? null;
}

/** The tensors in a value: one, or those of a list or dict. */
export function tensorsOf(value: Value): TensorValue[] {
  if (isKind(value, 'tensor')) return [value];
  if (isKind(value, 'sequence')) return value.items.filter((item) => isKind(item, 'tensor'));
  if (isKind(value, 'dict')) return [...value.entries.values()].filter((item) => isKind(item, 'tensor'));
  return [];
}

/** Why some of a model's outputs are not known; null where all are tensors. */
function strangeOutput(value: Value): string | null {
  const items = isKind(value, 'dict') ? [...value.entries.values()] : (certainItems(value) ?? [value]);
  const strange = items.find((one) => !isKind(one, 'tensor'));
  if (strange === undefined) return null;
  return reasonOf(strange) ?? 'an output of it is not followed';
}

/** What a layer or model gives for its input. */
export function applyModule(
  machine: Machine,
  module: Layer | Container | Instance | KerasModel,
  args: CallArguments,
): Value {
  const inputs = [...args.positional, ...args.named.values()].flatMap(tensorsOf);
  const framework = isKind(module, 'kerasModel') ? 'keras' : module.framework;
  if (framework !== 'keras')
    return inputs.length > 0
      ? tensor(null, module, inputs)
      : unknown('what a module gives for its input is not followed', false);
  // What is not known of its inputs stays part of what led to the output; settings such as `training` do not.
  const [first = args.named.get('inputs') ?? null] = args.positional;
  const from = [...inputs, ...tensorsIn(first).filter((one) => isKind(one.by, 'unknown'))];
  return machine.nested<Value>(
    () => {
      const results = severalOutputs(machine, module, inputs, args);
      if (results) return list(results.map((shape) => tensor(shape, module, from)));
      return tensor(outputShape(machine, module, inputs, args), module, from);
    },
    tensor(null, module, from),
  );
}

/** Shapes of what a module gives where that is more than one tensor; null where it is one. */
function severalOutputs(
  machine: Machine,
  module: Layer | Container | Instance | KerasModel,
  inputs: readonly TensorValue[],
  args: CallArguments,
): (TensorShape | null)[] | null {
  if (isKind(module, 'kerasModel'))
    return module.outputs.length > 1 ? module.outputs.map(({ shape }) => shape) : null;
  if (!isKind(module, 'layer')) return null;
  if (args.named.get('return_attention_scores') === true)
    return [outputShape(machine, module, inputs, args), null];
  const states = STATES.get(module.layer);
  if (states === undefined || module.args.get('return_state') !== true) return null;
  outputShape(machine, module, inputs, args);
  const units = module.args.get('units');
  const without = { ...module, args: new Map(module.args).set('return_state', false) };
  const shapes = inputs.map((one) => one.shape);
  const state = [shapes[0]?.[0] ?? null, typeof units === 'number' ? units : null];
  return [kerasOutput(without, shapes), ...Array.from({ length: states }, () => state)];
}

/** How many states recurrent layers give beside their output. */
const STATES: ReadonlyMap<string, number> = new Map([
  ['SimpleRNN', 1],
  ['GRU', 1],
  ['LSTM', 2],
]);

function outputShape(
  machine: Machine,
  module: Layer | Container | Instance | KerasModel,
  inputs: readonly TensorValue[],
  args: CallArguments,
): TensorShape | null {
  switch (module.kind) {
    case 'layer': {
      const shapes = inputs.map((one) => one.shape);
      // A layer is built for what it is called with first.
      if (module.inputs === null) countInner(machine, module);
      if (!module.inputs?.some((shape) => shape !== null)) module.inputs = shapes;
      hearInput(module, shapes);
      switch (module.layer) {
        case 'TimeDistributed':
          return applyAtEachStep(machine, module, shapes[0] ?? null);
        case 'RNN':
          return applyCells(module, shapes[0] ?? null);
        case 'Lambda': {
          const result = machine.call(module.args.get('function') ?? null, args, module.site);
          return isKind(result, 'tensor') ? result.shape : null;
        }
        default:
          return kerasOutput(module, shapes);
      }
    }
    case 'container':
      // One that declares its own input gives the same wherever it is called.
      return through(machine, module, inputs[0])?.shape ?? module.output?.shape ?? null;
    case 'instance':
      return applyInstance(machine, module, inputs, args);
    case 'kerasModel':
      return module.outputs.length === 1 ? (module.outputs[0]?.shape ?? null) : null;
  }
}

/** Attention makes layers of its own when it is built, which count like any others. */
function countInner(machine: Machine, { layer }: Layer): void {
  if (layer !== 'MultiHeadAttention' && layer !== 'GroupQueryAttention') return;
  nameOf(machine, 'Softmax', undefined);
  nameOf(machine, 'Dropout', undefined);
}

/** A layer that runs copies of another one tells what that one would be given. */
function hearInput(wrapper: Layer, shapes: readonly (TensorShape | null)[]): void {
  const inner = wrapper.args.get('layer');
  if (wrapper.layer === 'Bidirectional' && isKind(inner, 'layer')) inner.inputs ??= shapes;
}

/** A layer that runs another one at every time step. */
function applyAtEachStep(machine: Machine, wrapper: Layer, shape: TensorShape | null): TensorShape | null {
  const inner = wrapper.args.get('layer');
  if (inner === undefined || !canApply(inner)) return null;
  const step = shape?.filter((_, axis) => axis !== 1) ?? null;
  const result = applyModule(machine, inner, given(tensor(step, null, [])));
  const [batch = null, ...rest] = (isKind(result, 'tensor') ? result.shape : null) ?? [];
  return shape && rest.length > 0 ? [batch, shape[1] ?? null, ...rest] : null;
}

/** Cells that run one after the other at every time step. */
function applyCells({ args }: Layer, shape: TensorShape | null): TensorShape | null {
  const cell = args.get('cell') ?? null;
  const held =
    isKind(cell, 'layer') && cell.layer === 'StackedRNNCells' ? (cell.args.get('cells') ?? null) : cell;
  let at: TensorShape | null = shape && [shape[0] ?? null, shape.at(-1) ?? null];
  for (const one of certainItems(held) ?? [held]) {
    if (!isKind(one, 'layer')) return null;
    if (!one.inputs?.some((input) => input !== null)) one.inputs = [at];
    at = kerasOutput(one, [at]);
  }
  if (!at || !shape) return null;
  return args.get('return_sequences') === true ? [at[0] ?? null, shape[1] ?? null, at[1] ?? null] : at;
}

function applyInstance(
  machine: Machine,
  module: Instance,
  inputs: readonly TensorValue[],
  args: CallArguments,
): TensorShape | null {
  if (module.base) return outputShape(machine, module.base, inputs, args);
  const build = classAttribute(module.cls, 'build');
  if (isKind(build, 'function') && !module.built) {
    module.built = true;
    const shape = inputs[0]?.shape;
    const sizes: Value = shape
      ? list(shape.map(orUnknown), 'tuple')
      : unknown('the shape of its input is not known');
    runFunction(machine, build, { positional: [module, sizes], named: new Map(), open: null });
  }
  const method = classAttribute(module.cls, 'call');
  if (!isKind(method, 'function')) return null;
  const result = runFunction(machine, method, { ...args, positional: [module, ...args.positional] });
  return isKind(result, 'tensor') ? result.shape : null;
}

function orUnknown(size: number | null): Value {
  return size ?? unknown('a dimension is not known');
}

function given(value: Value): CallArguments {
  return { positional: [value], named: new Map(), open: null };
}

function canApply(value: Value): value is Layer | Container | Instance | KerasModel {
  return isModule(value) && value.kind !== 'weight' && value.kind !== 'choice';
}

/** Leads a tensor through a Sequential. */
function through(machine: Machine, container: Container, input: TensorValue | undefined): TensorValue | null {
  let at = input ?? null;
  for (const [, item] of container.items) {
    if (at === null) return null;
    if (isKind(item, 'tensor')) continue;
    const next: Value = canApply(item) ? applyModule(machine, item, given(at)) : null;
    at = isKind(next, 'tensor') ? next : tensor(null, null, []);
  }
  return at;
}

/** Goes on from the last layer's output, or begins with what the first layer says of its input. */
export function addToSequential(machine: Machine, container: Container, value: Value): void {
  if (isKind(value, 'tensor')) {
    container.output = value;
    return;
  }
  if (!canApply(value)) {
    container.output = tensor(null, null, []);
    return;
  }
  if (isKind(value, 'layer') && value.layer === 'InputLayer') {
    container.output = tensor(inputShape(value.args), null, []);
    return;
  }
  const declared = isKind(value, 'layer') && container.items.length === 0 ? inputShape(value.args) : null;
  const input = container.output ?? tensor(declared, null, []);
  const result = applyModule(machine, value, given(input));
  container.output = isKind(result, 'tensor') ? result : tensor(null, null, []);
}
