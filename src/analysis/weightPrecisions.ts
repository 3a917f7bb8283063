import type { ModelFile } from '../formats/format';
import { quantizeWeights, type WeightGroups, type WeightLimit, weightGroups } from '../formats/uniform';
import type { Tensor } from '../model/model';
import { ModelError } from '../model/modelError';
import type { WeightPrecisions } from '../protocol/page';
import type { Analysis } from './inspect';
import type { Row } from './rows';
import { reportedDecibels, Sqnr } from './sqnr';
import { storedTensor } from './statistics';

/** Elements of a tensor that are quantized three times for somebody who looks at it: two seconds (CWE-770). */
const MAX_ELEMENTS = 16 * 2 ** 20;
/** ONNX Runtime's own tools write blocks of 32 by default. */
const BLOCK = 32;

const FLOATS = new Set(['float64', 'float32', 'float16', 'bfloat16']);

/**
 * What a layer's weights would lose in fewer bits: symmetric, rounded to the nearest, a scale for all, for each output
 * channel, or for blocks of neighbours. Nothing is said of what the outputs lose by it.
 *
 * @throws ModelError when the layer has no such weights in floating point, they are too many, or cannot be read.
 */
export function weightPrecisions(
  file: ModelFile,
  analysis: Analysis,
  row: number,
  name: string,
): WeightPrecisions {
  const tensor = storedTensor(analysis, row, name);
  const layer = analysis.nodes[row];
  if (tensor === null || layer === undefined) {
    throw new ModelError(`The layer uses no stored tensor named '${name}'.`);
  }
  if (!FLOATS.has(tensor.type) || tensor.sparse) {
    throw new ModelError(
      `The weights ${name} are stored as ${tensor.type} already, not as plain floating-point numbers.`,
    );
  }
  if (tensor.storedElements > MAX_ELEMENTS) {
    throw new ModelError(
      `The weights ${name} have more than ${MAX_ELEMENTS / 2 ** 20} M elements, so they are not tried here.`,
    );
  }
  const { values } = file.readTensor(tensor, MAX_ELEMENTS);
  if (values.some((value) => !Number.isFinite(value))) {
    throw new ModelError(
      `The weights ${name} hold numbers that are not finite, for which no scale can be found.`,
    );
  }
  const { shape } = tensor;
  const axis = channelAxis(layer, tensor);
  const forms: { label: string; limit: WeightLimit; groups: WeightGroups }[] = [
    { label: 'int8, one scale', limit: 'int8', groups: weightGroups(shape, null) },
  ];
  if (axis !== null) {
    forms.push({ label: 'int8, a scale a channel', limit: 'int8', groups: weightGroups(shape, axis) });
    forms.push(
      shape.length === 2
        ? { label: `int4, blocks of ${BLOCK}`, limit: 'int4', groups: weightGroups(shape, 1 - axis, BLOCK) }
        : { label: 'int4, a scale a channel', limit: 'int4', groups: weightGroups(shape, axis) },
    );
  }
  return {
    tensor: name,
    axis,
    forms: forms.map(({ label, limit, groups }) => {
      const decibels = sqnrOf(values, groups, limit);
      return { label, sqnrDb: reportedDecibels(decibels), identical: decibels === Number.POSITIVE_INFINITY };
    }),
  };
}

function sqnrOf(values: ArrayLike<number>, groups: WeightGroups, limit: WeightLimit): number | null {
  const { values: integers, scales } = quantizeWeights(values, groups, limit, null);
  const sqnr = new Sqnr();
  sqnr.add(values, decoded(integers, scales, groups));
  return sqnr.decibels;
}

function decoded(
  integers: Int8Array,
  scales: Float32Array,
  { size, inner, block }: WeightGroups,
): Float64Array {
  return Float64Array.from(integers, (integer, at) => {
    const along = Math.floor(at / inner) % size;
    const outer = Math.floor(at / (inner * size));
    const group =
      block === null
        ? along
        : (outer * Math.ceil(size / block) + Math.floor(along / block)) * inner + (at % inner);
    return integer * (scales[group] ?? Number.NaN);
  });
}

/**
 * The axis of the output channels, by their number in the layer's output. null: several could be it, or the layer is
 * none that has them, so that no scale by channel is tried.
 */
function channelAxis({ entry, graph }: Row, { shape }: Tensor): number | null {
  const { kind, layout, outputs } = entry.node;
  const output = graph.inferred.tensors.get(outputs[0] ?? '')?.shape;
  if (!output) return null;
  const isConvolution = kind === 'convolution' || kind === 'depthwise convolution';
  if (!isConvolution && kind !== 'matrix product') return null;
  const channels = isConvolution && layout !== 'channels last' ? output[1] : output.at(-1);
  const axes = shape.flatMap((size, axis) => (size === channels ? [axis] : []));
  const [first, other] = axes;
  if (first === undefined || other === undefined) return first ?? null;
  // Where kernels are as long as there are channels: these come first, but last in depthwise kernels that are laid out
  // channels last, whose first axis is 1.
  return isConvolution ? (first === 0 ? 0 : (axes.at(-1) ?? null)) : null;
}
