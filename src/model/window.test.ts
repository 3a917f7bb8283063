import { describe, expect, it } from 'vitest';
import { slidLength, spreadLength, type Window } from './window';

const RANGE = [0, 1, 2, 3];

function* windows(): Generator<
  Window & { kernel: number; dilation: number; padding: readonly [number, number] }
> {
  for (const kernel of [1, 2, 3, 5])
    for (const stride of [1, 2, 3, 4])
      for (const dilation of [1, 2, 3])
        for (const before of RANGE)
          for (const behind of RANGE) yield { kernel, stride, dilation, padding: [before, behind] };
}

const LENGTHS = [1, 2, 3, 5, 8, 13];

/** First and last element of the window at a place, counted from the start of the padding. */
function at(
  place: number,
  { kernel, stride, dilation }: { kernel: number; stride: number; dilation: number },
) {
  const elements = Array.from({ length: kernel }, (_, tap) => place * stride + tap * dilation);
  return { first: Math.min(...elements), last: Math.max(...elements) };
}

describe('a window that slides', () => {
  it('has a place wherever it fits', () => {
    for (const window of windows()) {
      for (const length of LENGTHS) {
        const end = window.padding[0] + length + window.padding[1];
        let places = 0;
        while (at(places, window).last < end) places++;
        const given = slidLength(length, window);
        expect(Math.max(0, given ?? Number.NaN), JSON.stringify({ length, window })).toBe(places);
      }
    }
  });

  it('has one more where it would leave elements out, and not if that is all padding', () => {
    for (const window of windows()) {
      for (const length of LENGTHS) {
        const end = window.padding[0] + length + window.padding[1];
        if (at(0, window).last >= end) continue;
        let places = 1;
        while (at(places - 1, window).last < end - 1) places++;
        const started = at(places - 1, window).first < window.padding[0] + length ? places : places - 1;
        const given = [slidLength(length, { ...window, beyond: 'always' })];
        given.push(slidLength(length, { ...window, beyond: 'started' }));
        expect(given, JSON.stringify({ length, window })).toEqual([places, started]);
      }
    }
  });

  it('has a place for each stride that begins, where padding keeps the size', () => {
    for (const stride of [1, 2, 3, 4]) {
      for (const length of LENGTHS) {
        const starts = Array.from({ length }, (_, element) => element).filter((one) => one % stride === 0);
        expect(slidLength(length, { kernel: null, stride, padding: 'same' })).toBe(starts.length);
      }
    }
  });

  // As PyTorch, ONNX Runtime and TensorFlow Lite give them.
  it.each([
    [224, { kernel: 7, stride: 2, padding: [3, 3] }, 112],
    [112, { kernel: 3, stride: 2, padding: [0, 0] }, 55],
    [111, { kernel: 3, stride: 2, padding: [0, 0], beyond: 'started' }, 55],
    [112, { kernel: 3, stride: 2, padding: [0, 0], beyond: 'started' }, 56],
    [4, { kernel: 2, stride: 2, padding: [1, 1], beyond: 'started' }, 3],
    [5, { kernel: 1, stride: 3, padding: [0, 0], beyond: 'started' }, 2],
    [33, { kernel: 3, stride: 1, dilation: 6, padding: [6, 6] }, 33],
    [3, { kernel: 5, stride: 1, padding: [0, 0] }, -1],
    [null, { kernel: 5, stride: 1, padding: [0, 0] }, null],
    [8, { kernel: null, stride: 1, padding: [0, 0] }, null],
    [8, { kernel: 3, stride: 0, padding: [1, 1] }, null],
  ] as [number | null, Window, number | null][])('%s by %j is %s', (length, window, places) => {
    expect(slidLength(length, window)).toBe(places);
  });
});

describe('a window that spreads', () => {
  it('reaches from its first to its last element, without what is cut off and with what is put behind', () => {
    for (const window of windows()) {
      for (const length of LENGTHS) {
        const { last } = at(length - 1, window);
        const [before, behind] = window.padding;
        const message = JSON.stringify({ length, window });
        expect(spreadLength(length, window), message).toBe(last + 1 - before - behind);
        expect(spreadLength(length, window, 2), message).toBe(last + 3 - before - behind);
        // Sliding over it again gives what it was spread from.
        expect(slidLength(spreadLength(length, window), window), message).toBe(length);
      }
    }
  });

  it('multiplies, where padding keeps the size', () => {
    expect(spreadLength(7, { kernel: null, stride: 2, padding: 'same' })).toBe(14);
  });

  it('is not known where its kernel or the length is not', () => {
    expect(spreadLength(7, { kernel: null, stride: 2, padding: [0, 0] })).toBeNull();
    expect(spreadLength(null, { kernel: 3, stride: 2, padding: 'same' })).toBeNull();
  });
});
