import { describe, expect, it } from 'vitest';
import type { Grid } from '../../formats/compression/grid';
import { itemAt } from '../../model/assert';
import { seededNormal } from '../../runtime/random';
import { ErrorCompensation } from './compensatedRounding';
import { GramMatrix } from './gram';

const ROWS = 4;
const COLUMNS = 10;
const VECTORS = 300;
/** Of uneven distances, as k-means gives them. */
const TABLE = [-2.2, -1.3, -0.8, -0.3, 0.1, 0.4, 1.1, 2];

const grid: Grid = {
  nearest: (_, value) =>
    TABLE.reduce(
      (best, entry, code) => (Math.abs(entry - value) < Math.abs(itemAt(TABLE, best) - value) ? code : best),
      0,
    ),
  real: (_, code) => itemAt(TABLE, code),
};

function setUp(seed: number) {
  const normal = seededNormal(seed);
  const mixing = Array.from({ length: COLUMNS }, () => [normal(), normal()]);
  const vectors = Array.from({ length: VECTORS }, () => {
    const causes = [normal(), normal()];
    return Float32Array.from(mixing, (parts) =>
      parts.reduce((sum, part, i) => sum + part * itemAt(causes, i), 0.3 * normal()),
    );
  });
  const gram = new GramMatrix(COLUMNS);
  for (const vector of vectors) gram.add(vector);
  const values = Float32Array.from({ length: ROWS * COLUMNS }, normal);
  /** Σ (x·w − x·ŵ)² of a row, straight from the inputs. */
  const error = (row: number, codes: ArrayLike<number>, real: Grid['real'] = grid.real) =>
    vectors.reduce((sum, vector) => {
      let difference = 0;
      vector.forEach((x, column) => {
        const at = row * COLUMNS + column;
        difference += x * (itemAt(values, at) - real(at, itemAt(codes, at)));
      });
      return sum + difference * difference;
    }, 0);
  return { matrix: { values, rows: ROWS, columns: COLUMNS }, gram: gram.finish(), error };
}

describe('error compensation with a table', () => {
  it('gives what has the smaller objective in every row, and a far smaller one over all', () => {
    let [careful, plain] = [0, 0];
    for (let seed = 1; seed <= 20; seed++) {
      const { matrix, gram, error } = setUp(seed);
      const codes = new ErrorCompensation(gram).round(matrix, grid);
      const nearest = Int16Array.from(matrix.values, (value, at) => grid.nearest(at, value));
      for (let row = 0; row < ROWS; row++) {
        // Rows are judged with the damping, which is 1 % of the mean energy.
        expect(error(row, codes), `seed ${seed}, row ${row}`).toBeLessThanOrEqual(1.05 * error(row, nearest));
        careful += error(row, codes);
        plain += error(row, nearest);
      }
    }
    expect(careful).toBeLessThan(0.4 * plain);
  });

  it('leaves what has one value alone, and lets the others make up for it', () => {
    const { matrix, gram, error } = setUp(3);
    const pruned = (at: number) => at % 3 === 0;
    const zero = TABLE.length;
    const withZeros: Grid = {
      nearest: (at, value) => (pruned(at) ? zero : grid.nearest(at, value)),
      real: (at, code) => (pruned(at) ? 0 : grid.real(at, code)),
    };
    const codes = new ErrorCompensation(gram).round(matrix, withZeros);
    codes.forEach((code, at) => {
      expect(code === zero).toBe(pruned(at));
    });
    const nearest = Int16Array.from(matrix.values, (value, at) => withZeros.nearest(at, value));
    const total = (of: Int16Array) =>
      [0, 1, 2, 3].reduce((sum, row) => sum + error(row, of, withZeros.real), 0);
    expect(total(codes)).toBeLessThan(total(nearest));
  });
});
