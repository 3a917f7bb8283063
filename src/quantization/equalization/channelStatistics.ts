import { type Bench, withFile } from '../../evaluation/bench';
import { withCopy } from '../../evaluation/copies';
import { floatValues } from '../../evaluation/floats';
import type { Samples } from '../../evaluation/samples';
import type { ModelFile } from '../../formats/format';
import type { Range } from '../../formats/plan';
import { itemAt } from '../../model/assert';

/** Of a tensor, channel by channel, over all samples. */
export class ChannelStatistics {
  readonly min: Float32Array;
  readonly max: Float32Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(readonly channels: number) {
    this.min = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
    this.max = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
    this.squares = new Float64Array(channels);
  }

  /** Of all channels together. */
  get range(): Range {
    return {
      min: this.min.reduce((a, b) => Math.min(a, b)),
      max: this.max.reduce((a, b) => Math.max(a, b)),
    };
  }

  get meanSquare(): Float64Array {
    return this.squares.map((sum) => (this.count === 0 ? 0 : sum / this.count));
  }

  /** The same of a tensor to whose channels something is added; what they mean by their energy is not that. */
  shiftedBy(shift: ArrayLike<number>): Pick<ChannelStatistics, 'min' | 'max' | 'meanSquare'> {
    const { min, max, meanSquare } = this;
    const moved = (values: Float32Array) => values.map((value, c) => value + itemAt(shift, c));
    return { min: moved(min), max: moved(max), meanSquare };
  }

  /** @param inner elements that lie side by side in one channel */
  add(values: Float32Array | Float64Array, inner: number): void {
    if (inner === 1) this.addPlaces(values);
    else this.addRuns(values, inner);
    this.count += values.length / this.channels;
  }

  private addRuns(values: Float32Array | Float64Array, inner: number): void {
    const { channels, min, max, squares } = this;
    const outer = values.length / (channels * inner);
    for (let o = 0, i = 0; o < outer; o++) {
      for (let c = 0; c < channels; c++) {
        let low = min[c] as number;
        let high = max[c] as number;
        let sum = 0;
        for (let k = 0; k < inner; k++, i++) {
          const value = values[i] as number;
          if (value < low) low = value;
          if (value > high) high = value;
          sum += value * value;
        }
        min[c] = low;
        max[c] = high;
        squares[c] = (squares[c] as number) + sum;
      }
    }
  }

  /** Where channels are the last axis: each has one element at a time, for which a loop of its own takes twice as long. */
  private addPlaces(values: Float32Array | Float64Array): void {
    const { channels, min, max, squares } = this;
    for (let i = 0; i < values.length; ) {
      for (let c = 0; c < channels; c++, i++) {
        const value = values[i] as number;
        if (value < (min[c] as number)) min[c] = value;
        if (value > (max[c] as number)) max[c] = value;
        squares[c] = (squares[c] as number) + value * value;
      }
    }
  }
}

/**
 * Runs a cleaned model and looks at channels of tensors.
 * @param tensors by name, how many channels there are
 * @param channelsLast they are the last axis; else the second one
 */
export async function observeChannels(
  bench: Bench,
  cleaned: ModelFile,
  tensors: ReadonlyMap<string, number>,
  channelsLast: boolean,
  samples: Samples,
): Promise<Map<string, ChannelStatistics>> {
  const result = new Map([...tensors].map(([name, channels]) => [name, new ChannelStatistics(channels)]));
  const path = bench.newPath('channels');
  await withFile(bench, cleaned.model.file, (file) =>
    file.format.withOutputs?.(file, [...tensors.keys()], path),
  );
  await withCopy(bench, path, async (session) => {
    for (let index = 0; index < samples.size; index++) {
      const given = await session.run(await samples.feeds(index), [...tensors.keys()]);
      for (const [name, statistics] of result) {
        const tensor = given[name];
        const values = tensor === undefined ? null : floatValues(tensor);
        if (tensor === undefined || values === null) continue;
        const inner = channelsLast ? 1 : tensor.shape.slice(2).reduce((all, size) => all * size, 1);
        if (itemAt(tensor.shape, channelsLast ? tensor.shape.length - 1 : 1) === statistics.channels)
          statistics.add(values, inner);
      }
    }
  });
  return result;
}
