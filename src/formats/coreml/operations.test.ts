import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  constant,
  encode,
  immediate,
  MIL,
  type OperationInit,
  operation,
  program,
  text,
  writePackage,
} from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { seededRandom } from '../../runtime/random';
import { coreml } from './format';

const folder = scratchFolder();
let written = 0;

/** A shape of an input, or what is written into the program: whole numbers, one number, a truth value, a text. */
type Given = readonly number[] | { readonly set: readonly number[] | number | boolean | string };

const set = (value: readonly number[] | number | boolean | string): Given => ({ set: value });

function immediateOf(value: readonly number[] | number | boolean | string) {
  if (typeof value === 'string') return { value: text(value), type: MIL.string, shape: [] };
  if (typeof value === 'boolean')
    return { value: immediate(MIL.bool, [], [Number(value)]), type: MIL.bool, shape: [] };
  const list = [value].flat() as number[];
  const shape = typeof value === 'number' ? [] : [list.length];
  return { value: immediate(MIL.int32, shape, list), type: MIL.int32, shape };
}

function shapesOf(
  operations: readonly OperationInit[],
  inputs: readonly [string, readonly number[]][],
  outputs: readonly string[],
) {
  const model = program(operations, inputs, outputs);
  const file = coreml.open(writePackage(join(folder, `${written++}.mlpackage`), encode(model), null));
  const { graph, problems } = file.infer({ dims: {}, shapes: {} });
  expect(problems).toEqual([]);
  const { layers } = inspect(file, { dims: {}, shapes: {} });
  return { shapes: outputs.map((name) => graph.tensors.get(name)?.shape), last: layers.at(-1) };
}

/** Shapes that a program leaves open, from the descriptions of MIL's operations (coremltools, iOS 15 to 18). */
const cases: [type: string, given: Record<string, Given>, shapes: (number | null)[][]][] = [
  ['shape', { x: [2, 3, 4] }, [[3]]],
  ['gather', { x: [2, 3, 5], indices: [6, 8], axis: set(1) }, [[2, 6, 8, 5]]],
  ['gather', { x: [2, 3, 5], indices: set([0, 2]), axis: set(1) }, [[2, 2, 5]]],
  ['gather', { x: [2, 3, 5], indices: [2, 8], axis: set(1), batch_dims: set(1) }, [[2, 8, 5]]],
  ['gather_nd', { x: [4, 2, 3, 4], indices: [6, 2] }, [[6, 3, 4]]],
  ['gather_along_axis', { x: [4, 2], indices: [4, 7], axis: set(1) }, [[4, 7]]],
  ['scatter_nd', { data: [4, 3], indices: [2, 1], updates: [2, 3] }, [[4, 3]]],
  ['select', { cond: [4, 1], a: [4, 3], b: [3] }, [[4, 3]]],
  ['fill', { shape: set([2, 5]) }, [[2, 5]]],
  ['fill_like', { ref_tensor: [2, 5] }, [[2, 5]]],
  ['random_normal', { shape: set([2, 5]) }, [[2, 5]]],
  ['random_categorical', { x: [2, 5], size: set(3) }, [[2, 3]]],
  ['one_hot', { indices: [10, 23], one_hot_vector_size: set(32), axis: set(1) }, [[10, 32, 23]]],
  ['range_1d', { start: set(2), end: set(9), step: set(3) }, [[3]]],
  ['non_zero', { x: [2, 5] }, [[null, 2]]],
  ['tile', { x: [2, 5], reps: set([3, 2]) }, [[6, 10]]],
  ['flatten2d', { x: [2, 5, 3], axis: set(2) }, [[10, 3]]],
  ['sliding_windows', { x: [2, 8, 5], axis: set(1), size: set(3), stride: set(2) }, [[2, 3, 3, 5]]],
  [
    'topk',
    { x: [2, 8], k: set(3), axis: set(1) },
    [
      [2, 3],
      [2, 3],
    ],
  ],
  ['argsort', { x: [2, 8] }, [[2, 8]]],
  ['band_part', { x: [2, 8] }, [[2, 8]]],
  ['reduce_argmax', { x: [2, 8, 3], axis: set(1), keep_dims: set(false) }, [[2, 3]]],
  ['reduce_mean', { x: [2, 8, 3], axes: set([1, 2]), keep_dims: set(true) }, [[2, 1, 1]]],
  ['slice_by_index', { x: [5, 6], begin: set([1, 0]), end: set([4, 6]), stride: set([2, 4]) }, [[2, 2]]],
  ['slice_by_size', { x: [5, 6], begin: set([1, 0]), size: set([2, 3]) }, [[2, 3]]],
  ['einsum', { values: [2, 3, 4], equation: set('nhc->chn') }, [[4, 3, 2]]],
  ['scaled_dot_product_attention', { query: [2, 4, 8], key: [2, 6, 8], value: [2, 6, 5] }, [[2, 4, 5]]],
  [
    'resize_bilinear',
    { x: [1, 3, 4, 5], target_size_height: set(7), target_size_width: set(9) },
    [[1, 3, 7, 9]],
  ],
  ['resize', { x: [1, 2, 3, 4], shape: set([1, 6, 8]), resized_dims: set(2) }, [[1, 2, 6, 8]]],
  ['resize', { x: [1, 2, 3, 4], shape: set([1, 0, 0]), resized_dims: set(2) }, [[1, 2, 3, 4]]],
  ['crop', { x: [1, 3, 9, 8], crop_height: set([1, 2]), crop_width: set([0, 3]) }, [[1, 3, 6, 5]]],
  [
    'crop_resize',
    { x: [2, 3, 9, 8], roi: [5, 1, 4, 1, 1], target_height: set(4), target_width: set(6) },
    [[5, 2, 3, 4, 6]],
  ],
  [
    'crop_resize',
    { x: [2, 3, 9, 8], boxes: [5, 4], box_indices: [5], target_height: set(4), target_width: set(6) },
    [[5, 3, 4, 6]],
  ],
  [
    'affine',
    { x: [1, 3, 9, 8], transform_matrix: [1, 6], output_height: set(4), output_width: set(6) },
    [[1, 3, 4, 6]],
  ],
  ['resample', { x: [1, 3, 9, 8], coordinates: [1, 4, 6, 2] }, [[1, 3, 4, 6]]],
  ['depth_to_space', { x: [1, 8, 3, 4], block_size: set(2) }, [[1, 2, 6, 8]]],
  ['pixel_shuffle', { x: [1, 8, 3, 4], upscale_factor: set(2) }, [[1, 2, 6, 8]]],
  ['space_to_depth', { x: [1, 2, 6, 8], block_size: set(2) }, [[1, 8, 3, 4]]],
  ['pixel_unshuffle', { x: [1, 2, 6, 8], downscale_factor: set(2) }, [[1, 8, 3, 4]]],
  [
    'space_to_batch',
    { x: [1, 3, 5, 4], block_shape: set([2, 2]), paddings: set([1, 0, 0, 0]) },
    [[4, 3, 3, 2]],
  ],
  ['batch_to_space', { x: [4, 3, 3, 2], block_shape: set([2, 2]), crops: set([1, 0, 0, 0]) }, [[1, 3, 5, 4]]],
  [
    'conv_transpose',
    {
      x: [1, 4, 5, 6],
      weight: [4, 3, 3, 2],
      groups: set(2),
      strides: set([2, 2]),
      pad_type: set('custom'),
      pad: set([1, 0, 0, 1]),
    },
    [[1, 6, 10, 11]],
  ],
  [
    'lstm',
    { x: [7, 2, 6], weight_ih: [16, 6], weight_hh: [16, 4], output_sequence: set(true) },
    [
      [7, 2, 4],
      [2, 4],
      [2, 4],
    ],
  ],
  [
    'lstm',
    { x: [7, 2, 6], weight_ih: [16, 6], weight_hh: [16, 4], direction: set('bidirectional') },
    [
      [1, 2, 8],
      [2, 8],
      [2, 8],
    ],
  ],
  [
    'gru',
    { x: [7, 2, 6], weight_ih: [12, 6], weight_hh: [12, 4] },
    [
      [1, 2, 4],
      [2, 4],
    ],
  ],
  [
    'non_maximum_suppression',
    { boxes: [2, 100, 4], scores: [2, 100, 7], max_boxes: set(10) },
    [[2, 10, 4], [2, 10, 7], [2, 10], [2]],
  ],
  [
    'non_maximum_suppression',
    { boxes: [2, 100, 4], scores: [2, 7, 100], max_boxes: set(10) },
    [[2, 10, 4], [2, 7, 10], [2, 10], [2]],
  ],
  ['quantize', { input: [2, 8] }, [[2, 8]]],
  ['make_list', { init_length: set(7), elem_shape: set([1, 5]) }, [[7, 1, 5]]],
  ['slice_update', { x: [2, 8], update: [2, 1] }, [[2, 8]]],
];

describe('shapes of single operations', () => {
  it.each(cases.map((one, n) => [`${n} ${one[0]}`, one] as const))('%s', (_, [type, given, expected]) => {
    const entries = Object.entries(given);
    const settings = entries.flatMap(([name, one]) =>
      'set' in one
        ? [constant(name, immediateOf(one.set).value, immediateOf(one.set).type, immediateOf(one.set).shape)]
        : [],
    );
    const inputs = entries.flatMap(([name, one]): [string, readonly number[]][] =>
      'set' in one ? [] : [[name, one]],
    );
    const names = expected.map((_, index) => `y${index}`);
    const outputs = expected.map((shape, index): [string, number, null[]] => [
      names[index] ?? '',
      MIL.float32,
      shape.map(() => null),
    ]);
    const parameters = Object.fromEntries(entries.map(([name]) => [name, name]));
    const found = shapesOf([...settings, operation(type, parameters, outputs)], inputs, names);
    expect(found.shapes).toEqual(expected);
    expect(found.last?.macs).not.toBeNull();
  });
});

describe('shapes that a program computes', () => {
  it('of shapes of its inputs are followed: flattening all but the first axis', () => {
    const number = (name: string, value: number) =>
      constant(name, immediate(MIL.int32, [], [value]), MIL.int32, []);
    const list = (name: string, ...values: number[]) =>
      constant(name, immediate(MIL.int32, [values.length], values), MIL.int32, [values.length]);
    const operations = [
      ...[
        number('zero', 0),
        number('one', 1),
        list('ends', 4),
        list('begins', 1),
        list('size', 3),
        list('ones', 1),
      ],
      constant('keep', immediate(MIL.bool, [], [1]), MIL.bool, []),
      operation('shape', { x: 'x' }, [['s', MIL.int32, [4]]]),
      operation('slice_by_index', { x: 's', begin: 'begins', end: 'ends' }, [['sides', MIL.int32, [3]]]),
      operation('reduce_prod', { x: 'sides', keep_dims: 'keep' }, [['all', MIL.int32, [1]]]),
      operation('gather', { x: 's', indices: 'zero', axis: 'zero' }, [['batch', MIL.int32, []]]),
      operation('expand_dims', { x: 'batch', axes: 'none' }, [['first', MIL.int32, [1]]]),
      list('none', 0),
      operation('concat', { values: ['first', 'all'], axis: 'zero' }, [['target', MIL.int32, [2]]]),
      operation('reshape', { x: 'x', shape: 'target' }, [['y', MIL.float32, [null, null]]]),
    ];
    // Constants come first in a program.
    operations.sort((a, b) => Number(b.type === 'const') - Number(a.type === 'const'));
    expect(shapesOf(operations, [['x', [2, 3, 4, 5]]], ['y']).shapes).toEqual([[2, 60]]);
  });
});

describe('damaged settings', () => {
  it('give shapes or none, and nothing breaks', () => {
    const types = [...new Set(cases.map(([type]) => type))];
    for (let seed = 1; seed <= 3; seed++) {
      const random = seededRandom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const shape = () => Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * 9));
      for (const type of types) {
        const parameters = [
          ...new Set(cases.filter((one) => one[0] === type).flatMap((one) => Object.keys(one[1]))),
        ];
        const chosen = parameters.filter(() => random() < 0.9);
        const settings: OperationInit[] = [];
        const inputs: [string, readonly number[]][] = [];
        for (const name of chosen) {
          if (random() < 0.5) inputs.push([name, shape()]);
          else {
            const numbers = shape().map((size) => (random() < 0.2 ? 2 ** 31 - 1 : size));
            const made = immediateOf(pick<Parameters<typeof immediateOf>[0]>([numbers, 3, true, 'nchw->']));
            settings.push(constant(name, made.value, made.type, made.shape));
          }
        }
        const given = Object.fromEntries(chosen.map((name) => [name, name]));
        const outputs: [string, number, null[]] = ['y0', MIL.float32, shape().map(() => null)];
        const model = program([...settings, operation(type, given, [outputs])], inputs, ['y0']);
        const path = writePackage(join(folder, `${written++}.mlpackage`), encode(model), null);
        const { layers } = inspect(coreml.open(path), { dims: {}, shapes: {} });
        for (const size of layers.at(-1)?.outputs[0]?.shape ?? []) {
          const fine = size === null || (Number.isSafeInteger(size) && size >= 0);
          expect([seed, type, size, fine]).toEqual([seed, type, size, true]);
        }
      }
    }
  });
});
