import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  constant,
  encode,
  immediate,
  MIL,
  operation,
  program,
  tensorType,
  writePackage,
} from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { openModel } from '../index';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };
let written = 0;

interface Loop {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
  readonly test?: string;
  readonly count?: string;
  /** What the loop begins with, and what it is compared with. */
  readonly from?: string;
  readonly compared?: string;
}

/** MACs of a model that multiplies x [1, 8] by a matrix [8, 8] in every run of a loop over i. */
function macsOf(loop: Loop): number | null {
  const { start = 0, end = 5, step = 1, test = 'less', count = 'add', from = 'start', compared = 'i' } = loop;
  const number = (name: string, value: number) =>
    constant(name, immediate(MIL.int32, [], [value]), MIL.int32, []);
  const weight = immediate(MIL.float32, [8, 8], new Array(64).fill(0));
  const inputs = [
    { name: 'i', type: tensorType(MIL.int32, []) },
    { name: 'v', type: tensorType(MIL.float32, [1, 8]) },
  ];
  const model = program(
    [
      number('start', start),
      number('end', end),
      number('step', step),
      operation('argmax', { x: 'x' }, [['computed', MIL.int32, []]]),
      constant('w', weight, MIL.float32, [8, 8]),
      operation(
        'while_loop',
        { loop_vars: [from, 'x'] },
        [
          ['last', MIL.int32, []],
          ['y', MIL.float32, [1, 8]],
        ],
        {},
        [
          {
            inputs,
            operations: [operation(test, { x: compared, y: 'end' }, [['on', MIL.bool, []]])],
            outputs: ['on'],
          },
          {
            inputs,
            operations: [
              operation(count, { x: 'i', y: 'step' }, [['next', MIL.int32, []]]),
              operation('linear', { x: 'v', weight: 'w' }, [['product', MIL.float32, [1, 8]]]),
            ],
            outputs: ['next', 'product'],
          },
        ],
      ),
    ],
    [['x', [1, 8]]],
    ['y'],
  );
  const path = writePackage(join(folder, `${written++}.mlpackage`), encode(model), null);
  return inspect(openModel(path), NOTHING).totals.macs;
}

describe('a loop', () => {
  it.each<[Loop, number]>([
    [{}, 5],
    [{ start: 2 }, 3],
    [{ step: 2 }, 3],
    [{ step: 2, test: 'less_equal' }, 3],
    [{ step: 5, test: 'less_equal' }, 2],
    [{ start: 5 }, 0],
    [{ start: 9, test: 'less_equal' }, 0],
  ])('of %o multiplies %i times', (loop, runs) => {
    // The same as running it.
    let counted = 0;
    const { start = 0, end = 5, step = 1, test } = loop;
    for (let i = start; test === 'less_equal' ? i <= end : i < end; i += step) counted++;
    expect(counted).toBe(runs);
    expect(macsOf(loop)).toBe(64 * runs);
  });

  it.each<Loop>([
    { from: 'computed' },
    { test: 'greater' },
    { count: 'mul' },
    { step: 0 },
    { compared: 'start' },
  ])('of %o is not known to end', (loop) => {
    expect(macsOf(loop)).toBeNull();
  });

  const real = resolve('../shared/models/coreml/dtln_aec_128_part1_fp32.mlpackage');
  it.skipIf(!existsSync(real))('has the MACs of an LSTM (../shared/models)', () => {
    // Two LSTMs of 128 units over one step, on 514 and on 128 values; a dense layer of 257.
    const lstm = (width: number) => 4 * 128 * (width + 128);
    expect(inspect(openModel(real), NOTHING).totals.macs).toBe(lstm(514) + lstm(128) + 128 * 257);
  });
});
