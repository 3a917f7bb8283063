import { describe, expect, it } from 'vitest';
import { preprocessingOf } from './preprocessing';

describe('preprocessingOf', () => {
  it('is null when nothing is given', () => {
    expect(preprocessingOf({})).toBeNull();
  });

  it('is a preset, changed by what is given besides', () => {
    expect(preprocessingOf({ preset: 'caffe', channels: 'rgb', crop: 227 })).toEqual({
      mean: [104, 117, 123],
      std: [1, 1, 1],
      scale: 1,
      channels: 'rgb',
      layout: null,
      resize: null,
      crop: 227,
    });
  });

  it('starts from pixels between 0 and 1 when only numbers are given', () => {
    const given = preprocessingOf({ mean: [0.4], std: [0.2] });
    expect(given).toMatchObject({ mean: [0.4], std: [0.2], scale: 1 / 255, channels: 'rgb' });
    expect(preprocessingOf({ scale: 1 })).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1], scale: 1 });
  });

  it('starts from the default preset when only sizes or orders are given', () => {
    expect(preprocessingOf({ resize: 300 })).toMatchObject({ mean: [0.485, 0.456, 0.406], resize: 300 });
  });
});
