import type { Shape } from '../../../model/dataType';
import type { Attribute } from '../../../model/model';
import { NO_PADDING, slidLength } from '../../../model/window';
import { commonShape } from '../../broadcast';
import { rangeLength } from '../../slice';
import { axisIn, product, sum, unknownShape } from '../../value';
import type { OperationShapes } from './costs';
import { imageShape } from './imageShapes';
import { isTrue, numbers } from './settings';
import { slicesOf } from './slices';
import { slidSides, spreadSides } from './windows';

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
    case 'topk': {
      const x = operation.input('x');
      const axis = numbers(operation.setting('axis'))?.[0] ?? -1;
      const k = operation.elements('k')?.[0] ?? (operation.elements('k') === undefined ? 1 : null);
      const shape = x?.with(axisIn(axis, x.length), k) ?? null;
      return [shape, shape];
    }
    case 'lstm':
    case 'gru':
    case 'rnn':
      return recurrent(operation);
    case 'non_maximum_suppression':
      return suppressed(operation);
    default:
      return [operationShape(operation)];
  }
}

function operationShape(operation: OperationShapes): Shape | null {
  const { type, input, setting } = operation;
  const x = input('x');
  if (BINARY.has(type)) return commonShape([x, input('y')]) ?? null;
  if (UNARY.has(type)) return x;
  if (type === 'select') return commonShape([input('cond'), input('a'), input('b')]) ?? null;
  if (type === 'concat') return concat(operation);
  if (type === 'stack') return stack(operation);
  const list = input('ls');
  const value = input('value');
  switch (type) {
    case 'gather_along_axis':
      return input('indices');
    case 'gather_nd':
      return x && gatheredMany(x, input('indices'), operation);
    case 'scatter':
    case 'scatter_along_axis':
    case 'scatter_nd':
      return input('data');
    case 'fill':
    case 'random_bernoulli':
    case 'random_normal':
    case 'random_uniform':
      return shapeOf(operation, 'shape');
    case 'fill_like':
      return input('ref_tensor');
    case 'one_hot': {
      const indices = input('indices');
      const size = operation.elements('one_hot_vector_size')?.[0] ?? null;
      const axis = numbers(setting('axis'))?.[0] ?? -1;
      return indices?.toSpliced(axisIn(axis, indices.length + 1), 0, size) ?? null;
    }
    case 'range_1d': {
      const [start, end, step] = ['start', 'end', 'step'].map((name) => operation.elements(name)?.[0]);
      if (start === undefined || end === undefined || !step) return [null];
      return [rangeLength(start, end, step)];
    }
    case 'einsum':
      return einsumShape(String(setting('equation') ?? ''), operation.inputs('values'));
    case 'scaled_dot_product_attention': {
      const [query, values] = [input('query'), input('value')];
      return query && [...query.slice(0, -1), values?.at(-1) ?? null];
    }
    case 'dequantize':
    case 'quantize':
    case 'read_state':
      return input('input');
    case 'coreml_update_state':
      return input('value');
    case 'list_length':
      return [];
    case 'make_list': {
      const sizes = operation.values('elem_shape').map(({ elements }) => elements?.[0] ?? null);
      const element = sizes.length > 1 ? sizes : operation.elements('elem_shape');
      return element ? [operation.elements('init_length')?.[0] ?? 1, ...element] : null;
    }
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
  const image = imageShape(operation, x);
  if (image !== undefined) return image;
  switch (type) {
    case 'shape':
      return [x.length];
    case 'gather': {
      const places = input('indices') ?? scalarOrVector(setting('indices'));
      const axis = axisIn(numbers(setting('axis'))?.[0] ?? 0, x.length);
      const batches = numbers(setting('batch_dims'))?.[0] ?? 0;
      return places && [...x.slice(0, axis), ...places.slice(batches), ...x.slice(axis + 1)];
    }
    case 'non_zero':
      return [null, x.length];
    case 'tile': {
      const times = operation.elements('reps');
      return x.map((size, axis) => product([size, times?.[axis]]));
    }
    case 'flatten2d': {
      const axis = numbers(setting('axis'))?.[0] ?? 1;
      const at = axis < 0 ? axis + x.length : axis;
      return [product(x.slice(0, at)), product(x.slice(at))];
    }
    case 'sliding_windows': {
      const axis = axisIn(numbers(setting('axis'))?.[0] ?? 0, x.length);
      const size = numbers(setting('size'))?.[0] ?? null;
      const stride = numbers(setting('stride'))?.[0] ?? 1;
      const count = slidLength(x[axis] ?? null, { kernel: size, stride, padding: NO_PADDING });
      return x.toSpliced(axis, 1, count, size);
    }
    case 'random_categorical':
      return [...x.slice(0, -1), numbers(setting('size'))?.[0] ?? 1];
    case 'reshape_like':
      return reshapedLike(operation);
    case 'conv_transpose': {
      const weight = input('weight');
      const stated = operation.elements('output_shape');
      if (stated) return stated;
      const sides = weight && spreadSides(x, weight.slice(2), operation);
      const groups = numbers(setting('groups'))?.[0] ?? 1;
      return sides && [x[0] ?? null, product([weight[1], groups]), ...sides];
    }
    case 'conv_quantized':
    case 'conv': {
      const weight = input('weight');
      const sides = weight && slidSides(x, weight.slice(2), operation);
      return sides && [x[0] ?? null, weight[0] ?? null, ...sides];
    }
    case 'max_pool':
    case 'avg_pool':
    case 'l2_pool': {
      const sides = slidSides(x, numbers(setting('kernel_sizes')) ?? [], operation);
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
      // Lengths other than 1 stay, whatever is asked for.
      if (axes) return x.filter((size, axis) => !axes.includes(axis) || (size !== null && size !== 1));
      // Which axes are 1 is not known while a length is open.
      return x.includes(null) ? null : x.filter((size) => size !== 1);
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
      return (
        slicesOf(x, operation)
          ?.filter(({ squeezed }) => !squeezed)
          .map(({ count }) => count) ?? null
      );
    case 'slice_by_size': {
      const [begin, sizes] = [operation.elements('begin'), operation.elements('size')];
      return x.map((length, axis) => {
        const size = sizes?.[axis] ?? null;
        if (size !== -1) return size;
        const from = begin?.[axis] ?? null;
        return sum([length, from === null ? null : -(from < 0 ? from + (length ?? 0) : from)]);
      });
    }
    case 'pad': {
      const pads = operation.elements('pad');
      if (!pads) return x.map(() => null);
      const first = x.length - pads.length / 2;
      if (!Number.isInteger(first) || first < 0) return null;
      return x.map((size, axis) =>
        sum([size, pads[2 * (axis - first)] ?? 0, pads[2 * (axis - first) + 1] ?? 0]),
      );
    }
    case 'reshape':
      return reshaped(x, operation);
    default:
      if (type.startsWith('reduce_arg')) return reduced(x, operation, 'axis');
      if (type.startsWith('reduce_')) return reduced(x, operation, 'axes');
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
  ...['tanh', 'threshold', 'thresholded_relu', 'band_part', 'argsort', 'reverse_sequence', 'slice_update'],
]);

function matmul(x: Shape, y: Shape | null, { setting }: OperationShapes): Shape | null {
  if (y === null || x.length < 2 || y.length < 2) return null;
  const leading = commonShape([x.slice(0, -2), y.slice(0, -2)]) ?? null;
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

/** 0 keeps a dimension, -1 is what is left over. */
function reshaped(x: Shape, operation: OperationShapes): Shape | null {
  const target = operation.elements('shape');
  if (!target) return shapeOf(operation, 'shape');
  const kept = target.map((size, axis) => (size === 0 ? (x[axis] ?? null) : size));
  const rest = product(kept.filter((size) => size !== -1));
  const count = product(x);
  const left = count !== null && rest ? count / rest : null;
  return kept.map((size) => (size === -1 ? (Number.isInteger(left) ? left : null) : size));
}

/** The shape that a parameter holds; of as many open dimensions as it has elements where they are not known. */
function shapeOf({ elements, input }: OperationShapes, parameter: string): Shape | null {
  const given = elements(parameter);
  if (given) return given.map((size) => (size >= 0 ? size : null));
  const held = input(parameter);
  return unknownShape(held?.length === 1 ? (held[0] ?? null) : null);
}

function scalarOrVector(value: Attribute['value'] | undefined): Shape | null {
  if (typeof value === 'number') return [];
  return Array.isArray(value) ? [value.length] : null;
}

function gatheredMany(x: Shape, places: Shape | null, { setting }: OperationShapes): Shape | null {
  const depth = places?.at(-1) ?? null;
  const batches = numbers(setting('batch_dims'))?.[0] ?? 0;
  return places === null || depth === null ? null : [...places.slice(0, -1), ...x.slice(batches + depth)];
}

/** Axes of several tensors, one behind the other. */
function reshapedLike(operation: OperationShapes): Shape | null {
  const [begins, ends, masks] = ['begins', 'ends', 'end_masks'].map((name) =>
    operation.values(name).map(({ elements }) => elements?.[0]),
  );
  const parts = operation.inputs('ref_tensors').map((shape, n): Shape | null => {
    const [begin, end, mask] = [begins?.[n], ends?.[n], masks?.[n]];
    if (shape === null || begin === undefined || end === undefined || mask === undefined) return null;
    return mask === 1 ? shape.slice(begin) : shape.slice(begin, end);
  });
  return parts.every((one) => one !== null) ? parts.flat() : null;
}

/** Outputs: all steps or the last, then the states that are left. */
function recurrent(operation: OperationShapes): (Shape | null)[] {
  const { type, input, setting } = operation;
  const [x, weights] = [input('x'), input('weight_hh')];
  const directions = String(setting('direction') ?? 'forward') === 'bidirectional' ? 2 : 1;
  const hidden = product([weights?.[1], directions]);
  const steps = isTrue(setting('output_sequence')) ? (x?.[0] ?? null) : 1;
  const state = [x?.[1] ?? null, hidden];
  return [[steps, ...state], state, ...(type === 'lstm' ? [state] : [])];
}

/** Boxes [B, N, 4] and their scores: [B, N, C], since iOS 17 [B, C, N]. */
function suppressed(operation: OperationShapes): (Shape | null)[] {
  const [boxes, scores] = [operation.input('boxes'), operation.input('scores')];
  const most = operation.elements('max_boxes')?.[0] ?? null;
  const [batch, count] = [boxes?.[0] ?? null, boxes?.[1] ?? null];
  const last = count !== null && scores?.[1] === count && scores[2] !== count;
  const first = count !== null && scores?.[2] === count && scores[1] !== count;
  const kept = last ? [batch, most, scores?.[2] ?? null] : first ? [batch, scores?.[1] ?? null, most] : null;
  return [[batch, most, 4], kept, [batch, most], [batch]];
}

/** `nhcw,nhwu->nhcu`: the lengths of the labels behind the arrow. */
function einsumShape(equation: string, inputs: readonly (Shape | null)[]): Shape | null {
  const [from = '', to] = equation.replaceAll(' ', '').split('->');
  if (to === undefined || !/^[a-zA-Z]*$/.test(to)) return null;
  const lengths = new Map<string, number | null>();
  for (const [index, term] of from.split(',').entries()) {
    const shape = inputs[index];
    if (shape?.length !== term.length) return null;
    for (const [axis, label] of [...term].entries()) {
      const size = shape[axis] ?? null;
      if ((lengths.get(label) ?? 1) === 1) lengths.set(label, size);
    }
  }
  return [...to].map((label) => lengths.get(label) ?? null);
}

function reduced(x: Shape, { setting }: OperationShapes, parameter: 'axis' | 'axes'): Shape | null {
  const given = numbers(setting(parameter)) ?? (parameter === 'axis' ? [-1] : null);
  const axes = given?.map((axis) => axisIn(axis, x.length)) ?? x.map((_, axis) => axis);
  return isTrue(setting('keep_dims'))
    ? x.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.filter((_, axis) => !axes.includes(axis));
}
