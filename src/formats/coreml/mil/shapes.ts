import type { Shape } from '../../../model/dataType';
import type { Attribute } from '../../../model/model';
import { axisIn, product, sum } from '../../value';
import { broadcastAll } from '../broadcast';
import type { OperationShapes } from './costs';

/**
 * The shapes of an operation's outputs where the program leaves dimensions open, as it does for flexible inputs;
 * null for operations that are not followed. What the program states comes first.
 *
 * @throws Mismatch when an axis does not exist.
 */
export function operationShapes(operation: OperationShapes, outputs: number): readonly (Shape | null)[] {
  switch (operation.type) {
    case 'split':
      return split(operation, outputs);
    default:
      return [operationShape(operation)];
  }
}

function operationShape(operation: OperationShapes): Shape | null {
  const { type, input, setting } = operation;
  const x = input('x');
  if (BINARY.has(type)) return broadcastAll([x, input('y')]);
  if (UNARY.has(type)) return x;
  if (type === 'concat') return concat(operation);
  if (type === 'stack') return stack(operation);
  const list = input('ls');
  const value = input('value');
  switch (type) {
    case 'list_read':
      return list?.slice(1) ?? null;
    case 'list_write':
      return list && value && [list[0] ?? null, ...value];
    case 'list_scatter':
      return list && value && [list[0] ?? null, ...value.slice(1)];
    case 'list_gather':
      return list && [input('indices')?.[0] ?? null, ...list.slice(1)];
  }
  if (x === null) return null;
  switch (type) {
    case 'conv': {
      const weight = input('weight');
      const sides = weight && slid(x, weight.slice(2), operation);
      return sides && [x[0] ?? null, weight[0] ?? null, ...sides];
    }
    case 'max_pool':
    case 'avg_pool':
    case 'l2_pool': {
      const sides = slid(x, numbers(setting('kernel_sizes')) ?? [], operation);
      return sides && [...x.slice(0, 2), ...sides];
    }
    case 'linear':
      return [...x.slice(0, -1), input('weight')?.[0] ?? null];
    case 'matmul':
      return matmul(x, input('y'), operation);
    case 'transpose':
      return numbers(setting('perm'))?.map((axis) => x[axisIn(axis, x.length)] ?? null) ?? null;
    case 'squeeze': {
      const axes = numbers(setting('axes'))?.map((axis) => axisIn(axis, x.length));
      return axes ? x.filter((_, axis) => !axes.includes(axis)) : null;
    }
    case 'expand_dims': {
      const axes = numbers(setting('axes'));
      if (axes === null) return null;
      const rank = x.length + axes.length;
      const added = axes.map((axis) => axisIn(axis, rank));
      const rest = [...x];
      return Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (rest.shift() ?? null)));
    }
    case 'slice_by_index':
      return sliced(x, operation);
    case 'slice_by_size': {
      const sizes = numbers(setting('size'));
      return sizes?.length === x.length ? sizes.map((size) => (size < 0 ? null : size)) : null;
    }
    case 'pad': {
      const pads = numbers(setting('pad')) ?? [];
      const first = x.length - pads.length / 2;
      if (!Number.isInteger(first) || first < 0) return null;
      return x.map((size, axis) =>
        sum([size, pads[2 * (axis - first)] ?? 0, pads[2 * (axis - first) + 1] ?? 0]),
      );
    }
    case 'reshape':
      return reshaped(x, numbers(setting('shape')));
    case 'upsample_nearest_neighbor':
    case 'upsample_bilinear': {
      const factor = (name: string) => Number(setting(name) ?? 1);
      const [height, width] = [factor('scale_factor_height'), factor('scale_factor_width')];
      const grown = (axis: number, by: number) => {
        const size = product([x.at(axis), by]);
        return size === null ? null : Math.floor(size);
      };
      return [...x.slice(0, -2), grown(-2, height), grown(-1, width)];
    }
    default:
      if (type.startsWith('reduce_') && !type.startsWith('reduce_arg')) return reduced(x, operation);
      return null;
  }
}

const BINARY: ReadonlySet<string> = new Set([
  ...['add', 'sub', 'mul', 'real_div', 'floor_div', 'mod', 'pow', 'maximum', 'minimum', 'equal', 'not_equal'],
  ...['greater', 'greater_equal', 'less', 'less_equal', 'logical_and', 'logical_or', 'logical_xor'],
]);

const UNARY: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'acos',
    'asin',
    'atan',
    'atanh',
    'batch_norm',
    'cast',
    'ceil',
    'clamped_relu',
    'clip',
    'cos',
    'cosh',
  ],
  ...['cumsum', 'elu', 'erf', 'exp', 'exp2', 'floor', 'gelu', 'identity', 'instance_norm', 'inverse'],
  ...[
    'l2_norm',
    'layer_norm',
    'leaky_relu',
    'linear_activation',
    'local_response_norm',
    'log',
    'logical_not',
  ],
  ...[
    'prelu',
    'relu',
    'relu6',
    'reverse',
    'round',
    'rsqrt',
    'scaled_tanh',
    'sigmoid',
    'sigmoid_hard',
    'sign',
  ],
  ...[
    'silu',
    'sin',
    'sinh',
    'softmax',
    'softplus',
    'softplus_parametric',
    'softsign',
    'sqrt',
    'square',
    'tan',
  ],
  ...['tanh', 'threshold', 'thresholded_relu'],
]);

function numbers(value: Attribute['value'] | undefined): readonly number[] | null {
  if (typeof value === 'number') return [value];
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : null;
}

/** Lengths of the spatial axes after a window went over them (MIL's conv and pooling, `pad_type`). */
function slid(x: Shape, kernel: Shape, { setting }: OperationShapes): (number | null)[] | null {
  const sides = x.slice(2);
  const padType = String(setting('pad_type') ?? 'valid');
  if (kernel.length !== sides.length || String(setting('ceil_mode') ?? 'false') === 'true') return null;
  const strides = numbers(setting('strides')) ?? [];
  const dilations = numbers(setting('dilations')) ?? [];
  const pads = numbers(setting('pad')) ?? [];
  return sides.map((size, axis) => {
    const stride = strides[axis] ?? 1;
    const length = kernel[axis] ?? null;
    if (size === null || length === null || stride < 1) return null;
    if (padType === 'same' || padType === 'same_lower') return Math.ceil(size / stride);
    const padding = padType === 'custom' ? (pads[2 * axis] ?? 0) + (pads[2 * axis + 1] ?? 0) : 0;
    const reach = (length - 1) * (dilations[axis] ?? 1) + 1;
    return Math.max(0, Math.floor((size + padding - reach) / stride) + 1);
  });
}

function matmul(x: Shape, y: Shape | null, { setting }: OperationShapes): Shape | null {
  if (y === null || x.length < 2 || y.length < 2) return null;
  const leading = broadcastAll([x.slice(0, -2), y.slice(0, -2)]);
  const rows = x.at(setting('transpose_x') === 'true' ? -1 : -2) ?? null;
  return leading && [...leading, rows, y.at(setting('transpose_y') === 'true' ? -2 : -1) ?? null];
}

function concat({ inputs, setting }: OperationShapes): Shape | null {
  const shapes = inputs('values');
  const [first] = shapes;
  const axis = numbers(setting('axis'))?.[0];
  if (!first || axis === undefined || shapes.some((one) => one?.length !== first.length)) return null;
  const along = axisIn(axis, first.length);
  return first.with(along, sum(shapes.map((one) => one?.[along])));
}

function stack({ inputs, setting }: OperationShapes): Shape | null {
  const shapes = inputs('values');
  const [first] = shapes;
  const axis = numbers(setting('axis'))?.[0];
  if (!first || axis === undefined) return null;
  const at = axisIn(axis, first.length + 1);
  return [...first.slice(0, at), shapes.length, ...first.slice(at)];
}

function split({ input, setting }: OperationShapes, outputs: number): (Shape | null)[] {
  const x = input('x');
  const axis = numbers(setting('axis'))?.[0];
  if (x === null || axis === undefined) return new Array<null>(outputs).fill(null);
  const along = axisIn(axis, x.length);
  const sizes = numbers(setting('split_sizes'));
  const size = x[along] ?? null;
  return Array.from({ length: outputs }, (_, index) => {
    const part = sizes ? (sizes[index] ?? null) : size === null ? null : size / outputs;
    return x.with(along, Number.isInteger(part) ? part : null);
  });
}

/** Masks say where the beginning and the end are the axis's own, and which axes are taken away. */
function sliced(x: Shape, { setting }: OperationShapes): Shape | null {
  const begin = numbers(setting('begin'));
  const end = numbers(setting('end'));
  if (begin?.length !== x.length || end?.length !== x.length) return null;
  const stride = numbers(setting('stride')) ?? [];
  const masked = (name: string, axis: number) => (numbers(setting(name))?.[axis] ?? 0) !== 0;
  const lengths = x.map((size, axis): number | null => {
    const step = stride[axis] ?? 1;
    if (size === null || step === 0) return null;
    const at = (index: number) =>
      Math.min(Math.max(index < 0 ? index + size : index, step < 0 ? -1 : 0), size);
    const from = masked('begin_mask', axis) ? (step < 0 ? size - 1 : 0) : at(begin[axis] ?? 0);
    const to = masked('end_mask', axis) ? (step < 0 ? -1 : size) : at(end[axis] ?? 0);
    return Math.max(0, Math.ceil((to - from) / step));
  });
  return lengths.filter((_, axis) => !masked('squeeze_mask', axis));
}

/** 0 keeps a dimension, -1 is what is left over. */
function reshaped(x: Shape, target: readonly number[] | null): Shape | null {
  if (target === null) return null;
  const kept = target.map((size, axis) => (size === 0 ? (x[axis] ?? null) : size));
  const rest = product(kept.filter((size) => size !== -1));
  const count = product(x);
  const left = count !== null && rest ? count / rest : null;
  return kept.map((size) => (size === -1 ? (Number.isInteger(left) ? left : null) : size));
}

function reduced(x: Shape, { setting }: OperationShapes): Shape | null {
  const axes = numbers(setting('axes'))?.map((axis) => axisIn(axis, x.length)) ?? x.map((_, axis) => axis);
  return setting('keep_dims') === 'true'
    ? x.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.filter((_, axis) => !axes.includes(axis));
}
