import { describe, expect, it } from 'vitest';
import { type Column, nextSort, sorted } from '../../webview/grid/column';
import { MAX_TRACK, scrollTopFor, visibleWindow } from '../../webview/grid/window';

const ROW = 24;
const VIEWPORT = 500;

describe('the rows in view', () => {
  it.each([0, 1, 20, 1000, 100_000, 3_000_000])('of %s rows cover the viewport and no more', (count) => {
    const { track } = visibleWindow(count, ROW, VIEWPORT, 0);
    expect(track).toBeLessThanOrEqual(MAX_TRACK);
    const end = Math.max(0, track - VIEWPORT);
    for (const scrollTop of [0, 1, end / 3, end / 2, end - 1, end].filter((place) => place >= 0)) {
      const view = visibleWindow(count, ROW, VIEWPORT, scrollTop);
      expect(view.end - view.first).toBeLessThan(60);
      expect(view.top).toBeLessThanOrEqual(scrollTop);
      const bottom = view.top + (view.end - view.first) * ROW;
      expect(bottom).toBeGreaterThanOrEqual(Math.min(scrollTop + VIEWPORT, track) - 1e-3);
    }
  });

  it.each([30, 100_000, 3_000_000])('can show each of %s rows wholly', (count) => {
    for (const row of [0, 1, 25, Math.floor(count / 2), count - 2, count - 1]) {
      for (const from of [0, Math.min(count * ROW, MAX_TRACK) - VIEWPORT]) {
        const scrollTop = scrollTopFor(row, count, ROW, VIEWPORT, from);
        const { first, end, top, track } = visibleWindow(count, ROW, VIEWPORT, scrollTop);
        expect(row).toBeGreaterThanOrEqual(first);
        expect(row).toBeLessThan(end);
        const place = top + (row - first) * ROW - scrollTop;
        expect(place).toBeGreaterThanOrEqual(-1e-3);
        expect(place + ROW).toBeLessThanOrEqual(VIEWPORT + 1e-3);
        expect(scrollTop).toBeLessThanOrEqual(track - VIEWPORT + 1e-3);
      }
    }
  });
});

describe('sorting', () => {
  const column: Column<{ key: number | string | null; id: number }> = {
    id: 'key',
    label: '',
    description: '',
    width: 1,
    text: () => '',
    value: ({ key }) => key,
  };
  const ids = (keys: (number | string | null)[], descending: boolean) =>
    sorted(
      keys.map((key, id) => ({ key, id })),
      column,
      descending,
    ).map(({ id }) => id);

  it('puts what is unknown last in either direction, and equal rows in their order', () => {
    expect(ids([2, null, 0, 2, 10], false)).toEqual([2, 0, 3, 4, 1]);
    expect(ids([2, null, 0, 2, 10], true)).toEqual([4, 0, 3, 2, 1]);
  });

  it('counts numbers in names', () => {
    expect(ids(['conv10', 'conv2', 'conv1'], false)).toEqual([2, 1, 0]);
  });

  it('goes from the natural direction to the other and back to the order of the file', () => {
    const numeric = { id: 'macs', numeric: true };
    const first = nextSort(null, numeric);
    expect(first).toEqual({ column: 'macs', descending: true });
    const second = nextSort(first, numeric);
    expect(second).toEqual({ column: 'macs', descending: false });
    expect(nextSort(second, numeric)).toBeNull();
    expect(nextSort(first, { id: 'name' })).toEqual({ column: 'name', descending: false });
  });
});
