import type { Bench } from '../evaluation/bench';
import { withCopy } from '../evaluation/copies';
import { floatValues } from '../evaluation/floats';
import { type Samples, someSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { Layout, ModelPlan, PlanNode, PlannedLayer, Range } from '../formats/plan';
import type { Observing, RoundingNames } from '../formats/rewriter';
import { affineOf, type IntegerType, limitsOf, quantizeWeights, weightGroups } from '../formats/uniform';
import { itemAt, present } from '../model/assert';
import type { DimensionChoice } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import type { Feeds, RuntimeTensor } from '../runtime/engine';
import { type ChannelStatistics, observeChannels } from './equalization/channelStatistics';

/** What a layer's integers alone take from the model. */
export interface LayerSensitivity {
  readonly id: NodeId;
  readonly name: string;
  /** SQNR at the model's outputs with only this layer's weights and result in integers; Infinity: no difference. */
  readonly decibels: number;
  /** Its part of the errors of all layers. */
  readonly share: number;
  /** What is special about it, for people; null: it rounds as any other. */
  readonly reason: string | null;
}

export interface SensitivityTask {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly plan: ModelPlan;
  readonly layout: Layout;
  /** Of every root of the layout. */
  readonly ranges: ReadonlyMap<string, Range>;
  readonly type: IntegerType;
  /** What models are judged by: outputs, or what goes into a last Softmax. */
  readonly judged: readonly string[];
  readonly samples: Samples;
}

/** Errors that are measured one by one are steady after a few samples. */
const SAMPLES = 8;
/** Tensors whose rounding is in one copy of the model: each costs a little time even where it is off. */
const TOGETHER = 8;
/** Layers that are looked at more closely, from the most sensitive on. */
const EXPLAINED = 5;
/** A channel that reaches so many times as far as half of the others makes their steps so much coarser. */
const OUTLIER = 4;

/**
 * The error at the outputs that each layer's integers cause alone, everything else in float; the most first. To the first
 * order such errors add up to that of all together (30.9 dB against 30.4 on the sample), and each is far steadier than
 * that sum, which depends on how they meet. The float model's outputs are computed once.
 * @returns nothing where the format has no copies whose tensors are rounded
 * @throws ModelError where a copy does not run
 */
export async function layerSensitivity(
  bench: Bench & { readonly observing: Observing },
  task: SensitivityTask,
): Promise<LayerSensitivity[]> {
  const { withRounding, replaceValues } = bench.observing;
  if (withRounding === undefined || replaceValues === undefined) return [];
  const { cleaned, layout, judged } = task;
  const samples = someSamples(task.samples, SAMPLES);
  const outputs = new Float64Array(layout.layers.length);
  const weights = new Float64Array(layout.layers.length);
  const float: Feeds[] = [];
  const results = layout.layers.map((layer) => (layer.quantizesOutput ? layer.output : null));
  const tensors = [...new Set(results.filter((name) => name !== null && task.ranges.has(name)))] as string[];
  for (let from = 0; from === 0 || from < tensors.length; from += TOGETHER) {
    const path = bench.newPath('rounding');
    const names = withRounding(cleaned, tensors.slice(from, from + TOGETHER), path);
    await withCopy(bench, path, async (session) => {
      for (let index = 0; index < samples.size; index++) {
        const feeds = await samples.feeds(index);
        const run = (on: string | null) => session.run({ ...feeds, ...switches(task, names, on) }, judged);
        if (from === 0) float.push(copied(await run(null), judged));
        for (const tensor of names.keys()) {
          const error = distance(await run(tensor), itemAt(float, index), judged);
          results.forEach((name, layer) => {
            if (name === tensor) outputs[layer] = itemAt(outputs, layer) + error;
          });
        }
      }
    });
  }
  for (const [index, layer] of layout.layers.entries()) {
    const node = itemAt(task.plan.nodes, layer.node);
    const rounded = roundedWeights(cleaned, node, layer);
    if (rounded === null || node.product === null) continue;
    const path = bench.newPath('weights');
    replaceValues(cleaned, new Map([[node.product.weights, rounded]]), new Map(), path);
    await withCopy(bench, path, async (session) => {
      for (let sample = 0; sample < samples.size; sample++) {
        const error = distance(
          await session.run(await samples.feeds(sample), judged),
          itemAt(float, sample),
          judged,
        );
        weights[index] = itemAt(weights, index) + error;
      }
    });
  }
  const signal = float.reduce((sum, own) => sum + distance(own, null, judged), 0);
  const errors = layout.layers.map((_, index) => itemAt(outputs, index) + itemAt(weights, index));
  const all = errors.reduce((sum, error) => sum + error, 0);
  const order = errors.map((_, index) => index).sort((a, b) => itemAt(errors, b) - itemAt(errors, a));
  const closely = order.slice(0, EXPLAINED).map((index) => itemAt(layout.layers, index));
  const statistics = await statisticsOf(bench, task, closely, samples);
  return order.map((index): LayerSensitivity => {
    const layer = itemAt(layout.layers, index);
    const error = itemAt(errors, index);
    return {
      id: layer.id,
      name: layer.name,
      decibels: error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / error),
      share: all === 0 ? 0 : error / all,
      reason:
        itemAt(weights, index) > itemAt(outputs, index)
          ? 'rounding its weights costs more than rounding its result'
          : reasonOf(statistics.get(layer.output), task.ranges.get(layer.output)),
    };
  });
}

/** Inputs of a copy in which one tensor at most is rounded. */
function switches(
  { ranges, type }: SensitivityTask,
  names: ReadonlyMap<string, RoundingNames>,
  on: string | null,
): Feeds {
  const { low, high } = limitsOf(type);
  const feeds: Feeds = {};
  for (const [tensor, { min, max, step, share }] of names) {
    const { scale, zeroPoint } = affineOf(present(ranges.get(tensor), `range of ${tensor}`), type);
    feeds[min] = scalar((low - zeroPoint) * scale);
    feeds[max] = scalar((high - zeroPoint) * scale);
    feeds[step] = scalar(scale);
    feeds[share] = scalar(tensor === on ? 1 : 0);
  }
  return feeds;
}

function scalar(value: number): RuntimeTensor {
  return { type: 'float32', shape: [], data: Float32Array.of(value) };
}

function copied(outputs: Feeds, names: readonly string[]): Feeds {
  const result: Feeds = {};
  for (const name of names) {
    const tensor = present(outputs[name], `output ${name}`);
    result[name] = { ...tensor, data: tensor.data.slice() };
  }
  return result;
}

/** Σ of squared differences; from zero where there is no other one. */
function distance(outputs: Feeds, others: Feeds | null, names: readonly string[]): number {
  let sum = 0;
  for (const name of names) {
    const values = floatValues(present(outputs[name], `output ${name}`));
    const other = others === null ? null : floatValues(present(others[name], `output ${name}`));
    values?.forEach((value, i) => {
      sum += (value - (other?.[i] ?? 0)) ** 2;
    });
  }
  return sum;
}

/** The numbers that a layer's weights become, rounded to the nearest. */
function roundedWeights(
  cleaned: ModelFile,
  { product }: PlanNode,
  { role }: PlannedLayer,
): Float32Array | null {
  const tensor = product === null ? undefined : cleaned.model.graph.constants.get(product.weights);
  if (product === null || tensor === undefined) return null;
  const { values } = cleaned.readTensor(tensor);
  const groups = weightGroups(product.shape, role.weightAxis);
  const { values: integers, scales } = quantizeWeights(values, groups, 'int8', null);
  return Float32Array.from(integers, (integer, i) => {
    const group = role.weightAxis === null ? 0 : Math.floor(i / groups.inner) % groups.size;
    return integer * itemAt(scales, group);
  });
}

async function statisticsOf(
  bench: Bench,
  { cleaned, dims }: SensitivityTask,
  layers: readonly PlannedLayer[],
  samples: Samples,
): Promise<Map<string, ChannelStatistics>> {
  const { tensors } = cleaned.infer(dims).graph;
  const channelsLast = cleaned.format.layout === 'channels last';
  const channels = new Map<string, number>();
  for (const { output } of layers) {
    const shape = tensors.get(output)?.shape ?? [];
    const count = shape[channelsLast ? shape.length - 1 : 1];
    if (shape.length >= 2 && typeof count === 'number') channels.set(output, count);
  }
  return channels.size === 0 ? new Map() : observeChannels(bench, cleaned, channels, channelsLast, samples);
}

function reasonOf(statistics: ChannelStatistics | undefined, range: Range | undefined): string | null {
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
  const beyond = Math.max(itemAt(max, widest) - range.max, range.min - itemAt(min, widest));
  return beyond > 0.1 * (range.max - range.min)
    ? `values reach ${most.toPrecision(3)} and are clipped to ${range.min.toPrecision(3)} to ${range.max.toPrecision(3)}`
    : null;
}
