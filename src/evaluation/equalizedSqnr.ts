import type { Layout } from '../model/operatorKind';

/**
 * SQNR of a tensor against one whose channels were multiplied and moved: what is left where the other's channel is
 * brought back by the factor and the offset that fit best (least squares), which is what the layers behind it do.
 */
export class EqualizedSqnr {
  private readonly channels = new Map<number, ChannelSums>();

  constructor(private readonly layout: Layout) {}

  /** @param shape of both */
  add(float: ArrayLike<number>, other: ArrayLike<number>, shape: readonly number[]): void {
    const axis = this.layout === 'channels last' ? shape.length - 1 : 1;
    const count = shape[axis] ?? 1;
    const inner = shape.slice(axis + 1).reduce((all, size) => all * size, 1);
    for (let i = 0; i < float.length; i += inner) {
      const channel = (i / inner) % count;
      const sums = this.channels.get(channel) ?? new ChannelSums();
      this.channels.set(channel, sums);
      for (let k = i; k < i + inner; k++) sums.add(float[k] as number, other[k] as number);
    }
  }

  /** Decibels; Infinity without any difference, null when nothing was compared. */
  get decibels(): number | null {
    if (this.channels.size === 0) return null;
    let [signal, noise] = [0, 0];
    for (const sums of this.channels.values()) {
      signal += sums.signal;
      noise += sums.left;
    }
    return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
  }
}

/** Of pairs of values: how many, and their moments. */
class ChannelSums {
  private count = 0;
  private readonly means = { a: 0, b: 0 };
  /** Σ of products of differences from the means. */
  private readonly products = { aa: 0, ab: 0, bb: 0 };

  add(a: number, b: number): void {
    if (!Number.isFinite(a) || !Number.isFinite(b)) return;
    this.count++;
    const { means, products } = this;
    const [fromA, fromB] = [a - means.a, b - means.b];
    means.a += fromA / this.count;
    means.b += fromB / this.count;
    products.aa += fromA * (a - means.a);
    products.bb += fromB * (b - means.b);
    products.ab += fromA * (b - means.b);
  }

  /** Σ a². */
  get signal(): number {
    return this.products.aa + this.count * this.means.a ** 2;
  }

  /** Σ of the squares of what b does not explain. */
  get left(): number {
    const { aa, ab, bb } = this.products;
    return Math.max(0, bb === 0 ? aa : aa - (ab * ab) / bb);
  }
}
