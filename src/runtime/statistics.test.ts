import { describe, expect, it } from 'vitest';
import { seededNormal, seededRandom } from './random';
import {
  bootstrapInterval,
  hodgesLehmann,
  median,
  midmean,
  quantile,
  repetitionInterval,
  verdict,
} from './statistics';

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.9)).toBeCloseTo(9);
    expect(quantile([5], 0.9)).toBe(5);
  });

  it('sorts by value, not as text', () => {
    expect(quantile([10, 9, 100], 1)).toBe(100);
  });
});

describe('midmean', () => {
  it('averages the middle half', () => {
    expect(midmean([1, 2, 3, 1e9])).toBe(2.5);
    expect(midmean([7])).toBe(7);
    expect(midmean([2, 2, 3, 3, 3, 3, 100, -100])).toBe(2.75);
  });
});

describe('hodgesLehmann', () => {
  it('is the centre of symmetric values and ignores a wild one', () => {
    expect(hodgesLehmann([1, 2, 3])).toBe(2);
    expect(hodgesLehmann([1, 2, 3, 4, 1e9])).toBeLessThan(4);
  });
});

describe('bootstrapInterval', () => {
  it('is the value itself where all are alike', () => {
    expect(bootstrapInterval([2, 2, 2, 2, 2, 2, 2], median, 1)).toEqual([2, 2]);
  });

  it('gives the same interval for the same seed', () => {
    const values = [1, 2, 3, 4, 5, 6, 7];
    expect(bootstrapInterval(values, median, 3)).toEqual(bootstrapInterval(values, median, 3));
  });

  it('covers the true centre of seven normal values in about 95 % of tries', () => {
    const seed = 5;
    const normal = seededNormal(seed);
    const tries = 300;
    let covered = 0;
    for (let attempt = 0; attempt < tries; attempt++) {
      const values = Array.from({ length: 7 }, normal);
      const [low, high] = bootstrapInterval(values, hodgesLehmann, attempt);
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / tries, `seed ${seed}`).toBeGreaterThan(0.9);
    expect(covered / tries, `seed ${seed}`).toBeLessThan(0.99);
  });
});

describe('repetitionInterval', () => {
  it('holds the figure of a repetition in at least 90 % of tries, which the interval of the figure itself does not', () => {
    const seed = 9;
    const normal = seededNormal(seed);
    const tries = 200;
    const inside = { repetition: 0, itself: 0 };
    // In every process memory lies elsewhere, which all of its sessions share.
    const measure = (noise: number) => {
      const bias = 0.015 * normal();
      return Array.from({ length: 7 }, () => Math.exp(bias + noise * normal()));
    };
    for (let attempt = 0; attempt < tries; attempt++) {
      const noise = attempt % 2 === 0 ? 0.002 : 0.03;
      const [one, other] = [measure(noise), measure(noise)] as [number[], number[]];
      const itself = bootstrapInterval(one, median, attempt);
      const [low, high] = repetitionInterval(itself, median(one), 0.05);
      if (low <= median(other) && median(other) <= high) inside.repetition++;
      if (itself[0] <= median(other) && median(other) <= itself[1]) inside.itself++;
    }
    expect(inside.repetition / tries, `seed ${seed}`).toBeGreaterThanOrEqual(0.9);
    expect(inside.itself / tries, `seed ${seed}`).toBeLessThan(0.75);
  });

  it('is as wide as repetitions differ where all values are alike', () => {
    const [low, high] = repetitionInterval([2, 2], 2, 0.05);
    expect(low).toBeCloseTo(2 * Math.exp(-0.05), 9);
    expect(high).toBeCloseTo(2 * Math.exp(0.05), 9);
  });
});

describe('verdict', () => {
  it('needs the whole interval beyond two per cent', () => {
    expect(verdict([1.021, 1.5])).toBe('faster');
    expect(verdict([0.5, 0.979])).toBe('slower');
    expect(verdict([1.02, 1.5])).toBe('no difference measured');
    expect(verdict([0.5, 0.98])).toBe('no difference measured');
    expect(verdict([0.5, 1.5])).toBe('no difference measured');
  });
});

describe('seededRandom', () => {
  it('spreads evenly over [0, 1)', () => {
    const random = seededRandom(11);
    const buckets = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index++) {
      const bucket = Math.floor(random() * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    expect(buckets).toHaveLength(10);
    for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
