import { describe, expect, it } from 'vitest';
import { itemAt } from '../../model/assert';
import { roundHalfToEven } from '../../model/rounding';
import { seededNormal } from '../../runtime/random';
import { compensatedRounding, type WeightMatrix } from './compensatedRounding';
import { GramMatrix } from './gram';

const ROWS = 5;
const COLUMNS = 12;
const VECTORS = 400;

/** Inputs that go together: a few causes, and some noise of their own. */
function inputs(seed: number, noise: number): Float32Array[] {
  const normal = seededNormal(seed);
  const mixing = Array.from({ length: COLUMNS }, () => [normal(), normal(), normal()]);
  return Array.from({ length: VECTORS }, () => {
    const causes = [normal(), normal(), normal()];
    return Float32Array.from(mixing, (parts) =>
      parts.reduce((sum, part, index) => sum + part * itemAt(causes, index), noise * normal()),
    );
  });
}

function gramOf(vectors: readonly Float32Array[]): GramMatrix {
  const gram = new GramMatrix(COLUMNS);
  for (const vector of vectors) gram.add(vector);
  return gram.finish();
}

function randomWeights(seed: number, block: number | null, largest = 7): WeightMatrix {
  const normal = seededNormal(seed);
  const values = Float32Array.from({ length: ROWS * COLUMNS }, normal);
  const width = block ?? COLUMNS;
  const steps: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    for (let from = 0; from < COLUMNS; from += width) {
      const part = values.subarray(row * COLUMNS + from, row * COLUMNS + Math.min(COLUMNS, from + width));
      steps.push(...part.map(() => Math.max(...part.map(Math.abs)) / largest));
    }
  }
  return { values, rows: ROWS, columns: COLUMNS, steps: Float32Array.from(steps), largest };
}

function nearest(weights: WeightMatrix): Int8Array {
  return Int8Array.from(weights.values, (value, index) =>
    roundHalfToEven(value / itemAt(weights.steps, index)),
  );
}

/** Σ (x·w − x·ŵ)² of each row, straight from the inputs. */
function errors(weights: WeightMatrix, integers: Int8Array, vectors: readonly Float32Array[]): number[] {
  return Array.from({ length: ROWS }, (_, row) =>
    vectors.reduce((sum, vector) => {
      let difference = 0;
      vector.forEach((x, column) => {
        const at = row * COLUMNS + column;
        difference += x * (itemAt(weights.values, at) - itemAt(integers, at) * itemAt(weights.steps, at));
      });
      return sum + difference * difference;
    }, 0),
  );
}

/** GPTQ as its paper has it: by the inverse, column after column. */
function byInverse(weights: WeightMatrix, gram: GramMatrix): Int8Array {
  const at = (i: number, j: number) =>
    itemAt(gram.lower, (Math.max(i, j) * (Math.max(i, j) + 1)) / 2 + Math.min(i, j));
  const order = Array.from({ length: COLUMNS }, (_, i) => i).sort((a, b) => at(b, b) - at(a, a));
  const left = order.map((i) => order.map((j) => at(i, j) + (i === j ? 0.01 * gram.meanSquare : 0)));
  const result = new Int8Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++) {
    const w = order.map((column) => itemAt(weights.values, row * COLUMNS + column));
    for (let q = 0; q < COLUMNS; q++) {
      const inverse = inverted(left.slice(q).map((line) => line.slice(q)));
      const column = itemAt(order, q);
      const step = itemAt(weights.steps, row * COLUMNS + column);
      const limited = Math.max(-7, Math.min(7, roundHalfToEven(itemAt(w, q) / step)));
      result[row * COLUMNS + column] = limited;
      const first = itemAt(inverse, 0);
      const error = (itemAt(w, q) - limited * step) / itemAt(first, 0);
      for (let k = q; k < COLUMNS; k++) w[k] = itemAt(w, k) - error * itemAt(first, k - q);
    }
  }
  return result;
}

/** By Gauss and Jordan. */
function inverted(matrix: number[][]): number[][] {
  const size = matrix.length;
  const work = matrix.map((line, i) => [...line, ...line.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < size; i++) {
    const pivot = itemAt(work, i);
    const head = itemAt(pivot, i);
    for (let k = 0; k < 2 * size; k++) pivot[k] = itemAt(pivot, k) / head;
    work.forEach((line, j) => {
      if (j === i) return;
      const factor = itemAt(line, i);
      for (let k = 0; k < 2 * size; k++) line[k] = itemAt(line, k) - factor * itemAt(pivot, k);
    });
  }
  return work.map((line) => line.slice(size));
}

describe('error-compensating rounding', () => {
  for (const block of [null, 5]) {
    it(`is never worse than the nearest integers, block ${block}`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const vectors = inputs(seed, 0.3);
        const weights = randomWeights(seed + 100, block);
        const careful = errors(weights, compensatedRounding(weights, gramOf(vectors)), vectors);
        const plain = errors(weights, nearest(weights), vectors);
        // Rows are judged with the damping, which is 1 % of the mean energy.
        careful.forEach((error, row) => {
          expect(error, `seed ${seed}, row ${row}`).toBeLessThanOrEqual(1.02 * itemAt(plain, row));
        });
      }
    });
  }

  it('is far better where inputs go together', () => {
    const vectors = inputs(7, 0.1);
    const weights = randomWeights(8, null);
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const careful = sum(errors(weights, compensatedRounding(weights, gramOf(vectors)), vectors));
    expect(careful).toBeLessThan(0.2 * sum(errors(weights, nearest(weights), vectors)));
  });

  it('gives the nearest integers where inputs have nothing to do with each other', () => {
    const weights = randomWeights(3, null);
    const vectors = Array.from({ length: COLUMNS }, (_, column) =>
      Float32Array.from({ length: COLUMNS }, (_, index) => (index === column ? column + 1 : 0)),
    );
    expect(compensatedRounding(weights, gramOf(vectors))).toEqual(nearest(weights));
  });

  it('rounds as the algorithm by the inverse does, where that is better than the nearest', () => {
    let same = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const vectors = inputs(seed, 0.2);
      const gram = gramOf(vectors);
      const weights = randomWeights(seed + 50, null);
      const ours = compensatedRounding(weights, gram);
      const peer = byInverse(weights, gram);
      const plain = nearest(weights);
      for (let row = 0; row < ROWS; row++) {
        const part = (all: Int8Array) => [...all.subarray(row * COLUMNS, (row + 1) * COLUMNS)];
        if (String(part(ours)) === String(part(plain))) continue;
        expect(part(ours), `seed ${seed}, row ${row}`).toEqual(part(peer));
        same++;
      }
    }
    expect(same).toBeGreaterThan(30);
  });

  it('gives the nearest integers where nothing was seen', () => {
    const weights = randomWeights(3, null);
    expect(compensatedRounding(weights, new GramMatrix(COLUMNS).finish())).toEqual(nearest(weights));
  });
});

describe('the sum of products of inputs', () => {
  it('is the same as by its definition, whole batches or not', () => {
    const vectors = inputs(1, 0.5);
    const { lower } = gramOf(vectors);
    for (let i = 0; i < COLUMNS; i++) {
      for (let j = 0; j <= i; j++) {
        const sum = vectors.reduce((all, vector) => all + itemAt(vector, i) * itemAt(vector, j), 0);
        expect(itemAt(lower, (i * (i + 1)) / 2 + j)).toBeCloseTo(sum, 6);
      }
    }
  });
});
