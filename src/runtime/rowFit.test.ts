import { describe, expect, it } from 'vitest';
import { fitNote, fitRows } from './rowFit';

/** Two rows of 1 and 3 ms. */
const ROWS = {
  layers: [
    { name: 'a', op: 'Conv', medianMs: 1, share: null },
    { name: 'b', op: 'Relu', medianMs: null, share: null, fusedInto: 'a' },
  ],
  added: [{ name: 'c', op: 'Transpose', medianMs: 3, share: null }],
};

function fit(wholeMs: number, factor = 4 / wholeMs) {
  const { layers, added } = fitRows(ROWS, { rowsMs: 4, factor }, wholeMs);
  return [...layers, ...added].map(({ medianMs, share, mark }) => [medianMs, share, mark]);
}

describe('rows of a profile', () => {
  it('are scaled to the whole without a word where they nearly add up to it', () => {
    expect(fit(4.8)).toEqual([
      [1.2, 0.25, undefined],
      [null, null, undefined],
      [3.5999999999999996, 0.75, undefined],
    ]);
    expect(fitNote({ rowsMs: 4, factor: 4 / 4.8 }, 4.8)).toBeNull();
  });

  it.each([5.2, 3])('are marked where they were scaled by more than 1.25 (whole of %f ms)', (wholeMs) => {
    const [first, , third] = fit(wholeMs);
    expect(first).toEqual([wholeMs / 4, 0.25, 'scaled']);
    expect(third).toEqual([(3 * wholeMs) / 4, 0.75, 'scaled']);
    expect(fitNote({ rowsMs: 4, factor: 4 / wholeMs }, wholeMs)).toMatch(/less certain/);
  });

  it.each([6.1, 2.6, 333])(
    'stand as measured and without shares where they do not explain the whole (%f ms)',
    (wholeMs) => {
      expect(fit(wholeMs)).toEqual([
        [1, null, 'unscaled'],
        [null, null, undefined],
        [3, null, 'unscaled'],
      ]);
    },
  );

  it('say how little of the whole they are', () => {
    expect(fitNote({ rowsMs: 4, factor: 0.012 }, 333)).toBe(
      'The layers add up to 0.012 of the latency and do not explain it: they are shown as they were measured, and without shares.',
    );
  });

  it('are marked by the runs beside them, too', () => {
    expect(fit(4, 0.6)[0]).toEqual([1, null, 'unscaled']);
  });

  it('are as they were measured once they are set against another whole that they do not explain', () => {
    const sum = { rowsMs: 4, factor: 0.9 };
    const scaled = fitRows(ROWS, sum, 4.4);
    expect(fitRows(scaled, sum, 8).layers[0]?.medianMs).toBeCloseTo(1, 9);
    expect(fitRows(scaled, sum, 4).layers[0]).toEqual({ name: 'a', op: 'Conv', medianMs: 1, share: 0.25 });
  });
});
