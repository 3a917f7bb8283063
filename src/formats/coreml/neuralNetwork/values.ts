import { itemAt } from '../../../model/assert';
import type { Shape } from '../../../model/dataType';
import { roundHalfToEven } from '../../../model/rounding';
import {
  broadcastElements,
  gatheredElements,
  joinedElements,
  partElements,
  pickedElements,
  truth,
} from '../../following';
import { axisIn, type Value } from '../../value';
import type { NeuralNetworkLayer } from '../coreml_pb';
import type { InputElements } from './layers';
import { slicesOf } from './slices';

type Elements = readonly number[] | null;

/**
 * Elements of a layer's only output where they follow from those of its inputs: the layers that shapes are computed
 * with. Constants are read elsewhere.
 *
 * @param shape of the output.
 */
export function outputElements(
  { layer }: NeuralNetworkLayer,
  inputs: readonly Value[],
  shape: Shape | null,
  input: InputElements,
): Elements {
  const [x] = inputs;
  switch (layer.case) {
    case 'fillStatic':
    case 'fillDynamic':
    case 'fillLike': {
      const { value } = layer.value;
      return broadcastElements([], shape, () => value);
    }
    case 'rangeStatic': {
      const { startValue, stepSizeValue } = layer.value;
      return broadcastElements([], shape, () => 0)?.map((_, n) => startValue + n * stepSizeValue) ?? null;
    }
    case undefined:
      return null;
  }
  if (x === undefined) return null;
  switch (layer.case) {
    case 'getShape':
      return x.shape?.map((size) => size ?? Number.NaN) ?? null;
    case 'squeeze':
    case 'expandDims':
    case 'flattenTo2D':
    case 'reshapeStatic':
    case 'reshapeDynamic':
    case 'reshapeLike':
    case 'rankPreservingReshape':
    case 'copy':
      return x.elements;
    case 'concatND':
      return layer.value.interleave || shape === null
        ? null
        : joinedElements(
            inputs,
            shape,
            axisIn(Number(layer.value.axis), shape.length),
            (size) => size ?? Number.NaN,
          );
    case 'stack':
      return shape && joinedElements(inputs, shape, axisIn(Number(layer.value.axis), shape.length), () => 1);
    case 'gather': {
      const places = inputs[1];
      if (!places || shape === null || x.shape === null) return null;
      return gatheredElements(x, places, axisIn(Number(layer.value.axis), x.shape.length), shape);
    }
    case 'sliceStatic':
    case 'sliceDynamic': {
      const given = layer.case === 'sliceDynamic' ? input : () => undefined;
      const slices = x.shape && slicesOf(x.shape, layer.value, given);
      if (!slices) return null;
      const { taken } = slices;
      return partElements(
        x,
        taken.map((one) => one?.count ?? null),
        taken.map((one) => one?.start ?? null),
        taken.map((one) => one?.step ?? 1),
      );
    }
    case 'broadcastToStatic':
    case 'broadcastToDynamic':
    case 'broadcastToLike':
      return broadcastElements([x], shape, (element) => element);
    case 'reduceProd':
    case 'reduceSum':
    case 'reduceMax':
    case 'reduceMin':
      return shape?.every((size) => size === 1) && x.elements ? [REDUCED[layer.case](x.elements)] : null;
    case 'add':
      if (inputs.length === 1) return plain(inputs, shape, (a) => a + layer.value.alpha);
      break;
    case 'multiply':
      if (inputs.length === 1) return plain(inputs, shape, (a) => a * layer.value.alpha);
      break;
    case 'whereBroadcastable':
      return plain(inputs, shape, (test, a = 0, b = 0) => (Number.isNaN(test) ? test : test !== 0 ? a : b));
    case 'reverse': {
      if (x.shape === null) return null;
      const { reverseDim } = layer.value;
      const sizes = x.shape.map((size) => size ?? Number.NaN);
      return pickedElements(x, shape, (index) =>
        index.reduce(
          (at, n, axis) => at * itemAt(sizes, axis) + (reverseDim[axis] ? itemAt(sizes, axis) - 1 - n : n),
          0,
        ),
      );
    }
  }
  const compute = COMPUTED.get(layer.case);
  return compute && inputs.length <= 2 ? plain(inputs, shape, compute) : null;
}

type Compute = (a: number, b?: number, c?: number) => number;

/** Layers work in single precision. */
function plain(inputs: readonly Value[], shape: Shape | null, compute: Compute): Elements {
  return broadcastElements(inputs, shape, (...[a = 0, b, c]) => Math.fround(compute(a, b, c)));
}

const REDUCED = {
  reduceProd: (elements: readonly number[]) => elements.reduce((a, b) => a * b, 1),
  reduceSum: (elements: readonly number[]) => elements.reduce((a, b) => a + b, 0),
  reduceMax: (elements: readonly number[]) => Math.max(...elements),
  reduceMin: (elements: readonly number[]) => Math.min(...elements),
} as const;

/** Two operands; where there is one alone, comparisons say what they compare it with themselves. */
const two =
  (compute: (a: number, b: number) => number): Compute =>
  (a, b) =>
    b === undefined ? Number.NaN : compute(a, b);

const COMPUTED: ReadonlyMap<string, Compute> = new Map<string, Compute>([
  ['addBroadcastable', two((a, b) => a + b)],
  ['add', two((a, b) => a + b)],
  ['subtractBroadcastable', two((a, b) => a - b)],
  ['multiplyBroadcastable', two((a, b) => a * b)],
  ['multiply', two((a, b) => a * b)],
  ['divideBroadcastable', two((a, b) => a / b)],
  ['floorDivBroadcastable', two((a, b) => Math.floor(a / b))],
  ['modBroadcastable', two((a, b) => a - Math.floor(a / b) * b)],
  ['powBroadcastable', two((a, b) => a ** b)],
  ['maxBroadcastable', two((a, b) => Math.max(a, b))],
  ['minBroadcastable', two((a, b) => Math.min(a, b))],
  ['equal', two(truth((a, b) => a === b))],
  ['notEqual', two(truth((a, b) => a !== b))],
  ['lessThan', two(truth((a, b) => a < b))],
  ['lessEqual', two(truth((a, b) => a <= b))],
  ['greaterThan', two(truth((a, b) => a > b))],
  ['greaterEqual', two(truth((a, b) => a >= b))],
  ['floor', (a) => Math.floor(a)],
  ['ceil', (a) => Math.ceil(a)],
  ['round', (a) => roundHalfToEven(a)],
  ['sign', (a) => Math.sign(a)],
]);
