import { expect, it } from 'vitest';
import { roundHalfToEven } from './rounding';

it('takes the nearest whole number, the even one of two', () => {
  for (let whole = -1000; whole < 1000; whole++) {
    const even = whole % 2 === 0 ? whole : whole + 1;
    const given = [0, 0.25, 0.5, 0.75].map((part) => roundHalfToEven(whole + part) + 0);
    expect(given).toEqual([whole, whole, even, whole + 1].map((value) => value + 0));
  }
});

it.each([
  [0.5 - 2 ** -54, 0],
  [-0.5 + 2 ** -54, -0],
  [-0.5, -0],
  [2 ** 52 - 0.5, 2 ** 52],
  [2 ** 52 - 1.5, 2 ** 52 - 2],
  [2 ** 52 + 1, 2 ** 52 + 1],
  [-(2 ** 53) + 1, -(2 ** 53) + 1],
  [Number.MAX_VALUE, Number.MAX_VALUE],
  [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [Number.NaN, Number.NaN],
])('%d to %d', (value, rounded) => {
  expect(roundHalfToEven(value)).toBe(rounded);
});
