import { itemAt } from '../../model/assert';

/** Rows are added up in batches of so many, small enough that a batch of some columns stays in the nearest cache. */
const BATCH = 64;

/** Σ x·xᵀ over the vectors that a product's weights are multiplied with: a symmetric matrix [size × size]. */
export class GramMatrix {
  /** The lower triangle, row after row. */
  readonly lower: Float64Array;
  /** Vectors that were added. */
  count = 0;
  /** Those not yet added up, column by column. */
  private readonly batch: Float64Array;
  private filled = 0;

  constructor(readonly size: number) {
    this.lower = new Float64Array((size * (size + 1)) / 2);
    this.batch = new Float64Array(size * BATCH);
  }

  /**
   * @param vectors column by column, the values of `count` vectors side by side
   * @param first of its columns
   */
  add(vectors: Float32Array, count = 1, first = 0): void {
    const { batch, size } = this;
    for (let done = 0; done < count; ) {
      const room = Math.min(BATCH - this.filled, count - done);
      for (let column = 0; column < size; column++) {
        const from = (first + column) * count + done;
        const to = column * BATCH + this.filled;
        for (let p = 0; p < room; p++) batch[to + p] = vectors[from + p] as number;
      }
      done += room;
      this.filled += room;
      this.count += room;
      if (this.filled === BATCH) this.addUp();
    }
  }

  /** Adds up what is left; to be called before `lower` is read. */
  finish(): this {
    if (this.filled > 0) this.addUp();
    return this;
  }

  /** Mean of the diagonal: what one input contributes on average. */
  get meanSquare(): number {
    let sum = 0;
    for (let i = 0; i < this.size; i++) sum += itemAt(this.lower, (i * (i + 3)) / 2);
    return sum / this.size;
  }

  /** Two rows and two columns at a time: what is read for one sum is used for two. */
  private addUp(): void {
    const { batch, lower, size, filled } = this;
    for (let i = 0; i < size; i += 2) {
      const upper = (i * (i + 1)) / 2;
      const next = upper + i + 1;
      const a = i * BATCH;
      const paired = i + 1 < size;
      const a2 = paired ? a + BATCH : a;
      for (let j = 0; j <= i; j += 2) {
        const b = j * BATCH;
        const b2 = j + 1 < size ? b + BATCH : b;
        let first = 0;
        let second = 0;
        let third = 0;
        let fourth = 0;
        for (let p = 0; p < filled; p++) {
          const x = batch[a + p] as number;
          const y = batch[a2 + p] as number;
          const u = batch[b + p] as number;
          const v = batch[b2 + p] as number;
          first += x * u;
          second += x * v;
          third += y * u;
          fourth += y * v;
        }
        lower[upper + j] = (lower[upper + j] as number) + first;
        if (j < i) lower[upper + j + 1] = (lower[upper + j + 1] as number) + second;
        if (!paired) continue;
        lower[next + j] = (lower[next + j] as number) + third;
        lower[next + j + 1] = (lower[next + j + 1] as number) + fourth;
      }
    }
    this.filled = 0;
  }
}
