import { certainItems } from './iterate';
import { number } from './operators';
import { sliceBounds } from './subscripts';
import {
  type CallArguments,
  isKind,
  list,
  type TensorShape,
  type TensorValue,
  unknown,
  type Value,
} from './values';

/** A tensor that comes of others without a layer. */
export function tensorFrom(shape: TensorShape | null, from: readonly TensorValue[]): TensorValue {
  return { kind: 'tensor', shape, by: null, from };
}

/**
 * The tensors in a value: one, or those of a list or dict. What is not known stands for whatever led to it, so that
 * nobody calls complete what it is part of.
 */
export function tensorsIn(value: Value): TensorValue[] {
  if (isKind(value, 'tensor')) return [value];
  if (isKind(value, 'unknown')) return [{ ...tensorFrom(null, []), by: unknown(value.reason) }];
  if (isKind(value, 'sequence')) return value.items.flatMap(tensorsIn);
  return isKind(value, 'dict') ? [...value.entries.values()].flatMap(tensorsIn) : [];
}

/** Shape of an operation between tensors, or between one and a number; null = not known. */
export function broadcast(values: readonly Value[]): TensorShape | null {
  let shape: TensorShape = [];
  for (const value of values) {
    if (number(value) !== null) continue;
    const other = isKind(value, 'tensor') || isKind(value, 'weight') ? value.shape : null;
    if (other === null) return null;
    const [long, short] = other.length > shape.length ? [other, shape] : [shape, other];
    const start = long.length - short.length;
    shape = long.map((size, axis) => (axis < start ? size : joined(size, short[axis - start] ?? null)));
  }
  return shape;
}

/** One size of two that go together. */
function joined(a: number | null, b: number | null): number | null {
  if (a === 1) return b;
  if (b === 1) return a;
  // What is not known is the same size, or 1; sizes that differ do not go together.
  return a === null || b === null || a === b ? (a ?? b) : null;
}

/** `tensor[index]`. */
export function taken(tensor: TensorValue, index: Value): TensorValue {
  const parts = isKind(index, 'sequence') && index.of === 'tuple' ? index.items : [index];
  return tensorFrom(tensor.shape && takenShape(tensor.shape, parts), [tensor]);
}

function takenShape(shape: TensorShape, parts: readonly Value[]): TensorShape | null {
  const taking = parts.filter((part) => part !== null && !isEllipsis(part)).length;
  if (taking > shape.length || parts.filter(isEllipsis).length > 1) return null;
  const sizes: (number | null)[] = [];
  let axis = 0;
  for (const part of parts) {
    if (part === null) sizes.push(1);
    else if (isEllipsis(part)) {
      const rest = shape.length - taking;
      sizes.push(...shape.slice(axis, axis + rest));
      axis += rest;
    } else if (isKind(part, 'slice')) {
      const size = shape[axis++] ?? null;
      const whole = part.from === null && part.to === null && part.step === null;
      sizes.push(whole ? size : size === null ? null : (sliceBounds(part, size)?.length ?? null));
    } else if (typeof part === 'number') axis++;
    else return null;
  }
  return [...sizes, ...shape.slice(axis)];
}

function isEllipsis(value: Value): boolean {
  return isKind(value, 'builtin') && value.name === 'Ellipsis';
}

const OPERATION = /^(?:keras\.(?:ops|activations|backend)|tensorflow(?:\.(?:nn|math))?)\.(?:reduce_)?(\w+)$/;

const SAME_SHAPE =
  /^(abs|cast|clip|clip_by_value|cos|dropout|elu|exp|gelu|hard_sigmoid|hard_swish|identity|l2_normalize|leaky_relu|log|log1p|log_softmax|mish|negative|normalize|relu|relu6|round|rsqrt|selu|sigmoid|sign|silu|sin|softmax|softplus|softsign|sqrt|square|stop_gradient|swish|tanh|flip|cumsum)$/;
const BETWEEN =
  /^(add|subtract|multiply|divide|true_divide|maximum|minimum|power|pow|mod|floor_divide|squared_difference|where|greater|less|equal|logical_and|logical_or)$/;
const REDUCING = /^(mean|sum|max|min|amax|amin|prod|std|var|any|all|argmax|argmin|norm|logsumexp)$/;

/** Functions of Keras and TensorFlow on tensors, as far as their shapes are needed; null for any other. */
export function callOperation(path: string, args: CallArguments): Value | null {
  const [, name] = OPERATION.exec(path) ?? [];
  if (name === undefined) return null;
  const all = [...args.positional, ...args.named.values()];
  if (name === 'arange' || name === 'range') return tensorFrom([null], []);
  const from = all.flatMap(tensorsIn);
  if (!from.some((one) => one.by === null || !isKind(one.by, 'unknown'))) return null;
  const [first = null] = args.positional;
  if (name === 'shape' && isKind(first, 'tensor'))
    return first.shape === null
      ? unknown('the shape of a tensor is not known', false)
      : list(
          first.shape.map((size) => size ?? unknown('a dimension is not known', false)),
          'tuple',
        );
  if (name === 'split') return parts(args, from);
  return tensorFrom(args.open === null ? shapeAfter(name, args) : null, from);
}

/** `split(tensor, count, axis)`. */
function parts(
  { positional: [first = null, count, third], named }: CallArguments,
  from: readonly TensorValue[],
): Value {
  const number = count ?? named.get('indices_or_sections') ?? named.get('num_or_size_splits');
  const axis = third ?? named.get('axis') ?? 0;
  if (typeof number !== 'number' || number > 1000 || !isKind(first, 'tensor')) return tensorFrom(null, from);
  const { shape } = first;
  const at = typeof axis === 'number' && shape ? (axis < 0 ? axis + shape.length : axis) : null;
  const size = at === null ? null : (shape?.[at] ?? null);
  const part = shape && at !== null ? shape.toSpliced(at, 1, size === null ? null : size / number) : null;
  return list(Array.from({ length: number }, () => tensorFrom(part, from)));
}

function shapeAfter(name: string, { positional, named }: CallArguments): TensorShape | null {
  const [first = null, second] = positional;
  const shape = isKind(first, 'tensor') ? first.shape : null;
  if (SAME_SHAPE.test(name)) return shape;
  if (BETWEEN.test(name)) return broadcast(positional);
  const axis = named.get('axis') ?? second;
  const at = typeof axis === 'number' && shape ? (axis < 0 ? axis + shape.length : axis) : null;
  if (REDUCING.test(name)) {
    if (!shape) return null;
    const keep = (named.get('keepdims') ?? named.get('keep_dims') ?? positional[2]) === true;
    const given =
      axis === undefined || axis === null ? shape.map((_, one) => one) : axesOf(axis, shape.length);
    if (given === null) return null;
    return shape.flatMap((size, one) => (given.includes(one) ? (keep ? [1] : []) : [size]));
  }
  switch (name) {
    case 'concatenate':
    case 'concat':
      return concatenated(first, axis ?? (name === 'concatenate' ? 0 : -1));
    case 'stack':
      return stacked(first, axis ?? 0);
    case 'expand_dims':
      if (!shape || typeof axis !== 'number') return null;
      return shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1);
    case 'squeeze':
      return shape && at !== null ? shape.toSpliced(at, 1) : null;
    case 'reshape':
      return reshaped(shape, second ?? named.get('newshape') ?? named.get('shape') ?? null);
    case 'transpose': {
      const order = certainItems(named.get('axes') ?? named.get('perm') ?? second ?? null);
      if (!shape) return null;
      if (!order) return second === undefined && named.size === 0 ? shape.toReversed() : null;
      return order.map((one) => (typeof one === 'number' ? (shape.at(one) ?? null) : null));
    }
    case 'matmul': {
      const other = isKind(second, 'tensor') || isKind(second, 'weight') ? second.shape : null;
      if (!shape || !other || shape.length < 2 || other.length < 2 || named.size > 0) return null;
      const batch = broadcast([tensorFrom(shape.slice(0, -2), []), tensorFrom(other.slice(0, -2), [])]);
      return batch && [...batch, shape.at(-2) ?? null, other.at(-1) ?? null];
    }
    default:
      return null;
  }
}

function axesOf(axis: Value, rank: number): number[] | null {
  const items = typeof axis === 'number' ? [axis] : certainItems(axis);
  if (!items?.every((one) => typeof one === 'number')) return null;
  return items.map((one) => (one < 0 ? one + rank : one));
}

function shapesOf(value: Value): TensorShape[] | null {
  const shapes = certainItems(value)?.map((one) => (isKind(one, 'tensor') ? one.shape : null));
  const rank = shapes?.[0]?.length;
  return shapes?.every((one) => one !== null && one.length === rank) ? (shapes as TensorShape[]) : null;
}

function concatenated(value: Value, axis: Value): TensorShape | null {
  const shapes = shapesOf(value);
  const [first] = shapes ?? [];
  if (!shapes || !first || typeof axis !== 'number') return null;
  const at = axis < 0 ? axis + first.length : axis;
  const sizes = shapes.map((one) => one[at] ?? null);
  const sum = sizes.every((one) => one !== null) ? sizes.reduce((all, one) => all + one, 0) : null;
  return first.toSpliced(at, 1, sum);
}

function stacked(value: Value, axis: Value): TensorShape | null {
  const shapes = shapesOf(value);
  const [first] = shapes ?? [];
  if (!shapes || !first || typeof axis !== 'number') return null;
  return first.toSpliced(axis < 0 ? axis + first.length + 1 : axis, 0, shapes.length);
}

function reshaped(shape: TensorShape | null, target: Value): TensorShape | null {
  const sizes = certainItems(target)?.map((one) => (typeof one === 'number' ? one : null));
  if (!sizes) return null;
  if (!sizes.includes(-1)) return sizes;
  const product = (all: readonly (number | null)[]) =>
    all.every((one) => one !== null) ? all.reduce((a, b) => a * b, 1) : null;
  const [whole, known] = [shape && product(shape), product(sizes.filter((one) => one !== -1))];
  const rest = whole !== null && known !== null && known > 0 ? whole / known : null;
  return sizes.map((one) => (one === -1 ? rest : one));
}
