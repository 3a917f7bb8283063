import type { Product } from '../../formats/plan';
import { itemAt } from '../../model/assert';
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

/** Float values of a product's weights. */
export type WeightsOf = (product: Product) => ArrayLike<number>;

/**
 * The factors of a group's channels by which rounding activations and weights is predicted to cost its readers least, of
 * ranges as they are and brought together by degrees; null: as they are is best.
 * @param quantized statistics of those of its tensors that are quantized
 */
export function channelFactors(
  group: ChannelGroup,
  quantized: readonly Statistics[],
  weightsOf: WeightsOf,
): Float64Array | null {
  const readers = group.consumers.map((product) => readerOf(product, weightsOf(product)));
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
  { channels, limit }: ChannelGroup,
  quantized: readonly Statistics[],
  degree: number,
): Float64Array {
  const reach = (channel: number) =>
    Math.max(...quantized.map(({ min, max }) => Math.max(-itemAt(min, channel), itemAt(max, channel))));
  const reaches = Float64Array.from({ length: channels }, (_, channel) => reach(channel));
  const widest = reaches.reduce((a, b) => Math.max(a, b), 0);
  return reaches.map((own) => {
    if (own <= 0) return 1;
    const wanted = Math.min((widest / (ROOM * own)) ** degree, LARGEST_FACTOR);
    return Math.max(1, Math.min(wanted, limit / (ROOM * own)));
  });
}

/** What the products that read a group make of errors in it. */
interface Reader {
  readonly product: Product;
  /** By input channel: Σ of its squared weights. */
  readonly gain: Float64Array;
  /** By output, and by input channel within its group: the largest weight. */
  readonly largest: Float32Array;
  /** Input channels of each output. */
  readonly width: number;
  /** Weights of each input channel for one output. */
  readonly places: number;
}

function readerOf(product: Product, values: ArrayLike<number>): Reader {
  const { groups, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
  const places = product.places.reduce((all, axis) => all * itemAt(product.shape, axis), 1);
  const width = columnOffsets.length / places;
  const gain = new Float64Array(groups * width);
  const largest = new Float32Array(groups * rows * width);
  for (let output = 0; output < groups * rows; output++) {
    const first = Math.floor(output / rows) * width;
    const start = itemAt(rowOffsets, output);
    for (let channel = 0, column = 0; channel < width; channel++) {
      let [most, squares] = [0, 0];
      for (let place = 0; place < places; place++, column++) {
        const weight = values[start + (columnOffsets[column] as number)] as number;
        squares += weight * weight;
        most = Math.max(most, Math.abs(weight));
      }
      gain[first + channel] = (gain[first + channel] as number) + squares;
      largest[output * width + channel] = most;
    }
  }
  return { product, gain, largest, width, places };
}

/**
 * The error that rounding adds to what the readers give, in parts of its energy: a uniform error of a twelfth of a squared
 * step for each activation, and for each weight times the energy of what it meets.
 */
function costOf(factors: Float64Array, quantized: readonly Statistics[], readers: readonly Reader[]): number {
  const steps = quantized.map((statistics) => stepOf(statistics, factors));
  const squaredStep = steps.reduce((sum, step) => sum + step * step, 0);
  const energy = (channel: number) =>
    Math.max(...quantized.map(({ meanSquare }) => itemAt(meanSquare, channel)));
  const energies = Float64Array.from(factors, (_, channel) => energy(channel));
  return readers.reduce((sum, reader) => {
    const { gain, largest, width, places } = reader;
    const outputs = largest.length / width;
    const rows = outputs / (gain.length / width);
    let [signal, activations, weights] = [0, 0, 0];
    for (let channel = 0; channel < gain.length; channel++) {
      const factor = factors[channel] as number;
      signal += (gain[channel] as number) * (energies[channel] as number);
      activations += ((gain[channel] as number) * squaredStep) / (12 * factor * factor);
    }
    for (let output = 0; output < outputs; output++) {
      const first = Math.floor(output / rows) * width;
      let [step, met] = [0, 0];
      for (let c = 0; c < width; c++) {
        const factor = factors[first + c] as number;
        step = Math.max(step, (largest[output * width + c] as number) / factor);
        met += (energies[first + c] as number) * factor * factor;
      }
      weights += ((step / LARGEST_WEIGHT) ** 2 / 12) * met * places;
    }
    return signal === 0 ? sum : sum + (activations + weights) / signal;
  }, 0);
}

/** What one step of a tensor's integers is once its channels are multiplied. */
function stepOf({ min, max }: Statistics, factors: Float64Array): number {
  let [low, high] = [0, 0];
  factors.forEach((factor, channel) => {
    low = Math.min(low, factor * itemAt(min, channel));
    high = Math.max(high, factor * itemAt(max, channel));
  });
  return (high - low) / STEPS;
}
