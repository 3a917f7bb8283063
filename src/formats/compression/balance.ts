import { itemAt } from '../../model/assert';

/**
 * How much the square of a channel's summed errors counts beside the sum of their squares: the squared mean of what
 * layers read over its variance. Measured on the sample's 4-bit palettes: 16.5 dB at the output without, 18.2 at 0.1,
 * 18.3 at 0.3 and 18.1 at 1.
 */
export const SUM_WEIGHT = 0.3;

/** The stored form of a channel's weights: an index each into an ascending table. */
export interface PalettizedChannel {
  /** Places of its elements in `weights` and `indices`. */
  readonly elements: Uint32Array;
  readonly weights: ArrayLike<number>;
  /** Changed in place. */
  readonly indices: Uint8Array;
  readonly table: ArrayLike<number>;
}

/**
 * Moves indices to a neighbouring entry where that cancels the sum of a channel's errors at less than it costs: what
 * layers read has a mean, so that errors of one sign add up. Needs no data, after Guo et al., "SQuant: On-the-Fly
 * Data-Free Quantization via Diagonal Hessian Approximation", ICLR 2022.
 */
export function balance({ elements, weights, indices, table }: PalettizedChannel): void {
  const entry = (element: number): number => itemAt(table, itemAt(indices, element));
  let sum = 0;
  for (const element of elements) sum += entry(element) - itemAt(weights, element);
  const step = sum > 0 ? -1 : 1;
  const moves: { element: number; by: number; cost: number }[] = [];
  for (const element of elements) {
    const next = itemAt(indices, element) + step;
    if (next < 0 || next >= table.length) continue;
    const by = itemAt(table, next) - entry(element);
    const error = entry(element) - itemAt(weights, element);
    // What would not pay for itself with the whole sum never does.
    const cost = (error + by) ** 2 - error ** 2;
    if (by !== 0 && cost < SUM_WEIGHT * sum * sum) moves.push({ element, by, cost });
  }
  moves.sort((a, b) => a.cost / Math.abs(a.by) - b.cost / Math.abs(b.by));
  for (const { element, by, cost } of moves) {
    if (cost + SUM_WEIGHT * ((sum + by) ** 2 - sum ** 2) >= 0) continue;
    indices[element] = itemAt(indices, element) + step;
    sum += by;
  }
}
