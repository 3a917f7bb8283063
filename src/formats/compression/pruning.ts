import { itemAt } from '../../model/assert';

/**
 * Which weights are kept when the smallest ones, by magnitude, become zero: 1 for each that is kept. Exactly that
 * share of them goes, rounded down; of equal ones at the limit the last.
 *
 * @param share of the weights that become zero, 0 to 1.
 */
export function magnitudeMask(weights: ArrayLike<number>, share: number): Uint8Array {
  const mask = new Uint8Array(weights.length).fill(1);
  const pruned = Math.floor(weights.length * share);
  if (pruned === 0) return mask;
  const magnitudes = Float32Array.from(weights, Math.abs).sort();
  const limit = itemAt(magnitudes, pruned - 1);
  let left = pruned;
  for (let i = 0; i < mask.length; i++) {
    if (Math.fround(Math.abs(weights[i] ?? Number.NaN)) < limit) {
      mask[i] = 0;
      left--;
    }
  }
  for (let i = mask.length - 1; left > 0 && i >= 0; i--) {
    if (Math.fround(Math.abs(weights[i] ?? Number.NaN)) !== limit || mask[i] === 0) continue;
    mask[i] = 0;
    left--;
  }
  return mask;
}
