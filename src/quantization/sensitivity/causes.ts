import type { Bench } from '../../evaluation/bench';
import { someSamples } from '../../evaluation/samples';
import type { ModelFile } from '../../formats/format';
import type { PlannedLayer, Range } from '../../formats/plan';
import type { Observing } from '../../formats/rewriter';
import { affineOf } from '../../formats/uniform';
import { itemAt } from '../../model/assert';
import type { OperatorKind } from '../../model/operatorKind';
import { type ChannelStatistics, observeChannels } from '../equalization/channelStatistics';
import { Roundings, type RoundingTask, SAMPLES } from './roundings';
import { type RoundedProduct, roundedProduct, weightCause } from './weightCauses';

/** A layer, and the error that it was measured to cause in integers alone, as a part of the outputs' energy. */
export interface SensitiveLayer {
  readonly layer: PlannedLayer;
  readonly error: number;
}

/** A channel that reaches so many times as far as half of the others makes their steps so much coarser. */
const OUTLIER = 4;
/** Values beyond a range that are worth a word: how far, in parts of the range. */
const CLIPPED = 0.1;
/** An error that grows so much on its way to the outputs is not the layer's rounding but what follows, in decibels. */
const AMPLIFIED_DB = 10;
/** Kernels that add up exactly cause no more than rounding does; so many times as much is something else. */
const UNEXPLAINED = 10;

/** Errors of rounding at the judged tensors, as parts of their energy; null: not known for this format. */
interface Parts {
  readonly input: number;
  readonly weights: number;
  readonly result: number;
}

/**
 * Why layers lose what they lose, for people; null where nothing about a layer is special. What rounding a layer's input,
 * its weights and its result cause alone is measured in float copies; then the one that causes most is looked at.
 * @throws ModelError where a copy does not run
 */
export async function causesOf(
  bench: Bench & { readonly observing: Observing },
  task: RoundingTask,
  layers: readonly SensitiveLayer[],
): Promise<(string | null)[]> {
  const roundings = await Roundings.of(bench, task);
  const tensors = new Set(layers.flatMap(({ layer }) => [...inputsOf(task, layer), layer.output]));
  const errors = (await roundings?.ofTensors([...tensors])) ?? null;
  const statistics = await statisticsOf(bench, task, tensors);
  const causes: (string | null)[] = [];
  for (const { layer, error } of layers) {
    const rounded = roundedProduct(task.cleaned, itemAt(task.plan.nodes, layer.node), layer);
    const parts = errors && {
      input: inputsOf(task, layer).reduce((sum, name) => sum + (errors.get(name) ?? 0), 0),
      weights: rounded === null ? 0 : ((await roundings?.ofWeights(rounded)) ?? 0),
      result: layer.quantizesOutput ? (errors.get(layer.output) ?? 0) : 0,
    };
    causes.push(causeOf(task, statistics, layer, rounded, parts, error));
  }
  return causes;
}

function causeOf(
  task: RoundingTask,
  statistics: ReadonlyMap<string, ChannelStatistics>,
  layer: PlannedLayer,
  rounded: RoundedProduct | null,
  parts: Parts | null,
  error: number,
): string | null {
  const all = parts === null ? null : parts.input + parts.weights + parts.result;
  if (all !== null && error > UNEXPLAINED * all && rounded !== null)
    return 'rounding explains a small part of it: sums of its products saturate in the kernels of this computer';
  if (parts !== null && rounded !== null && parts.weights > Math.max(parts.input, parts.result))
    return weightCause(rounded);
  const ofInput = parts !== null && parts.input > parts.result;
  const tensors = ofInput ? inputsOf(task, layer) : [layer.output];
  for (const tensor of tensors) {
    const cause = tensorCause(task, tensor, statistics.get(tensor), ofInput ? parts.input : parts?.result);
    if (cause !== null) return ofInput ? `its input: ${cause}` : cause;
  }
  return null;
}

/** What is special about the values of a tensor that is rounded. */
function tensorCause(
  task: RoundingTask,
  tensor: string,
  statistics: ChannelStatistics | undefined,
  error: number | undefined,
): string | null {
  const range = task.ranges.get(task.layout.roots.get(tensor) ?? tensor);
  if (statistics === undefined || range === undefined) return null;
  const { min, max } = statistics;
  const reach = Array.from(max, (most, channel) => Math.max(most, -itemAt(min, channel)));
  const widest = reach.indexOf(Math.max(...reach));
  const typical = itemAt(
    [...reach].sort((a, b) => a - b),
    reach.length >> 1,
  );
  const most = itemAt(reach, widest);
  if (most > OUTLIER * typical)
    return `channel ${widest} reaches ${most.toPrecision(3)}, half of the others no more than ${typical.toPrecision(2)}`;
  const beyond = Math.max(Math.max(...max) - range.max, range.min - Math.min(...min));
  if (beyond > CLIPPED * (range.max - range.min))
    return `values reach ${most.toPrecision(3)} and are clipped to ${range.min.toPrecision(3)} to ${range.max.toPrecision(3)}`;
  return error === undefined ? null : amplification(task, tensor, statistics, range, error);
}

/** Whether an error is far larger at the outputs, in proportion, than where it arises. */
function amplification(
  { cleaned, type }: RoundingTask,
  tensor: string,
  { meanSquare }: ChannelStatistics,
  range: Range,
  error: number,
): string | null {
  const energy = meanSquare.reduce((sum, own) => sum + own, 0) / meanSquare.length;
  const { scale } = affineOf(range, type);
  // A rounded value is off by a uniform error of up to half a step.
  const own = scale ** 2 / 12 / energy;
  const growth = 10 * Math.log10(error / own);
  if (!(growth > AMPLIFIED_DB)) return null;
  const op = firstBent(cleaned, tensor);
  return `${op === null ? 'what follows' : `the ${op} behind it`} makes its rounding error ${growth.toFixed(0)} dB larger in proportion`;
}

/** What hands errors on in proportion to values, or leaves some of them out. */
const PROPORTIONAL: ReadonlySet<OperatorKind | null> = new Set([
  'convolution',
  'depthwise convolution',
  'transposed convolution',
  'matrix product',
  'relu',
  'clip',
  'leaky relu',
  'prelu',
  'addition',
  'subtraction',
  'max pooling',
  'average pooling',
  'global max pooling',
  'global average pooling',
  'batch normalization',
  'concatenation',
  'split',
  'slice',
  'padding',
  'reshape',
  'transpose',
  'resize',
  'identity',
]);

/** The first operator on the way from a tensor that is neither a product nor piecewise linear; null: there is none. */
function firstBent({ model }: ModelFile, tensor: string): string | null {
  const seen = new Set([tensor]);
  for (const { inputs, outputs, kind, op } of model.graph.nodes) {
    if (!inputs.some((name) => seen.has(name))) continue;
    if (!PROPORTIONAL.has(kind)) return op;
    for (const name of outputs) seen.add(name);
  }
  return null;
}

function inputsOf({ plan }: RoundingTask, { node, role }: PlannedLayer): string[] {
  return role.data.map((at) => itemAt(itemAt(plan.nodes, node).inputs, at));
}

async function statisticsOf(
  bench: Bench,
  { cleaned, dims, samples }: RoundingTask,
  names: ReadonlySet<string>,
): Promise<Map<string, ChannelStatistics>> {
  if (cleaned.format.withOutputs === undefined) return new Map();
  const { tensors } = cleaned.infer(dims).graph;
  const given = new Set(cleaned.model.graph.inputs.map(({ name }) => name));
  const channelsLast = cleaned.format.layout === 'channels last';
  const channels = new Map<string, number>();
  for (const name of names) {
    const shape = tensors.get(name)?.shape ?? [];
    const count = shape[channelsLast ? shape.length - 1 : 1];
    if (shape.length >= 2 && typeof count === 'number' && !given.has(name)) channels.set(name, count);
  }
  return channels.size === 0
    ? new Map()
    : observeChannels(bench, cleaned, channels, channelsLast, someSamples(samples, SAMPLES));
}
