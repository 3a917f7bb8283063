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
    for (let row = 0; row < rows; row++) {
      const plain = nearest(weights, grid, row);
      let codes = plain;
      if (factor !== null) {
        const careful = nearestPlane(weights, grid, row, order, factor);
        const error = (of: Int16Array) => errorOf(weights, grid, row, of, order, factor);
        if (error(careful) < error(plain)) codes = careful;
      }
      result.set(codes, row * columns);
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
  const factor = new Float64Array(lower.length);
  for (let i = 0, row = 0; i < size; row += ++i) {
    const from = itemAt(order, i);
    for (let j = 0, other = 0; j <= i; other += ++j) {
      const to = itemAt(order, j);
      const [high, low] = from > to ? [from, to] : [to, from];
      let sum = lower[(high * (high + 1)) / 2 + low] as number;
      if (i === j) sum += damping;
      for (let k = 0; k < j; k++) sum -= (factor[row + k] as number) * (factor[other + k] as number);
      if (i !== j) factor[row + j] = sum / (factor[other + j] as number);
      else if (sum > 0 && Number.isFinite(sum)) factor[row + j] = Math.sqrt(sum);
      else return null;
    }
  }
  return factor;
}

function nearest({ values, columns }: Matrix, grid: Grid, row: number): Int16Array {
  const codes = new Int16Array(columns);
  for (let column = 0, at = row * columns; column < columns; column++, at++)
    codes[column] = grid.nearest(at, values[at] as number);
  return codes;
}

/** The error e = w − ŵ is kept in the order of rounding; Lᵀ·e is made small from its last element on. */
function nearestPlane(
  { columns, values }: Matrix,
  grid: Grid,
  row: number,
  order: Uint32Array,
  factor: Float64Array,
): Int16Array {
  const codes = new Int16Array(columns);
  // Σ over columns already rounded of L[k][j]·e[k], for each j still to come.
  const moved = new Float64Array(columns);
  for (let j = columns - 1, start = (j * (j + 1)) / 2; j >= 0; start -= j--) {
    const column = itemAt(order, j);
    const at = row * columns + column;
    const weight = values[at] as number;
    const code = grid.nearest(at, weight + (moved[j] as number) / (factor[start + j] as number));
    codes[column] = code;
    const error = weight - grid.real(at, code);
    for (let k = 0; k < j; k++) moved[k] = (moved[k] as number) + (factor[start + k] as number) * error;
  }
  return codes;
}

/** ‖Lᵀ·e‖², which is Σ (x·w − x·ŵ)² with the damping. */
function errorOf(
  { columns, values }: Matrix,
  grid: Grid,
  row: number,
  codes: Int16Array,
  order: Uint32Array,
  factor: Float64Array,
): number {
  const sums = new Float64Array(columns);
  for (let i = 0, start = 0; i < columns; start += ++i) {
    const column = itemAt(order, i);
    const at = row * columns + column;
    const error = (values[at] as number) - grid.real(at, codes[column] as number);
    for (let k = 0; k <= i; k++) sums[k] = (sums[k] as number) + (factor[start + k] as number) * error;
  }
  return sums.reduce((sum, value) => sum + value * value, 0);
}
