import { describe, expect, it } from 'vitest';
import { itemAt, present } from './assert';

describe('an assertion', () => {
  it('gives what is there, also where it counts as false', () => {
    expect(itemAt([0, '', null], 0)).toBe(0);
    expect(itemAt(Float32Array.of(0, Number.NaN), 1)).toBeNaN();
    expect(itemAt([null], 0)).toBeNull();
    expect(present(0, 'count')).toBe(0);
    expect(present('', 'name')).toBe('');
  });

  it.each([-1, 2, 0.5, Number.NaN])('throws for item %s of two', (index) => {
    expect(() => itemAt([1, 2], index)).toThrow(new RangeError(`There is no item ${index} among 2.`));
    expect(() => itemAt(Int8Array.of(1, 2), index)).toThrow(RangeError);
  });

  it.each([null, undefined])('throws for a value that is %s', (value) => {
    expect(() => present(value, 'scale')).toThrow(new RangeError('There is no scale.'));
  });
});
