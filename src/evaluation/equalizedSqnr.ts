import { itemAt } from '../model/assert';
import type { Layout } from '../model/operatorKind';

/**
 * SQNR of a tensor against one whose channels were multiplied and moved: what is left where the other's channel is
 * brought back by the factor and the offset that fit best (least squares), which is what the layers behind it do.
 */
export class EqualizedSqnr {
  /** By channel: how many pairs, their means, and sums of products of differences from these. */
  private sums: ChannelSums | null = null;

  constructor(private readonly layout: Layout) {}

  /** @param shape of both, with as many channels as before */
  add(float: ArrayLike<number>, other: ArrayLike<number>, shape: readonly number[]): void {
    const axis = this.layout === 'channels last' ? shape.length - 1 : 1;
    const channels = shape[axis] ?? 1;
    const inner = shape.slice(axis + 1).reduce((all, size) => all * size, 1);
    this.sums ??= new ChannelSums(channels);
    for (let i = 0, channel = 0; i < float.length; i += inner) {
      this.sums.add(float, other, i, i + inner, channel);
      channel = channel + 1 === channels ? 0 : channel + 1;
    }
  }

  /** Decibels; Infinity without any difference, null when nothing was compared. */
  get decibels(): number | null {
    if (this.sums === null) return null;
    const { signal, noise } = this.sums.energies();
    return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }
}

/**
 * Of pairs of values, channel by channel: moments about the mean, which large means do not drown. Those of neighbours are
 * taken about their own mean and then joined (Chan et al., 1979, "Updating Formulae and a Pairwise Algorithm for Computing
 * Sample Variances").
 */
class ChannelSums {
  private readonly counts: Float64Array;
  private readonly meanA: Float64Array;
  private readonly meanB: Float64Array;
  private readonly aa: Float64Array;
  private readonly ab: Float64Array;
  private readonly bb: Float64Array;

  constructor(channels: number) {
    const zeros = () => new Float64Array(channels);
    [this.counts, this.meanA, this.meanB] = [zeros(), zeros(), zeros()];
    [this.aa, this.ab, this.bb] = [zeros(), zeros(), zeros()];
  }

  /** Pairs of one channel that lie side by side; those that are not finite are left out. */
  add(first: ArrayLike<number>, second: ArrayLike<number>, from: number, to: number, channel: number): void {
    let count = 0;
    let meanA = 0;
    let meanB = 0;
    for (let i = from; i < to; i++) {
      const a = first[i] as number;
      const b = second[i] as number;
      // Neither is infinite or not a number.
      if (a - a !== 0 || b - b !== 0) continue;
      count++;
      meanA += a;
      meanB += b;
    }
    if (count === 0) return;
    meanA /= count;
    meanB /= count;
    let aa = 0;
    let ab = 0;
    let bb = 0;
    for (let i = from; i < to; i++) {
      const a = (first[i] as number) - meanA;
      const b = (second[i] as number) - meanB;
      if (a - a !== 0 || b - b !== 0) continue;
      aa += a * a;
      ab += a * b;
      bb += b * b;
    }
    const before = this.counts[channel] as number;
    const all = before + count;
    const apartA = meanA - (this.meanA[channel] as number);
    const apartB = meanB - (this.meanB[channel] as number);
    const weight = (before * count) / all;
    this.counts[channel] = all;
    this.meanA[channel] = (this.meanA[channel] as number) + (apartA * count) / all;
    this.meanB[channel] = (this.meanB[channel] as number) + (apartB * count) / all;
    this.aa[channel] = (this.aa[channel] as number) + aa + apartA * apartA * weight;
    this.ab[channel] = (this.ab[channel] as number) + ab + apartA * apartB * weight;
    this.bb[channel] = (this.bb[channel] as number) + bb + apartB * apartB * weight;
  }

  /** Σ a², and Σ of the squares of what b does not explain. */
  energies(): { signal: number; noise: number } {
    let [signal, noise] = [0, 0];
    this.counts.forEach((count, channel) => {
      const [aa, ab, bb] = [this.aa, this.ab, this.bb].map((sums) => itemAt(sums, channel)) as [
        number,
        number,
        number,
      ];
      signal += aa + count * itemAt(this.meanA, channel) ** 2;
      noise += Math.max(0, bb === 0 ? aa : aa - (ab * ab) / bb);
    });
    return { signal, noise };
  }
}
