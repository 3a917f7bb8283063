import { elementCount, type Shape } from '../../../model/dataType';
import { commonShape } from '../../broadcast';
import { rangeLength } from '../../slice';
import { axisIn, product, sum, unknownShape } from '../../value';
import type { NeuralNetworkLayer } from '../coreml_pb';
import { slicedShape, windowed } from './slices';
import { CHANNEL, edges, HEIGHT, pairOf, slid, unslid, WIDTH, withSizes } from './spatial';
import { slid3d, unslid3d } from './volumes';

export type MaybeShape = Shape | null;

/** Elements of an input; null where they are not known, undefined where there is no such input. */
export type InputElements = (index: number) => readonly number[] | null | undefined;

/**
 * Shapes of a layer's outputs, from those of its inputs (NeuralNetwork.proto, comments of each layer); null where
 * they cannot be told, or the layer is one that nothing is known of.
 *
 * @throws Mismatch when an axis does not exist.
 */
export function outputShapes(
  { layer, output }: NeuralNetworkLayer,
  inputs: readonly MaybeShape[],
  elements: InputElements,
): readonly MaybeShape[] {
  const x = inputs[0] ?? null;
  const second = inputs[1] ?? null;
  /** The shape that an input holds; of as many open dimensions as it has elements where they are not known. */
  const shapeIn = (index: number): MaybeShape => {
    const given = elements(index);
    if (given) return given.map((size) => (size >= 0 ? size : null));
    return unknownShape(inputs[index]?.length === 1 ? (inputs[index][0] ?? null) : null);
  };
  switch (layer.case) {
    case undefined:
      return [];
    case 'convolution': {
      if (x === null) return [null];
      const p = layer.value;
      const kernel = pairOf(p.kernelSize, 3);
      const stride = pairOf(p.stride, 1);
      const dilation = pairOf(p.dilationFactor, 1);
      const sides = p.isDeconvolution ? unslid(x, p, kernel, stride) : slid(x, p, kernel, stride, dilation);
      return [withSizes(x, new Map([...sides, [CHANNEL, Number(p.outputChannels)]]))];
    }
    case 'pooling': {
      if (x === null) return [null];
      const p = layer.value;
      const ones = new Map([
        [HEIGHT, 1],
        [WIDTH, 1],
      ]);
      const sides = p.globalPooling ? ones : slid(x, p, pairOf(p.kernelSize, 3), pairOf(p.stride, 1));
      return [withSizes(x, sides)];
    }
    case 'innerProduct':
      return [innerProduct(x, Number(layer.value.outputChannels))];
    case 'embedding':
      return [x && withSizes(x, new Map([[CHANNEL, Number(layer.value.outputChannels)]]))];
    case 'embeddingND':
      return [x && withSizes(x, new Map([[-1, Number(layer.value.embeddingSize)]]))];
    case 'crop': {
      if (x === null) return [null];
      const size = (axis: number, index: 0 | 1) => {
        if (inputs.length > 1) return second?.at(axis) ?? null;
        return sum([x.at(axis), -edges(layer.value.cropAmounts, index)]);
      };
      return [withSizes(x, new Map([HEIGHT, WIDTH].map((axis, i) => [axis, size(axis, i as 0 | 1)])))];
    }
    case 'padding': {
      const grown = (axis: number, index: 0 | 1) =>
        sum([x?.at(axis), edges(layer.value.paddingAmounts, index)]);
      return [x && withSizes(x, new Map([HEIGHT, WIDTH].map((axis, i) => [axis, grown(axis, i as 0 | 1)])))];
    }
    case 'upsample': {
      const { scalingFactor, fractionalScalingFactor } = layer.value;
      const factors =
        fractionalScalingFactor.length > 0 ? fractionalScalingFactor : scalingFactor.map(Number);
      const grown = (axis: number, index: number) => {
        const length = product([x?.at(axis), factors[index] ?? 1]);
        return length === null ? null : Math.floor(length);
      };
      return [x && withSizes(x, new Map([HEIGHT, WIDTH].map((axis, i) => [axis, grown(axis, i)])))];
    }
    case 'resizeBilinear': {
      const [height, width] = pairOf(layer.value.targetSize, 1);
      return [
        x &&
          withSizes(
            x,
            new Map([
              [HEIGHT, height],
              [WIDTH, width],
            ]),
          ),
      ];
    }
    case 'cropResize': {
      const [height, width] = pairOf(layer.value.targetSize, 1);
      if (x?.length !== 5 || second?.length !== 5) return [null];
      const batch = second[2] === 5 ? 1 : (x[1] ?? null);
      return [[second[0] ?? null, batch, x[2] ?? null, height, width]];
    }
    case 'dot':
      return [
        x &&
          withSizes(
            x,
            new Map([
              [CHANNEL, 1],
              [HEIGHT, 1],
              [WIDTH, 1],
            ]),
          ),
      ];
    case 'reduce': {
      const axes = [[-3, -2, -1], [-2, -1], [-3], [-2], [-1]][layer.value.axis];
      return [x && axes ? withSizes(x, new Map(axes.map((axis) => [axis, 1]))) : null];
    }
    case 'convolution3d': {
      if (x?.length !== 5) return [null];
      const sides = layer.value.isDeconvolution ? unslid3d(x, layer.value) : slid3d(x, layer.value);
      return [[x[0] ?? null, layer.value.outputChannels, ...sides]];
    }
    case 'pooling3d':
      return [x?.length === 5 ? [...x.slice(0, 2), ...slid3d(x, layer.value)] : null];
    case 'globalPooling3d':
      return [x?.length === 5 ? [...x.slice(0, 2), 1, 1, 1] : null];
    case 'loadConstant':
      return [[1, 1, ...layer.value.shape.map(Number)]];
    case 'loadConstantND':
      return [layer.value.shape.map(Number)];
    case 'fillStatic':
      return [layer.value.targetShape.map(Number)];
    case 'randomNormalStatic':
    case 'randomUniformStatic':
    case 'randomBernoulliStatic':
      return [layer.value.outputShape.map(Number)];
    case 'fillDynamic':
    case 'randomNormalDynamic':
    case 'randomUniformDynamic':
    case 'randomBernoulliDynamic':
      return [shapeIn(0)];
    case 'categoricalDistribution':
      return [x && withSizes(x, new Map([[-1, Number(layer.value.numSamples)]]))];
    case 'rangeStatic': {
      const { startValue, endValue, stepSizeValue } = layer.value;
      return [[knownRange(startValue, endValue, stepSizeValue)]];
    }
    case 'rangeDynamic': {
      const [end, start, step] = [0, 1, 2].map((index) => elements(index));
      const value = (given: readonly number[] | null | undefined, own: number) =>
        given === undefined ? own : (given?.[0] ?? null);
      const { startValue, stepSizeValue } = layer.value;
      return [[knownRange(value(start, startValue), end?.[0] ?? null, value(step, stepSizeValue))]];
    }
    case 'reshape': {
      const target = layer.value.targetShape.map(Number);
      if (target.length === 4) return [[target[0] ?? null, 1, ...target.slice(1)]];
      return [x?.length === 5 ? [...x.slice(0, 2), ...target] : [1, 1, ...target]];
    }
    case 'flatten': {
      if (x === null || x.length < 3) return [null];
      return [[...x.slice(0, -3), product(x.slice(-3)), 1, 1]];
    }
    case 'permute': {
      if (x?.length !== 5) return [null];
      const movable = [x[0], x[2], x[3], x[4]];
      const axes = layer.value.axis.length === 4 ? layer.value.axis.map(Number) : [0, 1, 2, 3];
      const [first, ...rest] = axes.map((axis) => movable[axis] ?? null);
      return [[first ?? null, x[1] ?? null, ...rest]];
    }
    case 'concat':
      return [joined(inputs, layer.value.sequenceConcat ? -5 : CHANNEL)];
    case 'concatND':
      return [joined(inputs, Number(layer.value.axis))];
    case 'stack': {
      if (x === null) return [null];
      const axis = axisIn(Number(layer.value.axis), x.length + 1);
      return [[...x.slice(0, axis), inputs.length, ...x.slice(axis)]];
    }
    case 'split': {
      const parts = Number(layer.value.nOutputs) || output.length;
      return output.map(() => x && withSizes(x, new Map([[CHANNEL, part(x.at(CHANNEL), parts)]])));
    }
    case 'splitND': {
      if (x === null) return output.map(() => null);
      const { splitSizes, numSplits } = layer.value;
      const axis = axisIn(Number(layer.value.axis), x.length);
      return output.map((_, index) => {
        const size = splitSizes[index];
        return x.with(
          axis,
          size === undefined ? part(x[axis], Number(numSplits) || output.length) : Number(size),
        );
      });
    }
    case 'sequenceRepeat':
      return [x && withSizes(x, new Map([[-5, product([x.at(-5), Number(layer.value.nRepetitions) || 1])]]))];
    case 'reorganizeData':
      return [x && reorganized(x, layer.value.mode === 0, Number(layer.value.blockSize))];
    case 'slice': {
      const axis = [CHANNEL, HEIGHT, WIDTH][layer.value.axis];
      const size = axis === undefined ? null : x?.at(axis);
      if (x === null || axis === undefined || typeof size !== 'number') return [null];
      const at = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
      const length = at(Number(layer.value.endIndex)) - at(Number(layer.value.startIndex));
      const sliced = Math.max(0, Math.ceil(length / (Number(layer.value.stride) || 1)));
      return [withSizes(x, new Map([[axis, sliced]]))];
    }
    case 'simpleRecurrent':
    case 'gru':
      return recurrent(x, Number(layer.value.outputVectorSize), layer.value.sequenceOutput, 1, output.length);
    case 'uniDirectionalLSTM':
    case 'biDirectionalLSTM': {
      const { outputVectorSize, params } = layer.value;
      const directions = layer.case === 'biDirectionalLSTM' ? 2 : 1;
      const sequence = params?.sequenceOutput ?? false;
      return recurrent(x, Number(outputVectorSize), sequence, directions, output.length);
    }
    case 'transpose':
      return [x && layer.value.axes.map((axis) => x[Number(axis)] ?? null)];
    case 'tile': {
      if (x === null) return [null];
      const given = elements(1);
      const repeats = given === undefined ? layer.value.reps.map(Number) : given;
      return [x.map((size, axis) => product([size, repeats?.[axis]]))];
    }
    case 'sliceStatic':
    case 'sliceDynamic':
      return [x && slicedShape(x, layer.value, layer.case === 'sliceDynamic' ? elements : () => undefined)];
    case 'sliceBySize': {
      if (x === null) return [null];
      return [x.with(axisIn(Number(layer.value.axis), x.length), Number(layer.value.size))];
    }
    case 'slidingWindows': {
      const { axis, windowSize, step } = layer.value;
      return [x && windowed(x, Number(axis), Number(windowSize), Number(step))];
    }
    case 'gatherND': {
      const depth = second?.at(-1) ?? null;
      if (x === null || second === null || depth === null) return [null];
      const left = [...second.slice(0, -1), ...x.slice(depth)];
      return [left.length === 0 ? [1] : left];
    }
    case 'whereNonZero':
      return [[null, x?.length ?? null]];
    case 'oneHot': {
      if (x === null) return [null];
      const { oneHotVectorSize, axis } = layer.value;
      const given = elements(1);
      const size = given === undefined ? Number(oneHotVectorSize) : (given?.[0] ?? null);
      return [x.toSpliced(axisIn(Number(axis), x.length + 1), 0, size)];
    }
    case 'NonMaximumSuppression': {
      const given = elements(4);
      const boxes = given === undefined ? Number(layer.value.maxBoxes) : (given?.[0] ?? null);
      const batch = x?.[0] ?? null;
      return [[batch, boxes, 4], [batch, boxes, second?.at(-1) ?? null], [batch, boxes], [batch]];
    }
    case 'gather': {
      if (x === null || second === null) return [null];
      const axis = axisIn(Number(layer.value.axis), x.length);
      return [[...x.slice(0, axis), ...second, ...x.slice(axis + 1)]];
    }
    case 'gatherAlongAxis':
    case 'broadcastToLike':
    case 'reshapeLike':
      return [second];
    case 'getShape':
      return [x && [x.length]];
    case 'broadcastToDynamic':
      return [shapeIn(1)];
    case 'reshapeDynamic': {
      const given = elements(1);
      return [given ? reshaped(x, given) : shapeIn(1)];
    }
    case 'broadcastToStatic':
      return [layer.value.targetShape.map(Number)];
    case 'reshapeStatic':
    case 'rankPreservingReshape':
      return [reshaped(x, layer.value.targetShape.map(Number))];
    case 'squeeze': {
      if (x === null) return [null];
      const axes = new Set(layer.value.axes.map((axis) => axisIn(Number(axis), x.length)));
      if (layer.value.squeezeAll && x.includes(null)) return [null];
      const left = x.filter((size, axis) => (layer.value.squeezeAll ? size !== 1 : !axes.has(axis)));
      return [left.length === 0 ? [1] : left];
    }
    case 'expandDims': {
      if (x === null) return [null];
      const rank = x.length + layer.value.axes.length;
      const axes = new Set(layer.value.axes.map((axis) => axisIn(Number(axis), rank)));
      const rest = [...x];
      return [Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.shift() ?? null)))];
    }
    case 'flattenTo2D': {
      if (x === null) return [null];
      const axis =
        Number(layer.value.axis) === x.length ? x.length : axisIn(Number(layer.value.axis), x.length);
      return [[product(x.slice(0, axis)), product(x.slice(axis))]];
    }
    case 'constantPad': {
      const { padAmounts, padToGivenOutputSizeMode } = layer.value;
      if (x === null) return [null];
      const given = elements(1);
      const amounts = given === undefined ? padAmounts.map(Number) : given;
      return [
        x.map((size, axis) => {
          const amount = sum([amounts?.[2 * axis], amounts?.[2 * axis + 1]]);
          if (size === null || amount === null) return null;
          return padToGivenOutputSizeMode ? Math.max(size, amount) : size + amount;
        }),
      ];
    }
    case 'reduceL1':
    case 'reduceL2':
    case 'reduceMax':
    case 'reduceMin':
    case 'reduceSum':
    case 'reduceProd':
    case 'reduceMean':
    case 'reduceLogSum':
    case 'reduceSumSquare':
    case 'reduceLogSumExp': {
      if (x === null) return [null];
      const { axes, reduceAll, keepDims } = layer.value;
      const reduced = new Set(axes.map((axis) => axisIn(Number(axis), x.length)));
      return [without(x, (axis) => reduceAll || reduced.has(axis), keepDims)];
    }
    case 'argMax':
    case 'argMin': {
      if (x === null) return [null];
      const reduced = axisIn(Number(layer.value.axis), x.length);
      return [without(x, (axis) => axis === reduced, !layer.value.removeDim)];
    }
    case 'topK': {
      if (x === null) return [null, null];
      const axis = axisIn(Number(layer.value.axis), x.length);
      const given = elements(1);
      const shape = x.with(axis, given === undefined ? Number(layer.value.K) : (given?.[0] ?? null));
      return [shape, shape];
    }
    case 'batchedMatmul':
      return [batched(layer.value, inputs)];
    case 'add':
    case 'multiply':
    case 'average':
    case 'max':
    case 'min':
    case 'whereBroadcastable':
      return [commonShape(inputs) ?? null];
    default:
      if (layer.case.endsWith('Broadcastable') || COMPARISONS.has(layer.case))
        return [commonShape(inputs) ?? null];
      return KEEPING.has(layer.case) ? output.map(() => x) : output.map(() => null);
  }
}

const COMPARISONS: ReadonlySet<string> = new Set([
  'equal',
  'notEqual',
  'lessThan',
  'lessEqual',
  'greaterThan',
  'greaterEqual',
  'logicalOr',
  'logicalXor',
  'logicalAnd',
]);

/** Layers whose output has the shape of their first input. */
const KEEPING: ReadonlySet<string> = new Set([
  ...[
    'activation',
    'batchnorm',
    'mvn',
    'l2normalize',
    'softmax',
    'softmaxND',
    'lrn',
    'unary',
    'scale',
    'bias',
  ],
  ...['copy', 'clip', 'ceil', 'floor', 'sign', 'round', 'exp2', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan'],
  ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf', 'gelu', 'logicalNot', 'scatter', 'scatterND'],
  ...['scatterAlongAxis', 'reverse', 'reverseSeq', 'fillLike', 'randomNormalLike', 'randomUniformLike'],
  ...['randomBernoulliLike', 'matrixBandPart', 'lowerTriangular', 'upperTriangular', 'layerNormalization'],
  ...['cumSum', 'clampedReLU', 'argSort'],
]);

/** The leading dimensions stay; what is multiplied becomes the channels. */
function innerProduct(x: MaybeShape, channels: number): MaybeShape {
  switch (x?.length) {
    case 1:
      return [channels];
    case 2:
    case 3:
      return [...x.slice(0, -1), channels];
    case 4:
    case 5:
      return [...x.slice(0, -3), channels, 1, 1];
    default:
      return null;
  }
}

function joined(inputs: readonly MaybeShape[], along: number): MaybeShape {
  const [first] = inputs;
  if (!first || inputs.some((one) => one?.length !== first.length)) return null;
  const axis = axisIn(along, first.length);
  return first.with(axis, sum(inputs.map((one) => one?.[axis])));
}

function knownRange(start: number | null, end: number | null, step: number | null): number | null {
  if (start === null || end === null || step === null || step === 0) return null;
  return rangeLength(start, end, step);
}

function part(size: number | null | undefined, parts: number): number | null {
  const length = typeof size === 'number' ? size / parts : null;
  return Number.isInteger(length) ? length : null;
}

function reorganized(x: Shape, toDepth: boolean, block: number): MaybeShape {
  if (block < 1) return null;
  const channels = toDepth ? product([x.at(CHANNEL), block * block]) : part(x.at(CHANNEL), block * block);
  const side = (axis: number) => (toDepth ? part(x.at(axis), block) : product([x.at(axis), block]));
  return withSizes(
    x,
    new Map([
      [CHANNEL, channels],
      [HEIGHT, side(HEIGHT)],
      [WIDTH, side(WIDTH)],
    ]),
  );
}

/** [sequence, batch, size, 1, 1]; outputs after the first are states, which have no sequence. */
function recurrent(
  x: MaybeShape,
  size: number,
  sequence: boolean,
  directions: number,
  outputs: number,
): MaybeShape[] {
  if (x?.length !== 5) return new Array<null>(outputs).fill(null);
  const [steps = null, batch = null] = x;
  return Array.from({ length: outputs }, (_, index) =>
    index === 0 ? [sequence ? steps : 1, batch, size * directions, 1, 1] : [1, batch, size, 1, 1],
  );
}

/** 0 keeps a dimension, -1 is what is left over. */
function reshaped(x: MaybeShape, target: readonly number[]): MaybeShape {
  const kept = target.map((size, axis) => (size === 0 ? (x?.[axis] ?? null) : size));
  if (!kept.includes(-1)) return kept;
  const count = elementCount(x);
  const rest = product(kept.filter((size) => size !== -1));
  const left = count !== null && rest ? count / rest : null;
  return kept.map((size) => (size === -1 ? (Number.isInteger(left) ? left : null) : size));
}

function without(x: Shape, reduced: (axis: number) => boolean, keep: boolean): Shape {
  if (keep) return x.map((size, axis) => (reduced(axis) ? 1 : size));
  const left = x.filter((_, axis) => !reduced(axis));
  return left.length === 0 ? [1] : left;
}

function batched(
  {
    transposeA,
    transposeB,
    weightMatrixSecondDimension,
  }: Extract<NeuralNetworkLayer['layer'], { case: 'batchedMatmul' }>['value'],
  inputs: readonly MaybeShape[],
): MaybeShape {
  const [a = null, b = null] = inputs;
  if (a === null) return null;
  if (inputs.length < 2) return [...a.slice(0, -1), Number(weightMatrixSecondDimension)];
  if (b === null) return null;
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const leading = commonShape([left.slice(0, -2), right.slice(0, -2)]) ?? null;
  const rows = left.at(transposeA ? -1 : -2) ?? null;
  return leading && [...leading, rows, right.at(transposeB ? -2 : -1) ?? null];
}
