import { expect, it } from 'vitest';
import { mostSensitive, sensitivities } from './sensitivity';

it('names the layers that lose most, the most first, and none that adds next to nothing', () => {
  const errors = [0.001, 0.5, 0.0001, 0.2, 0.3];
  expect(mostSensitive(errors)).toEqual([1, 4, 3]);
});

it('names at most five', () => {
  expect(mostSensitive([1, 2, 3, 4, 5, 6, 7])).toEqual([6, 5, 4, 3, 2]);
});

it('says nothing of layers that were measured together', () => {
  expect(mostSensitive([0.4, 0.4, 0.1, 0.3])).toEqual([3, 2]);
  expect(mostSensitive([0, 0])).toEqual([]);
});

it('says what each loses, its part of all, and why', () => {
  const layers = ['a', 'b', 'c'].map((id) => ({ id }));
  const [first, second] = sensitivities(layers, [0.01, 0.09, 0], new Map([[1, 'an outlier']]));
  expect(first).toMatchObject({ id: 'b', share: 0.9, cause: 'an outlier' });
  expect(first?.decibels).toBeCloseTo(10.4576, 3);
  expect(second).toMatchObject({ id: 'a', cause: null });
  expect(second?.decibels).toBeCloseTo(20, 9);
});
