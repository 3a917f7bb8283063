import { describe, expect, it } from 'vitest';
import { scaleFor } from '../../webview/comparison/points';

describe('an axis', () => {
  it.each([[[5.12, 4.71, 2.93]], [[0.97, 0.965]], [[1, 1]], [[0.001, 0.4, 900]], [[1e-6]]])(
    'of %j keeps all values inside, in order, with round ticks',
    (values) => {
      const scale = scaleFor(values, 60, 460, [0, Number.POSITIVE_INFINITY]);
      for (const value of values) {
        expect(scale(value)).toBeGreaterThanOrEqual(60);
        expect(scale(value)).toBeLessThanOrEqual(460);
      }
      const sorted = [...values].sort((a, b) => a - b);
      expect(sorted.map(scale)).toEqual([...sorted.map(scale)].sort((a, b) => a - b));
      expect(scale.ticks.length).toBeGreaterThan(0);
      expect(scale.ticks.length).toBeLessThan(30);
      for (const tick of scale.ticks) {
        expect(scale(tick)).toBeGreaterThanOrEqual(60 - 1e-6);
        expect(scale(tick)).toBeLessThanOrEqual(460 + 1e-6);
      }
    },
  );

  it('shows no more than all of a fraction', () => {
    const scale = scaleFor([1, 0.98], 250, 18, [0, 1.005]);
    expect(scale.ticks.at(-1)).toBeLessThanOrEqual(1.005);
  });
});
