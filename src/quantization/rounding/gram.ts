import { itemAt } from '../../model/assert';

/** Rows are added up in batches of so many, small enough that a batch of two columns stays in the nearest cache. */
const BATCH = 256;

/** Σ x·xᵀ over the vectors that a product's weights are multiplied with: a symmetric matrix [size × size]. */
export class GramMatrix {
  /** The lower triangle, row after row. */
  readonly lower: Float64Array;
  /** Vectors that were added. */
  count = 0;
  /** Those not yet added up, column by column. */
  private readonly batch: Float32Array;
  private filled = 0;

  constructor(readonly size: number) {
    this.lower = new Float64Array((size * (size + 1)) / 2);
    this.batch = new Float32Array(size * BATCH);
  }

  /** @param vector `size` values, from `offset` on */
  add(vector: Float32Array, offset = 0): void {
    const { batch, size } = this;
    for (let i = 0, at = this.filled; i < size; i++, at += BATCH) batch[at] = vector[offset + i] as number;
    this.filled++;
    this.count++;
    if (this.filled === BATCH) this.addUp();
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

  private addUp(): void {
    const { batch, lower, size, filled } = this;
    for (let i = 0, at = 0; i < size; i++) {
      const a = i * BATCH;
      for (let j = 0; j <= i; j++, at++) {
        const b = j * BATCH;
        let sum = 0;
        for (let p = 0; p < filled; p++) sum += (batch[a + p] as number) * (batch[b + p] as number);
        lower[at] = (lower[at] as number) + sum;
      }
    }
    this.filled = 0;
  }
}
