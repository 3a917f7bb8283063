import { expect } from 'vitest';
import type { Rows } from '../../src/runtime/rowFit';

/** The rows add up to the whole; where they had to be scaled by more than 1.5 they stand as measured, without shares. */
export function expectFit(rows: Rows, wholeMs: number): void {
  const all = [...rows.layers, ...rows.added].filter(({ medianMs }) => medianMs !== null);
  const sum = all.reduce((total, { medianMs }) => total + (medianMs ?? 0), 0);
  const marks = new Set(all.map(({ mark }) => mark));
  expect(marks.size).toBe(1);
  if (marks.has('unscaled')) {
    expect(all.every(({ share }) => share === null)).toBe(true);
  } else {
    expect(sum).toBeCloseTo(wholeMs, 6);
    expect(all.reduce((total, { share }) => total + (share ?? 0), 0)).toBeCloseTo(1, 6);
  }
}
