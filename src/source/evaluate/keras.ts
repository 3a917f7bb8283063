import { kerasOutput } from '../layers/index';
import type { Site } from '../python/ast';
import { classAttribute } from './classes';
import { runFunction } from './functions';
import { certainItems } from './iterate';
import type { Machine } from './machine';
import { nameOf } from './makeLayer';
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
      const [first] = args.positional;
      return SAME_SHAPE.test(path) && isKind(first, 'tensor') ? tensor(first.shape, null, [first]) : null;
    }
  }
}

/** Functions that keep the shape of what they are given. */
const SAME_SHAPE =
  /^(tensorflow\.(nn|math)|tensorflow|keras\.(activations|ops|backend))\.(abs|cast|dropout|elu|exp|gelu|identity|leaky_relu|log|relu6?|selu|sigmoid|silu|softmax|softplus|sqrt|square|stop_gradient|swish|tanh)$/;

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
  if (framework !== 'keras' || inputs.length === 0)
    return inputs.length > 0
      ? tensor(null, module, inputs)
      : unknown('what a module gives for its input is not followed', false);
  return tensor(outputShape(machine, module, inputs, args), module, inputs);
}

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
      return module.layer === 'TimeDistributed'
        ? applyAtEachStep(machine, module, shapes[0] ?? null)
        : kerasOutput(module, shapes);
    }
    case 'container':
      return through(machine, module, inputs[0])?.shape ?? null;
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

function applyInstance(
  machine: Machine,
  module: Instance,
  inputs: readonly TensorValue[],
  args: CallArguments,
): TensorShape | null {
  if (module.base) return outputShape(machine, module.base, inputs, args);
  const build = classAttribute(module.cls, 'build');
  if (isKind(build, 'function') && !machine.built.has(module)) {
    machine.built.add(module);
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
