import type { Bench } from '../../evaluation/bench';
import type { Samples } from '../../evaluation/samples';
import { equalizedName } from '../../formats/equalized';
import type { ModelFile } from '../../formats/format';
import type { ModelPlan, Product, Range } from '../../formats/plan';
import type { Observing } from '../../formats/rewriter';
import { itemAt, present } from '../../model/assert';
import type { DimensionChoice } from '../../model/inference';
import { matrixPlaces } from '../rounding/productInputs';
import { channelFactors } from './channelFactors';
import { type ChannelGroup, channelGroups } from './channelGroups';
import { type ChannelStatistics, observeChannels } from './channelStatistics';

export interface EqualizationTask {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly plan: ModelPlan;
  /** Tensors that will be in integers. */
  readonly quantized: ReadonlySet<string>;
  /** Tensors whose values must stay as they are. */
  readonly fixed: readonly string[];
  readonly samples: Samples;
}

/** What became of a model whose channels were equalized. */
export interface Equalized {
  /** Tensors that have other values than before. */
  readonly changed: number;
  /** Of tensors of the model as it was, over the samples, as far as they were looked at. */
  readonly ranges: ReadonlyMap<string, Range>;
}

/**
 * Cross-layer equalization (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019,
 * section 4.1): channels of activations are multiplied by factors that the weights before them take in and the weights
 * behind them undo, so that one scale for a whole tensor suits all its channels. There the ranges of weights are made
 * alike; here weights have a scale for each output channel anyway, and it is the activations that gain: what one scale a
 * channel would do for them, engines can have without it.
 * @returns null: nothing was changed, and nothing written
 */
export async function equalize(
  bench: Bench & { readonly observing: Pick<Observing, 'replaceValues'> },
  task: EqualizationTask,
  target: string,
): Promise<Equalized | null> {
  const { cleaned, plan } = task;
  if (bench.observing.replaceValues === undefined) return null;
  const groups = channelGroups(cleaned, plan, cleaned.infer(task.dims).graph, task.fixed);
  const observed = new Map(
    groups.flatMap(({ tensors }) =>
      [...tensors].flatMap(([name, { length }]) =>
        task.quantized.has(name) ? [[name, length] as const] : [],
      ),
    ),
  );
  if (observed.size === 0) return null;
  const channelsLast = cleaned.format.layout === 'channels last';
  const statistics = await observeChannels(bench, cleaned, observed, channelsLast, task.samples);
  const values = new Map<string, Float32Array>();
  const original = (name: string) => {
    const tensor = present(cleaned.model.graph.constants.get(name), `stored tensor ${name}`);
    return Float32Array.from(cleaned.readTensor(tensor).values);
  };
  const stored = (name: string) => values.get(name) ?? original(name);
  const names = new Map<string, string>();
  for (const group of groups) {
    const seen = [...group.tensors].filter(([name]) => statistics.has(name));
    if (seen.length === 0) continue;
    const shifts = channelShifts(group, plan, statistics, stored);
    const own = seen.map(([name, slots]) => ({
      ...present(statistics.get(name), name).shiftedBy(shifts?.get(name) ?? new Float64Array(slots.length)),
      slots,
    }));
    const factors =
      channelFactors(group, own, ({ weights }) => original(weights)) ??
      (shifts === null ? null : new Float64Array(group.slots).fill(1));
    if (factors === null) continue;
    const factorsOf = (name: string) =>
      Float64Array.from(present(group.tensors.get(name), name), (slot) => itemAt(factors, slot));
    const stays = (own: Float64Array) => shifts === null && own.every((factor) => factor === 1);
    for (const product of group.producers) {
      const own = factorsOf(product.result);
      if (stays(own)) continue;
      values.set(product.weights, multiplied(product, stored(product.weights), own));
      if (product.bias === null) continue;
      const bias = stored(product.bias);
      const shift = shifts?.get(product.result);
      values.set(
        product.bias,
        bias.map((value, c) => (value + (shift?.[c] ?? 0)) * itemAt(own, c)),
      );
    }
    for (const product of group.consumers) {
      const own = factorsOf(product.data);
      if (stays(own)) continue;
      const shift = shifts?.get(product.data);
      if (shift !== undefined && product.bias !== null)
        values.set(product.bias, absorbed(product, stored(product.weights), stored(product.bias), shift));
      values.set(product.weights, undone(product, stored(product.weights), own));
    }
    for (const name of group.tensors.keys())
      if (!stays(factorsOf(name))) names.set(name, equalizedName(name));
  }
  for (const name of values.keys()) names.set(name, equalizedName(name));
  if (values.size === 0) return null;
  bench.observing.replaceValues(cleaned, values, names, target);
  const ranges = new Map<string, Range>();
  for (const [name, { range }] of statistics)
    if (Number.isFinite(range.max - range.min)) ranges.set(name, range);
  return { changed: names.size - values.size, ranges };
}

/**
 * What is added to each channel of the tensors of a group so that those that products give lie around zero; null where
 * that cannot be undone behind them.
 */
function channelShifts(
  group: ChannelGroup,
  plan: ModelPlan,
  statistics: ReadonlyMap<string, ChannelStatistics>,
  stored: (name: string) => Float32Array,
): Map<string, Float64Array> | null {
  const { slots: channels, consumers, producers, linear, tensors } = group;
  const biased = ({ bias }: Product, count: number) => bias !== null && stored(bias).length === count;
  // A window of one place needs no padding to give as many.
  const padded = ({ windows }: Product) =>
    windows.some(({ window: { kernel, padding } }) =>
      padding === 'same' ? kernel !== 1 : padding.some((size) => size !== 0),
    );
  if (
    !linear ||
    consumers.some((product) => padded(product) || !biased(product, itemAt(product.shape, product.output)))
  )
    return null;
  if (producers.some((product) => !biased(product, channels))) return null;
  const shifts = new Map<string, Float64Array>();
  const results = new Set(producers.map(({ result }) => result));
  for (const { inputs, outputs } of plan.nodes) {
    const [result = ''] = outputs;
    if (!tensors.has(result)) continue;
    const shift = new Float64Array(channels);
    if (results.has(result)) {
      const seen = statistics.get(result);
      seen?.min.forEach((min, c) => {
        shift[c] = -(min + itemAt(seen.max, c)) / 2;
      });
    } else
      for (const name of inputs)
        shifts.get(name)?.forEach((value, c) => {
          shift[c] = itemAt(shift, c) + value;
        });
    shifts.set(result, shift);
  }
  return shifts;
}

/** The bias of a product whose data are shifted, so that it gives the same. */
function absorbed(
  product: Product,
  weights: Float32Array,
  bias: Float32Array,
  shift: Float64Array,
): Float32Array {
  const result = Float64Array.from(bias);
  eachWeight(product, (at, output, input) => {
    result[output] = (result[output] as number) - (weights[at] as number) * (shift[input] as number);
  });
  return Float32Array.from(result);
}

/** Weights whose outputs are multiplied. */
function multiplied(product: Product, weights: Float32Array, factors: Float64Array): Float32Array {
  const result = weights.slice();
  eachWeight(product, (at, output) => {
    result[at] = (weights[at] as number) * (factors[output] as number);
  });
  return result;
}

/** Weights that read channels that were multiplied. */
function undone(product: Product, weights: Float32Array, factors: Float64Array): Float32Array {
  const result = weights.slice();
  eachWeight(product, (at, _, input) => {
    result[at] = (weights[at] as number) / (factors[input] as number);
  });
  return result;
}

/** @param use is told where a weight is, and of which output and which input channel it is */
function eachWeight(product: Product, use: (at: number, output: number, input: number) => void): void {
  const { groups, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
  const places = product.places.reduce((all, axis) => all * itemAt(product.shape, axis), 1);
  const width = columnOffsets.length / places;
  for (let output = 0; output < groups * rows; output++) {
    const first = Math.floor(output / rows) * width;
    const start = itemAt(rowOffsets, output);
    for (let column = 0; column < columnOffsets.length; column++)
      use(start + (columnOffsets[column] as number), output, first + Math.floor(column / places));
  }
}
