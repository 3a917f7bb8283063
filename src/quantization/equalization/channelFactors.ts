import type { Product } from '../../formats/plan';
import { itemAt, present } from '../../model/assert';
import { matrixPlaces } from '../rounding/productInputs';
import type { ChannelGroup } from './channelGroups';
import type { ChannelStatistics } from './channelStatistics';

/** How far ranges of channels are brought together: 0 not at all, 1 so that all are as wide as the widest. */
const DEGREES = [0, 0.25, 0.5, 0.75, 1];
/** A channel that hardly ever differs from zero is not multiplied by more. */
const LARGEST_FACTOR = 64;
/** What other data may reach, in parts of what was seen of a channel: the fewer values a channel has, the more it varies. */
const ROOM = 1.25;
/** Steps of activations, and integers of weights to each side. */
const STEPS = 255;
const LARGEST_WEIGHT = 127;

type Statistics = Pick<ChannelStatistics, 'min' | 'max' | 'meanSquare'>;

/** A tensor of a group that is quantized. */
export interface SeenTensor extends Statistics {
  /** Of each channel. */
  readonly slots: Int32Array;
}

/** Float values of a product's weights. */
export type WeightsOf = (product: Product) => ArrayLike<number>;

/**
 * The factors of a group's slots by which rounding activations and weights is predicted to cost its readers least, of
 * ranges as they are and brought together by degrees; null: as they are is best.
 * @param quantized those of its tensors that are quantized
 */
export function channelFactors(
  group: ChannelGroup,
  quantized: readonly SeenTensor[],
  weightsOf: WeightsOf,
): Float64Array | null {
  const readers = group.consumers.map((product) =>
    readerOf(product, present(group.tensors.get(product.data), product.data), weightsOf(product)),
  );
  let best: Float64Array | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const degree of DEGREES) {
    const factors = factorsOf(group, quantized, degree);
    const cost = costOf(factors, quantized, readers);
    if (!(cost < bestCost)) continue;
    bestCost = cost;
    best = degree === 0 ? null : factors;
  }
  return best;
}

function factorsOf(
  { slots, limits, fixed }: ChannelGroup,
  quantized: readonly SeenTensor[],
  degree: number,
): Float64Array {
  const reaches = new Float64Array(slots).fill(Number.NEGATIVE_INFINITY);
  for (const { slots: own, min, max } of quantized)
    own.forEach((slot, channel) => {
      reaches[slot] = Math.max(itemAt(reaches, slot), -itemAt(min, channel), itemAt(max, channel));
    });
  const widest = reaches.reduce((a, b) => Math.max(a, b), 0);
  return reaches.map((own, slot) => {
    if (own <= 0 || fixed.has(slot)) return 1;
    const wanted = Math.min((widest / (ROOM * own)) ** degree, LARGEST_FACTOR);
    return Math.max(1, Math.min(wanted, itemAt(limits, slot) / (ROOM * own)));
  });
}

/** What the products that read a group make of errors in it. */
interface Reader {
  /** Of each input channel. */
  readonly slots: Int32Array;
  /** By input channel: Σ of its squared weights. */
  readonly gain: Float64Array;
  /** By output, and by input channel within its group: the largest weight. */
  readonly largest: Float32Array;
  /** Input channels of each output. */
  readonly width: number;
  /** Weights of each input channel for one output. */
  readonly places: number;
}

function readerOf(product: Product, slots: Int32Array, values: ArrayLike<number>): Reader {
  const { groups, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
  const places = product.places.reduce((all, axis) => all * itemAt(product.shape, axis), 1);
  const width = columnOffsets.length / places;
  const gain = new Float64Array(groups * width);
  const largest = new Float32Array(groups * rows * width);
  for (let output = 0; output < groups * rows; output++) {
    const first = Math.floor(output / rows) * width;
    const row = itemAt(rowOffsets, output);
    for (let channel = 0, column = 0; channel < width; channel++) {
      let squares = 0;
      let most = 0;
      for (const end = column + places; column < end; column++) {
        const weight = values[row + (columnOffsets[column] as number)] as number;
        squares += weight * weight;
        if (Math.abs(weight) > most) most = Math.abs(weight);
      }
      gain[first + channel] = itemAt(gain, first + channel) + squares;
      largest[output * width + channel] = most;
    }
  }
  return { slots, gain, largest, width, places };
}

/**
 * The error that rounding adds to what the readers give, in parts of its energy: a uniform error of a twelfth of a squared
 * step for each activation in each tensor that has its slot, and for each weight times the energy of what it meets.
 */
function costOf(factors: Float64Array, quantized: readonly SeenTensor[], readers: readonly Reader[]): number {
  const squaredSteps = new Float64Array(factors.length);
  const energies = new Float64Array(factors.length);
  for (const tensor of quantized) {
    const step = stepOf(tensor, factors);
    const { slots, meanSquare } = tensor;
    slots.forEach((slot, channel) => {
      squaredSteps[slot] = itemAt(squaredSteps, slot) + step * step;
      energies[slot] = Math.max(itemAt(energies, slot), itemAt(meanSquare, channel));
    });
  }
  return readers.reduce((sum, { slots, gain, largest, width, places }) => {
    const outputs = largest.length / width;
    const rows = outputs / (gain.length / width);
    let [signal, activations, weights] = [0, 0, 0];
    /** By group of the product: the energy that a weight of it meets. */
    const met = new Float64Array(outputs / rows);
    const own = new Float64Array(gain.length);
    for (let channel = 0; channel < gain.length; channel++) {
      const slot = itemAt(slots, channel);
      const factor = itemAt(factors, slot);
      const group = Math.floor(channel / width);
      own[channel] = factor;
      signal += itemAt(gain, channel) * itemAt(energies, slot);
      activations += (itemAt(gain, channel) * itemAt(squaredSteps, slot)) / (12 * factor * factor);
      met[group] = itemAt(met, group) + itemAt(energies, slot) * factor * factor;
    }
    for (let output = 0, at = 0; output < outputs; output++) {
      const group = Math.floor(output / rows);
      let step = 0;
      for (let channel = group * width; channel < (group + 1) * width; channel++, at++) {
        const moved = (largest[at] as number) / (own[channel] as number);
        if (moved > step) step = moved;
      }
      weights += ((step / LARGEST_WEIGHT) ** 2 / 12) * itemAt(met, group) * places;
    }
    return signal === 0 ? sum : sum + (activations + weights) / signal;
  }, 0);
}

/** What one step of a tensor's integers is once its channels are multiplied. */
function stepOf({ slots, min, max }: SeenTensor, factors: Float64Array): number {
  let [low, high] = [0, 0];
  slots.forEach((slot, channel) => {
    const factor = itemAt(factors, slot);
    low = Math.min(low, factor * itemAt(min, channel));
    high = Math.max(high, factor * itemAt(max, channel));
  });
  return (high - low) / STEPS;
}
