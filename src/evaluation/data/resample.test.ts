import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../runtime/random';
import { fit } from './preprocess';
import { type Pixels, resample } from './resample';

function noise(width: number, height: number, seed: number): Pixels {
  const random = seededRandom(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256) };
}

/** The triangle filter by its definition: every source pixel weighted by its distance, in one sum of two dimensions. */
function byDefinition(
  source: Pixels,
  width: number,
  height: number,
  x: number,
  y: number,
  c: number,
): number {
  const [sx, sy] = [source.width / width, source.height / height];
  const triangle = (distance: number, scale: number) =>
    Math.max(0, 1 - Math.abs(distance) / Math.max(1, scale));
  let sum = 0;
  let weights = 0;
  for (let v = 0; v < source.height; v++) {
    for (let u = 0; u < source.width; u++) {
      const weight = triangle(u + 0.5 - (x + 0.5) * sx, sx) * triangle(v + 0.5 - (y + 0.5) * sy, sy);
      sum += weight * (source.data[(v * source.width + u) * 3 + c] ?? 0);
      weights += weight;
    }
  }
  return sum / weights;
}

describe('resample', () => {
  it.each([
    [40, 30, 13, 7],
    [8, 8, 20, 31],
    [17, 9, 17, 3],
    [5, 40, 1, 1],
  ])('%i x %i to %i x %i is the triangle filter', (w, h, width, height) => {
    const source = noise(w, h, w * h);
    const whole = { width, height, left: 0, top: 0, windowWidth: width, windowHeight: height };
    const { data } = resample(source, whole);
    for (let i = 0; i < data.length; i++) {
      const pixel = Math.floor(i / 3);
      const exact = byDefinition(source, width, height, pixel % width, Math.floor(pixel / width), i % 3);
      expect(Math.abs((data[i] ?? 0) - exact), `element ${i}`).toBeLessThan(0.5001);
    }
  });

  it('computes a window as the part of the whole', () => {
    const source = noise(50, 40, 1);
    const whole = resample(source, {
      width: 20,
      height: 16,
      left: 0,
      top: 0,
      windowWidth: 20,
      windowHeight: 16,
    });
    const part = resample(source, {
      width: 20,
      height: 16,
      left: 3,
      top: 5,
      windowWidth: 4,
      windowHeight: 2,
    });
    const expected = [5, 6].flatMap((y) => [...whole.data.slice((y * 20 + 3) * 3, (y * 20 + 7) * 3)]);
    expect([...part.data]).toEqual(expected);
  });
});

describe('fit', () => {
  const none = { resize: null, crop: null };

  it('leaves a picture of the right size alone unless a size is asked for', () => {
    const picture = noise(24, 24, 2);
    expect(fit(picture, { width: 24, height: 24 }, none)).toBe(picture);
    expect(fit(picture, { width: 24, height: 24 }, { resize: 30, crop: null })).not.toBe(picture);
  });

  it('makes the shorter side 256/224 of the input and cuts out the centre', () => {
    const picture = noise(600, 300, 3);
    const resized = { width: 512, height: 256, left: 144, top: 16, windowWidth: 224, windowHeight: 224 };
    expect(fit(picture, { width: 224, height: 224 }, none)).toEqual(resample(picture, resized));
  });

  it('covers inputs that are not square', () => {
    const { width, height } = fit(noise(30, 90, 4), { width: 80, height: 20 }, none);
    expect([width, height]).toEqual([80, 20]);
  });

  it('scales a crop of another size to the input', () => {
    const picture = noise(64, 64, 5);
    const { width, height } = fit(picture, { width: 16, height: 16 }, { resize: 40, crop: 32 });
    expect([width, height]).toEqual([16, 16]);
  });
});
