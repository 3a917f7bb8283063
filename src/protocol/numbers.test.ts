import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatMs,
  formatPercent,
  formatRatio,
  formatShape,
} from './numbers';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [13_964_571, '14.0 MB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_000_000_000, '1.00 GB'],
    [null, '—'],
    [Number.NaN, '—'],
  ])('%s bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0'],
    [7, '7'],
    [300_774_272, '301 M'],
    [3_504_872, '3.50 M'],
    [1e18, '1000 P'],
    [undefined, '—'],
  ])('a count of %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [5.1234, '5.12 ms'],
    [0.0421, '0.042 ms'],
    [0.0001, '< 0.001 ms'],
    [0, '0.000 ms'],
    [1234.5, '1235 ms'],
    [null, '—'],
  ])('%s ms', (ms, text) => expect(formatMs(ms)).toBe(text));

  it('shows unknown values as unknown everywhere', () => {
    expect([formatInteger(null), formatRatio(null), formatPercent(undefined), formatShape(null)]).toEqual(
      Array(4).fill('—'),
    );
  });

  it('writes shapes', () => {
    expect(formatShape([1, 3, null, 'width'])).toBe('1×3×?×width');
    expect(formatShape([])).toBe('scalar');
  });
});
