import { expect, it } from 'vitest';
import { rangeLength, takenBy } from './slice';

const BOUNDS = [null, -9, -5, -4, -2, -1, 0, 1, 2, 4, 5, 9];

/** As Python defines it, place by place. */
function picked(length: number, from: number | null, to: number | null, step: number): number[] {
  const counted = (bound: number) => (bound < 0 ? bound + length : bound);
  const back = step < 0;
  let place = from === null ? (back ? length - 1 : 0) : counted(from);
  // What would begin outside, on the side that it comes from, begins at the edge.
  if (back) place = Math.min(place, length - 1);
  else place = Math.max(place, 0);
  const before = (one: number) => {
    if (to === null) return true;
    const end = counted(to);
    return back ? one > end : one < end;
  };
  const places: number[] = [];
  for (; place >= 0 && place < length && before(place); place += step) places.push(place);
  return places;
}

it('takes of an axis what Python takes', () => {
  for (const length of [0, 1, 4, 5]) {
    for (const step of [1, 2, 3, 7, -1, -2, -7]) {
      for (const from of BOUNDS) {
        for (const to of BOUNDS) {
          const { start, count } = takenBy(length, from, to, step);
          const given = Array.from({ length: count }, (_, n) => start + n * step);
          expect(given, JSON.stringify({ length, from, to, step })).toEqual(picked(length, from, to, step));
        }
      }
    }
  }
});

it('counts what lies before the end', () => {
  expect([
    rangeLength(0, 5, 2),
    rangeLength(5, 0, -2),
    rangeLength(5, 0, 1),
    rangeLength(0.5, 2, 0.5),
  ]).toEqual([3, 3, 0, 3]);
});
