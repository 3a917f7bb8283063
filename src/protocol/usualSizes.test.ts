import { describe, expect, it } from 'vitest';
import type { TensorReport } from './reports';
import { wantedSizes } from './usualSizes';

const NOTHING = { dims: {}, shapes: {} };
const OPEN = { value: 1, assumed: true };

function input(declaredShape: TensorReport['declaredShape'], shape: TensorReport['shape']): TensorReport {
  return { name: 'x', type: 'float32', shape, declaredShape };
}

describe('the sizes that an input leaves open', () => {
  it('are sides of an image, in either layout', () => {
    const dims = { batch: OPEN, height: OPEN, width: OPEN };
    for (const [declared, shape] of [
      [
        ['batch', 3, 'height', 'width'],
        [1, 3, 1, 1],
      ],
      [
        ['batch', 'height', 'width', 3],
        [1, 1, 1, 3],
      ],
    ] as const) {
      const wanted = wantedSizes(input([...declared], [...shape]), dims, [], NOTHING);
      expect(wanted).toMatchObject({ what: 'height and width', assumed: true });
      expect(wanted?.choices.find(({ label }) => label === '224×224')).toEqual({
        label: '224×224',
        dimensions: { dims: { height: 224, width: 224 }, shapes: {} },
        chosen: false,
      });
    }
  });

  it('are the length of a sequence', () => {
    const dims = { length: { value: 128, assumed: false } };
    const wanted = wantedSizes(input([1, 'length'], [1, 128]), dims, [], {
      dims: { length: 128 },
      shapes: {},
    });
    expect(wanted).toMatchObject({ what: 'length', assumed: false });
    expect(wanted?.choices.filter(({ chosen }) => chosen).map(({ label }) => label)).toEqual(['128']);
  });

  it('are given as a whole shape where they have no names', () => {
    const given = { dims: { batch: 2, other: 3 }, shapes: {} };
    const wanted = wantedSizes(input(['batch', 3, null, null], [2, 3, 1, 1]), {}, ['x'], given);
    expect(wanted?.what).toBe('height and width');
    expect(wanted?.choices[1]?.dimensions).toEqual({ dims: { other: 3 }, shapes: { x: [2, 3, 224, 224] } });
  });

  it('have no usual ones where they are neither', () => {
    const wanted = wantedSizes(
      input([1, 'a', 4, 'b', 'c'], [1, 1, 4, 1, 1]),
      { a: OPEN, b: OPEN, c: OPEN },
      [],
      NOTHING,
    );
    expect(wanted).toEqual({ what: 'a, b and c', assumed: true, choices: [] });
  });

  it('of a recurrent state are no length', () => {
    const wanted = wantedSizes(input([2, null, 128], [2, 1, 128]), {}, ['x'], NOTHING);
    expect(wanted).toEqual({ what: 'its sizes', assumed: true, choices: [] });
  });

  it('are none where only the batch is open', () => {
    expect(wantedSizes(input(['n', 3, 8, 8], [1, 3, 8, 8]), { n: OPEN }, [], NOTHING)).toBeNull();
  });
});
