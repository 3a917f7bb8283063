import { describe, expect, it } from 'vitest';
import type { BoardModel } from '../../src/protocol/board';
import type { Accuracy, Comparison } from '../../src/protocol/reports';
import { boardPicture } from '../../webview/board/picture';
import { frontPicture } from '../../webview/comparison/frontPoints';

const accuracy: Accuracy = { samples: 8, data: 'images', sqnrDb: 30, identical: false, top1Agreement: 0.9 };

function model(id: string, ratio: number | null, found: Accuracy | null = accuracy): BoardModel {
  const latency = (median: number) => ({ median, p90: median, ci95: [median, median] as [number, number] });
  const comparison = {
    bytes: { before: 100, after: 50 },
    accuracy: found,
    latencyMs:
      ratio === null
        ? null
        : {
            before: latency(10),
            after: latency(10 / ratio),
            speedup: { ratio, ci95: [ratio, ratio], verdict: ratio > 1 ? 'faster' : 'slower' },
          },
  } as unknown as Comparison;
  return { id, path: `/${id}`, name: id, comparison, became: null };
}

describe('the trade-off picture of a board', () => {
  it('waits until two models were run', () => {
    expect(boardPicture([])).toBeNull();
    expect(boardPicture([model('a', 1)])).toBeNull();
    expect(boardPicture([model('a', null, null), model('b', null, null)])).toBeNull();
  });

  it('has the first model as what the others are set against, and leaves out what was not run', () => {
    const picture = boardPicture([model('a', null, null), model('b', 2), model('c', null, null)]);
    expect(picture?.measure).toBe('agreement');
    const { points, across, cleaned, limit } = frontPicture(
      picture ?? { candidates: [], measure: 'SQNR' },
      null,
    );
    expect(points.map(({ candidate, x, y }) => [candidate.label, x, y])).toEqual([
      ['a', 10, 1],
      ['b', 5, 0.9],
    ]);
    expect([across, cleaned, limit]).toEqual(['latency', 10, null]);
    expect(points.every(({ within }) => within)).toBe(true);
  });

  it('is of sizes where nothing was timed', () => {
    const picture = boardPicture([model('a', null, null), model('b', null)]);
    const { points, across } = frontPicture(picture ?? { candidates: [], measure: 'SQNR' }, null);
    expect(across).toBe('size');
    expect(points.map(({ x }) => x)).toEqual([100, 50]);
  });

  it('puts on the front what no other beats', () => {
    const picture = boardPicture([
      model('a', null, null),
      model('good', 2),
      model('bad', 0.5, { ...accuracy, top1Agreement: 0.8 }),
    ]);
    const front = picture?.candidates.filter(({ onFront }) => onFront).map(({ label }) => label);
    expect(front).toEqual(['a', 'good']);
  });

  it('judges a model by its worst output, not by all together', () => {
    const worst = {
      ...accuracy,
      top1Agreement: null,
      sqnrDb: 36,
      worstOutput: { name: 'boxes', sqnrDb: 7.3 },
    };
    const picture = boardPicture([model('a', null, null), model('b', 2, worst)]);
    expect(picture?.measure).toBe('SQNR');
    const { points } = frontPicture(picture ?? { candidates: [], measure: 'SQNR' }, null);
    expect(points[1]?.y).toBe(7.3);
  });
});
