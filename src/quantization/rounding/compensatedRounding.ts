import type { Grid } from '../../formats/compression/grid';
import { itemAt } from '../../model/assert';
import { roundHalfToEven } from '../../model/rounding';
import type { GramMatrix } from './gram';

/**
 * What is added to each diagonal element of Σ x·xᵀ, in parts of their mean: inputs that hardly ever differ from zero must
 * not be given the errors of all others, and the matrix must stay invertible with fewer samples than columns.
 */
const DAMPING = 0.01;

/** Weights of a product as a matrix: a row gives one output, a column belongs to one input. */
export interface Matrix {
  /** Row after row. */
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** A matrix of which each weight becomes an integer times its step. */
export interface WeightMatrix extends Matrix {
  /** What one step of each weight's integer is, ordered as the values. */
  readonly steps: Float32Array;
  /** The largest integer; the smallest is as large below zero. */
  readonly largest: number;
}

/** Integers in steps, with error compensation: as `ErrorCompensation` has it. */
export function compensatedRounding(weights: WeightMatrix, inputs: GramMatrix): Int8Array {
  const { steps, largest } = weights;
  const grid: Grid = {
    nearest: (at, value) =>
      Math.max(-largest, Math.min(largest, roundHalfToEven(value / (steps[at] as number)))),
    real: (at, integer) => integer * (steps[at] as number),
  };
  return Int8Array.from(new ErrorCompensation(inputs).round(weights, grid));
}

/**
 * Rounds weights so that the errors of a row make up for each other on the inputs that were seen: each weight is rounded
 * after the errors of those rounded before were moved to it, as far as their inputs go together. It minimizes
 * Σ (x·w − x·ŵ)² approximately, and costs columns³/3 once and rows·columns² for each matrix.
 *
 * This is GPTQ (Frantar et al., 2022, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers")
 * computed as what it is equivalent to, the nearest plane in a lattice (Babai 1986; Chen et al. 2025, "The Geometry of LLM
 * Quantization"), which needs a Cholesky factor of the matrix and no inverse; instead of a lattice's integers there may be
 * the entries of any table. Inputs with the most energy come first. A row for which the nearest codes do better, by that
 * same sum, gets these.
 */
export class ErrorCompensation {
  private readonly order: Uint32Array;
  /** null: nothing that could be compensated was seen. */
  private readonly factor: Float64Array | null;

  /** @param inputs Σ x·xᵀ, finished */
  constructor(readonly inputs: GramMatrix) {
    this.order = byEnergy(inputs);
    this.factor = choleskyOf(inputs, this.order);
  }

  /** @returns a code a weight, as `values` are ordered */
  round(weights: Matrix, grid: Grid): Int16Array {
    const { order, factor, inputs } = this;
    const { rows, columns } = weights;
    if (inputs.size !== columns)
      throw new Error(`${columns} columns, but ${inputs.size} inputs were observed`);
    const result = new Int16Array(rows * columns);
    const moved = new Float64Array(columns);
    for (let row = 0; row < rows; row++) {
      const codes = result.subarray(row * columns, (row + 1) * columns);
      nearest(weights, grid, row, codes);
      if (factor === null) continue;
      const plain = codes.slice();
      const error = nearestPlane(weights, grid, row, codes, order, factor, moved);
      if (!Number.isFinite(error) || isBelow(error, weights, grid, row, plain, order, factor, moved))
        codes.set(plain);
    }
    return result;
  }
}

/** Columns by what their inputs contribute, the least first: rounding goes from the last to the first. */
function byEnergy(inputs: GramMatrix): Uint32Array {
  const energy = (column: number) => itemAt(inputs.lower, (column * (column + 3)) / 2);
  return Uint32Array.from({ length: inputs.size }, (_, column) => column).sort(
    (a, b) => energy(a) - energy(b),
  );
}

/**
 * Lower triangle L, row after row, with L·Lᵀ = the damped matrix in this order; null where it is not positive definite
 * (values that are not finite, or nothing but zeros).
 */
function choleskyOf(inputs: GramMatrix, order: Uint32Array): Float64Array | null {
  const { size, lower } = inputs;
  const damping = DAMPING * inputs.meanSquare;
  const factor = new Float64Array((size * (size + 1)) / 2);
  for (let i = 0, row = 0; i < size; row += ++i) {
    const from = order[i] as number;
    for (let j = 0; j <= i; j++) {
      const to = order[j] as number;
      factor[row + j] = lower[
        from > to ? (from * (from + 1)) / 2 + to : (to * (to + 1)) / 2 + from
      ] as number;
    }
    factor[row + i] = (factor[row + i] as number) + damping;
  }
  for (let i = 0; i < size; i += 2) {
    const row = (i * (i + 1)) / 2;
    // The last row of an odd number is alone.
    const next = i + 1 < size ? row + i + 1 : row;
    for (let j = 0; j < i; j += 2) solvePair(factor, row, next, j);
    if (!settle(factor, row, row, i)) return null;
    if (next === row) break;
    settle(factor, next, row, i);
    if (!settle(factor, next, next, i + 1)) return null;
  }
  return factor;
}

/** Elements of two neighbouring rows in two neighbouring columns left of the diagonal: what is read for one is used for two. */
function solvePair(factor: Float64Array, row: number, next: number, column: number): void {
  const other = (column * (column + 1)) / 2;
  const below = other + column + 1;
  let first = factor[row + column] as number;
  let second = factor[row + column + 1] as number;
  let third = factor[next + column] as number;
  let fourth = factor[next + column + 1] as number;
  for (let k = 0; k < column; k++) {
    const a = factor[row + k] as number;
    const b = factor[next + k] as number;
    const c = factor[other + k] as number;
    const d = factor[below + k] as number;
    first -= a * c;
    second -= a * d;
    third -= b * c;
    fourth -= b * d;
  }
  const diagonal = factor[other + column] as number;
  const beside = factor[below + column] as number;
  const last = factor[below + column + 1] as number;
  first /= diagonal;
  third /= diagonal;
  factor[row + column] = first;
  factor[next + column] = third;
  factor[row + column + 1] = (second - first * beside) / last;
  factor[next + column + 1] = (fourth - third * beside) / last;
}

/** One element of a row, on the diagonal where `other` is the row itself; false: it has none there. */
function settle(factor: Float64Array, row: number, other: number, column: number): boolean {
  let rest = factor[row + column] as number;
  for (let k = 0; k < column; k++) rest -= (factor[row + k] as number) * (factor[other + k] as number);
  if (row !== other) factor[row + column] = rest / (factor[other + column] as number);
  else if (rest > 0 && Number.isFinite(rest)) factor[row + column] = Math.sqrt(rest);
  else return false;
  return true;
}

function nearest({ values, columns }: Matrix, grid: Grid, row: number, codes: Int16Array): void {
  for (let column = 0, at = row * columns; column < columns; column++, at++)
    codes[column] = grid.nearest(at, values[at] as number);
}

/**
 * The error e = w − ŵ is kept in the order of rounding; Lᵀ·e is made small from its last element on.
 * @param codes are replaced
 * @param moved room for Σ over columns already rounded of L[k][j]·e[k], for each j still to come
 * @returns ‖Lᵀ·e‖², which is Σ (x·w − x·ŵ)² with the damping
 */
function nearestPlane(
  { columns, values }: Matrix,
  grid: Grid,
  row: number,
  codes: Int16Array,
  order: Uint32Array,
  factor: Float64Array,
  moved: Float64Array,
): number {
  moved.fill(0);
  let sum = 0;
  for (let j = columns - 1, start = (j * (j + 1)) / 2; j >= 0; start -= j--) {
    const column = order[j] as number;
    const at = row * columns + column;
    const weight = values[at] as number;
    const own = factor[start + j] as number;
    const code = grid.nearest(at, weight + (moved[j] as number) / own);
    codes[column] = code;
    const error = weight - grid.real(at, code);
    const left = own * error + (moved[j] as number);
    sum += left * left;
    addScaled(moved, factor, start, error, j);
  }
  return sum;
}

/** Whether ‖Lᵀ·e‖² of codes is less than a limit; most are found not to be before all of it is added up. */
function isBelow(
  limit: number,
  { columns, values }: Matrix,
  grid: Grid,
  row: number,
  codes: Int16Array,
  order: Uint32Array,
  factor: Float64Array,
  moved: Float64Array,
): boolean {
  moved.fill(0);
  let sum = 0;
  for (let j = columns - 1, start = (j * (j + 1)) / 2; j >= 0; start -= j--) {
    const column = order[j] as number;
    const at = row * columns + column;
    const error = (values[at] as number) - grid.real(at, codes[column] as number);
    const left = (factor[start + j] as number) * error + (moved[j] as number);
    sum += left * left;
    if (sum >= limit) return false;
    addScaled(moved, factor, start, error, j);
  }
  return sum < limit;
}

/** Adds a row of the factor, times a number, to the first `count` sums. */
function addScaled(
  sums: Float64Array,
  factor: Float64Array,
  start: number,
  times: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) sums[k] = (sums[k] as number) + (factor[start + k] as number) * times;
}
