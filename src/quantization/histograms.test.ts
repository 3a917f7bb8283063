import { describe, expect, it } from 'vitest';
import { affineOf } from '../formats/uniform';
import { seededNormal } from '../runtime/random';
import { Histogram, leastErrorRange, percentileRange } from './histograms';

function histogramOf(values: Float32Array): Histogram {
  const histogram = new Histogram({ min: Math.min(...values), max: Math.max(...values) });
  histogram.add(values);
  return histogram;
}

/** What rounding to 8 bits costs, computed value by value. */
function errorOf(values: Float32Array, min: number, max: number): number {
  const { scale, zeroPoint } = affineOf({ min, max }, 'uint8');
  return values.reduce((sum, value) => {
    const integer = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
    return sum + (value - (integer - zeroPoint) * scale) ** 2;
  }, 0);
}

const normal = seededNormal(3);
const values = Float32Array.from({ length: 20_000 }, normal);
const withOutliers = values.slice();
withOutliers.set([40, -25]);

describe('ranges from histograms', () => {
  it('leave out the farthest values by percentile', () => {
    const { min, max } = percentileRange(histogramOf(withOutliers));
    expect(max).toBeLessThan(6);
    expect(min).toBeGreaterThan(-6);
    const clipped = withOutliers.filter((value) => value < min || value > max).length;
    expect(clipped).toBeLessThanOrEqual(2 * (1e-4 * withOutliers.length + 1));
  });

  it('have an error that is no larger than that of extremes, and about the least of all that are tried', () => {
    for (const data of [values, withOutliers]) {
      const histogram = histogramOf(data);
      const { min, max } = leastErrorRange(histogram, 255);
      const own = errorOf(data, min, max);
      expect(own).toBeLessThanOrEqual(1.02 * errorOf(data, histogram.range.min, histogram.range.max));
      for (const share of [0.1, 0.15, 0.25, 0.5, 0.75])
        expect(own).toBeLessThan(
          1.2 * errorOf(data, share * histogram.range.min, share * histogram.range.max),
        );
    }
  });

  it('keep zero where all values are of one sign', () => {
    const positive = values.map(Math.abs);
    expect(leastErrorRange(histogramOf(positive), 255).min).toBe(0);
  });
});
