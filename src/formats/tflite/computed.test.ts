import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { type MadeOperator, type MadeTensor, makeTflite, reopenTflite } from '../../../test/unit/tflite';
import type { Feeds } from '../../runtime/engine';
import { tfjsTflite } from '../../runtime/tfjsTflite';
import type { Known } from './inference';

const folder = scratchFolder();
const [FLOAT32, INT32, BOOL] = [0, 2, 6];

const int = (shape: number[], ...values: number[]): MadeTensor => ({
  shape,
  type: INT32,
  data: Int32Array.from(values),
});
const ints = (...values: number[]) => int([values.length], ...values);
const scalar = (value: number) => int([], value);
const float = (shape: number[], ...values: number[]): MadeTensor => ({
  shape,
  data: Float32Array.from(values),
});
const bool = (shape: number[], ...values: number[]): MadeTensor => ({
  shape,
  type: BOOL,
  data: Uint8Array.from(values),
});

interface Case {
  readonly op: string;
  readonly inputs: readonly MadeTensor[];
  readonly options?: NonNullable<MadeOperator['options']>;
  /** Shapes of the outputs, and their type unless it is int32. */
  readonly outputs: readonly (readonly number[])[];
  readonly type?: number;
}

const matrix = int([2, 3], 5, -7, 9, 4, 0, 3);

const cases: Case[] = [
  ...['ADD', 'SUB', 'MUL', 'DIV'].map((op) => ({
    op,
    inputs: [matrix, ints(2, 3, -4)],
    options: { table: `${op[0]}${op.slice(1).toLowerCase()}Options` },
    outputs: [[2, 3]],
  })),
  ...['FLOOR_DIV', 'FLOOR_MOD', 'MAXIMUM', 'MINIMUM', 'SQUARED_DIFFERENCE'].map((op) => ({
    op,
    inputs: [matrix, ints(2, 3, -4)],
    outputs: [[2, 3]],
  })),
  { op: 'POW', inputs: [ints(2, 3, 5), ints(3, 2, 0)], outputs: [[3]] },
  ...['EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'].map((op) => ({
    op,
    inputs: [matrix, ints(5, 0, 3)],
    outputs: [[2, 3]],
    type: BOOL,
  })),
  { op: 'LOGICAL_AND', inputs: [bool([3], 1, 0, 1), bool([3], 1, 1, 0)], outputs: [[3]], type: BOOL },
  { op: 'LOGICAL_OR', inputs: [bool([3], 1, 0, 1), bool([1], 0)], outputs: [[3]], type: BOOL },
  { op: 'LOGICAL_NOT', inputs: [bool([3], 1, 0, 1)], outputs: [[3]], type: BOOL },
  { op: 'SELECT', inputs: [bool([3], 1, 0, 1), ints(1, 2, 3), ints(4, 5, 6)], outputs: [[3]] },
  { op: 'SELECT_V2', inputs: [bool([2, 1], 1, 0), ints(1, 2, 3), scalar(9)], outputs: [[2, 3]] },
  { op: 'ADD_N', inputs: [ints(1, 2), ints(3, 4), ints(5, 6)], outputs: [[2]] },
  ...['ABS', 'NEG', 'SIGN'].map((op) => ({
    op,
    inputs: [float([4], -1.5, 0.25, 3, -7)],
    outputs: [[4]],
    type: FLOAT32,
  })),
  ...['CEIL', 'FLOOR', 'ROUND', 'SQUARE', 'EXP', 'RELU', 'SIN', 'COS', 'TANH'].map((op) => ({
    op,
    inputs: [float([5], -1.5, 0.25, 2.5, 3.5, 7)],
    outputs: [[5]],
    type: FLOAT32,
  })),
  ...['SQRT', 'RSQRT', 'LOG'].map((op) => ({
    op,
    inputs: [float([3], 0.25, 3, 16)],
    outputs: [[3]],
    type: FLOAT32,
  })),
  {
    op: 'DIV',
    inputs: [float([2], 7, 1), float([1], 3)],
    options: { table: 'DivOptions' },
    outputs: [[2]],
    type: FLOAT32,
  },
  {
    op: 'CAST',
    inputs: [float([4], -1.5, 0.25, 2.75, 9)],
    options: { table: 'CastOptions', inDataType: FLOAT32, outDataType: INT32 },
    outputs: [[4]],
  },
  {
    op: 'CAST',
    inputs: [ints(0, 1, 5)],
    options: { table: 'CastOptions', inDataType: INT32, outDataType: BOOL },
    outputs: [[3]],
    type: BOOL,
  },
  {
    op: 'CONCATENATION',
    inputs: [matrix, int([2, 1], 70, 80)],
    options: { table: 'ConcatenationOptions', axis: 1 },
    outputs: [[2, 4]],
  },
  {
    op: 'PACK',
    inputs: [matrix, matrix],
    options: { table: 'PackOptions', axis: 1, valuesCount: 2 },
    outputs: [[2, 2, 3]],
  },
  {
    op: 'PACK',
    inputs: [ints(1, 2), ints(3, 4), ints(5, 6)],
    options: { table: 'PackOptions', axis: -1, valuesCount: 3 },
    outputs: [[2, 3]],
  },
  {
    op: 'UNPACK',
    inputs: [matrix],
    options: { table: 'UnpackOptions', axis: 1, num: 3 },
    outputs: [[2], [2], [2]],
  },
  {
    op: 'SPLIT',
    inputs: [scalar(1), int([2, 4], 1, 2, 3, 4, 5, 6, 7, 8)],
    options: { table: 'SplitOptions', numSplits: 2 },
    outputs: [
      [2, 2],
      [2, 2],
    ],
  },
  {
    op: 'SPLIT_V',
    inputs: [matrix, ints(1, -1), scalar(1)],
    options: { table: 'SplitVOptions', numSplits: 2 },
    outputs: [
      [2, 1],
      [2, 2],
    ],
  },
  { op: 'SLICE', inputs: [matrix, ints(0, 1), ints(-1, 2)], outputs: [[2, 2]] },
  {
    op: 'STRIDED_SLICE',
    inputs: [matrix, ints(0, 2), ints(2, 0), ints(1, -1)],
    options: { table: 'StridedSliceOptions' },
    outputs: [[2, 2]],
  },
  {
    op: 'STRIDED_SLICE',
    inputs: [matrix, ints(-1, 0), ints(0, 3), ints(1, 2)],
    options: { table: 'StridedSliceOptions', shrinkAxisMask: 1 },
    outputs: [[2]],
  },
  {
    op: 'GATHER',
    inputs: [matrix, int([2, 2], 2, 0, 1, 1)],
    options: { table: 'GatherOptions', axis: 1 },
    outputs: [[2, 2, 2]],
  },
  { op: 'GATHER', inputs: [matrix, scalar(1)], options: { table: 'GatherOptions' }, outputs: [[3]] },
  { op: 'GATHER_ND', inputs: [matrix, int([2, 1], 1, 0)], outputs: [[2, 3]] },
  { op: 'GATHER_ND', inputs: [matrix, int([2, 2], 1, 0, 0, 2)], outputs: [[2]] },
  {
    op: 'TRANSPOSE',
    inputs: [float([2, 3], 1, 2, 3, 4, 5, 6), ints(1, 0)],
    outputs: [[3, 2]],
    type: FLOAT32,
  },
  { op: 'TILE', inputs: [matrix, ints(2, 2)], outputs: [[4, 6]] },
  { op: 'FILL', inputs: [ints(2, 2), scalar(7)], outputs: [[2, 2]] },
  { op: 'BROADCAST_ARGS', inputs: [ints(2, 1), ints(3, 1, 5)], outputs: [[3]] },
  { op: 'RANGE', inputs: [scalar(7), scalar(0), scalar(-3)], outputs: [[3]] },
  { op: 'REVERSE_V2', inputs: [matrix, ints(1)], outputs: [[2, 3]] },
  {
    op: 'ONE_HOT',
    inputs: [ints(2, 0), scalar(3), scalar(5), scalar(-1)],
    options: { table: 'OneHotOptions', axis: -1 },
    outputs: [[2, 3]],
  },
  { op: 'PAD', inputs: [matrix, int([2, 2], 1, 0, 0, 2)], outputs: [[3, 5]] },
  { op: 'PADV2', inputs: [ints(1, 2), int([1, 2], 2, 1), scalar(9)], outputs: [[5]] },
  { op: 'SCATTER_ND', inputs: [int([2, 1], 1, 3), ints(7, 8), ints(5)], outputs: [[5]] },
  {
    op: 'SCATTER_ND',
    inputs: [int([2, 1], 1, 1), int([2, 2], 1, 2, 3, 4), ints(2, 2)],
    outputs: [[2, 2]],
  },
  { op: 'UNIQUE', inputs: [ints(5, 3, 5, 3, 1)], options: { table: 'UniqueOptions' }, outputs: [[3], [5]] },
  ...['SUM', 'REDUCE_PROD', 'REDUCE_MAX', 'REDUCE_MIN'].map((op) => ({
    op,
    inputs: [matrix, ints(1)],
    options: { table: 'ReducerOptions', keepDims: true },
    outputs: [[2, 1]],
  })),
  { op: 'SUM', inputs: [matrix, ints(0)], options: { table: 'ReducerOptions' }, outputs: [[3]] },
  {
    op: 'MEAN',
    inputs: [float([4], 1, 2, 4, 8), ints(0)],
    options: { table: 'ReducerOptions' },
    outputs: [[]],
    type: FLOAT32,
  },
  {
    op: 'REDUCE_ANY',
    inputs: [bool([2, 2], 0, 0, 1, 0), ints(1)],
    options: { table: 'ReducerOptions' },
    outputs: [[2]],
    type: BOOL,
  },
  {
    op: 'REDUCE_ALL',
    inputs: [bool([2, 2], 1, 1, 1, 0), ints(1)],
    options: { table: 'ReducerOptions' },
    outputs: [[2]],
    type: BOOL,
  },
  {
    op: 'ARG_MAX',
    inputs: [matrix, scalar(1)],
    options: { table: 'ArgMaxOptions', outputType: INT32 },
    outputs: [[2]],
  },
  {
    op: 'ARG_MIN',
    inputs: [matrix, scalar(0)],
    options: { table: 'ArgMinOptions', outputType: INT32 },
    outputs: [[3]],
  },
  { op: 'RESHAPE', inputs: [matrix, ints(3, -1)], outputs: [[3, 2]] },
  { op: 'EXPAND_DIMS', inputs: [matrix, scalar(1)], outputs: [[2, 1, 3]] },
  { op: 'ZEROS_LIKE', inputs: [matrix], outputs: [[2, 3]] },
];

/** All operators side by side, their inputs stored in the file; `x` is there because a model must have an input. */
const model = (() => {
  const made = cases.map(({ op, inputs, options, outputs, type = INT32 }, n) => ({
    op,
    options,
    given: inputs.map((tensor, at) => [`${n}in${at}`, tensor] as const),
    gives: outputs.map((shape, at) => [`${n}out${at}`, { shape, type }] as const),
  }));
  return makeTflite({
    tensors: {
      x: { shape: [1] },
      x2: { shape: [1] },
      ...Object.fromEntries(made.flatMap(({ given, gives }) => [...given, ...gives])),
    },
    inputs: ['x'],
    outputs: ['x2', ...made.flatMap(({ gives }) => gives.map(([name]) => name))],
    operators: [
      { op: 'ADD', inputs: ['x', 'x'], outputs: ['x2'], options: { table: 'AddOptions' } },
      ...made.map(({ op, given, gives, options }) => ({
        op,
        inputs: given.map(([name]) => name),
        outputs: gives.map(([name]) => name),
        ...(options && { options }),
      })),
    ],
  });
})();

const file = reopenTflite(model, folder);

describe('values that shapes are computed with', () => {
  const { tensors } = file.infer({ dims: {}, shapes: {} }).graph;
  let results: Feeds;
  beforeAll(async () => {
    const session = await tfjsTflite.load(file.model.file, { threads: 1 });
    results = await session.run({ x: { type: 'float32', shape: [1], data: new Float32Array(1) } });
    await session.close();
  });

  it.each(cases.map((one, n) => [`${n} ${one.op}`, one, n] as const))(
    "of %s are TensorFlow Lite's",
    (_, one, n) => {
      for (const [at, shape] of one.outputs.entries()) {
        const [expected, found] = [results[`${n}out${at}`], tensors.get(`${n}out${at}`) as Known];
        expect(expected?.shape).toEqual(shape);
        expect(found.shape).toEqual(shape);
        const values = Array.from(expected?.data as ArrayLike<number>, Number);
        expect(found.elements).toHaveLength(values.length);
        found.elements?.forEach((element, place) => {
          expect(element).toBeCloseTo(values[place] ?? Number.NaN, 4);
        });
      }
    },
  );
});

describe('shapes that are computed from an input', () => {
  /** Builds the size of FILL of the shape of x, [1, 5, 7] as stated and [-1, -1, -1] in the signature. */
  function sizeOf(
    operators: MadeOperator[],
    tensors: Record<string, MadeTensor>,
    shape: number[],
  ): readonly (number | null)[] | null | undefined {
    const found = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [1, 5, 7], signature: [-1, -1, -1] },
          s: { shape: [3], type: INT32 },
          value: float([], 1),
          size: { shape: [2], type: INT32 },
          y: { shape: [1, 1], signature: [-1, -1] },
          ...tensors,
        },
        inputs: ['x'],
        outputs: ['y'],
        operators: [
          { op: 'SHAPE', inputs: ['x'], outputs: ['s'], options: { table: 'ShapeOptions' } },
          ...operators,
          { op: 'FILL', inputs: ['size', 'value'], outputs: ['y'] },
        ],
      }),
      folder,
    );
    return found.infer({ dims: {}, shapes: { x: shape } }).graph.tensors.get('y')?.shape;
  }

  it('by the operators of a dilated convolution, which pads to whole blocks', () => {
    // The padding of SPACE_TO_BATCH_ND: block - (length + pads) mod block, for two sides at once.
    const operators: MadeOperator[] = [
      {
        op: 'STRIDED_SLICE',
        inputs: ['s', 'one', 'three', 'one'],
        outputs: ['sides'],
        options: { table: 'StridedSliceOptions' },
      },
      { op: 'ADD', inputs: ['sides', 'pads'], outputs: ['padded'], options: { table: 'AddOptions' } },
      { op: 'FLOOR_MOD', inputs: ['padded', 'block'], outputs: ['rest'] },
      { op: 'SUB', inputs: ['block', 'rest'], outputs: ['lacking'], options: { table: 'SubOptions' } },
      { op: 'FLOOR_MOD', inputs: ['lacking', 'block'], outputs: ['end'] },
      {
        op: 'PACK',
        inputs: ['zeros', 'end'],
        outputs: ['pairs'],
        options: { table: 'PackOptions', axis: 1, valuesCount: 2 },
      },
      {
        op: 'STRIDED_SLICE',
        inputs: ['pairs', 'column', 'columnEnd', 'ones'],
        outputs: ['again'],
        options: { table: 'StridedSliceOptions', beginMask: 1, endMask: 1, shrinkAxisMask: 2 },
      },
      { op: 'ADD', inputs: ['padded', 'again'], outputs: ['size'], options: { table: 'AddOptions' } },
    ];
    const two = { shape: [2], type: INT32 };
    const tensors = {
      ...{ one: ints(1), three: ints(3), ones: ints(1, 1), column: ints(0, 1), columnEnd: ints(0, 2) },
      ...{ pads: ints(4, 4), block: ints(4, 3), zeros: ints(0, 0) },
      ...{ sides: two, padded: two, rest: two, lacking: two, end: two, again: two },
      pairs: { shape: [2, 2], type: INT32 },
    };
    // 5 + 4 = 9 up to 12 and 7 + 4 = 11 up to 12; 12 + 4 = 16 is whole, 6 + 4 = 10 goes up to 12.
    expect(sizeOf(operators, tensors, [1, 5, 7])).toEqual([12, 12]);
    expect(sizeOf(operators, tensors, [1, 12, 6])).toEqual([16, 12]);
  });

  it('in floating point, as sizes are that are scaled', () => {
    const operators: MadeOperator[] = [
      { op: 'SLICE', inputs: ['s', 'one', 'two'], outputs: ['sides'] },
      {
        op: 'CAST',
        inputs: ['sides'],
        outputs: ['real'],
        options: { table: 'CastOptions', inDataType: INT32, outDataType: FLOAT32 },
      },
      { op: 'MUL', inputs: ['real', 'factor'], outputs: ['scaled'], options: { table: 'MulOptions' } },
      { op: 'FLOOR', inputs: ['scaled'], outputs: ['down'] },
      {
        op: 'CAST',
        inputs: ['down'],
        outputs: ['size'],
        options: { table: 'CastOptions', inDataType: FLOAT32, outDataType: INT32 },
      },
    ];
    const two = { shape: [2] };
    const tensors = {
      ...{ one: ints(1), two: ints(2), factor: float([], 1.5) },
      ...{ sides: { shape: [2], type: INT32 }, real: two, scaled: two, down: two },
    };
    expect(sizeOf(operators, tensors, [1, 5, 7])).toEqual([7, 10]);
    expect(sizeOf(operators, tensors, [1, 4, 9])).toEqual([6, 13]);
  });

  it('keep what is known where a part is not', () => {
    const operators: MadeOperator[] = [
      { op: 'SLICE', inputs: ['s', 'one', 'one'], outputs: ['height'] },
      // How many elements of x are not 0 is not known.
      { op: 'WHERE', inputs: ['x'], outputs: ['places'] },
      { op: 'SHAPE', inputs: ['places'], outputs: ['count2'], options: { table: 'ShapeOptions' } },
      { op: 'SLICE', inputs: ['count2', 'zero', 'one'], outputs: ['count'] },
      {
        op: 'CONCATENATION',
        inputs: ['count', 'height'],
        outputs: ['size'],
        options: { table: 'ConcatenationOptions' },
      },
    ];
    const tensors = {
      ...{
        one: ints(1),
        zero: ints(0),
        height: { shape: [1], type: INT32 },
        count: { shape: [1], type: INT32 },
      },
      ...{ places: { shape: [1, 3], signature: [-1, 3], type: 4 }, count2: { shape: [2], type: INT32 } },
    };
    expect(sizeOf(operators, tensors, [1, 9, 2])).toEqual([null, 9]);
  });

  it('from quantized values are not followed: what they stand for is another number', () => {
    const quantization = { scale: [0.5], zeroPoint: [0] };
    const operators: MadeOperator[] = [
      {
        op: 'CAST',
        inputs: ['stored'],
        outputs: ['size'],
        options: { table: 'CastOptions', inDataType: 9, outDataType: INT32 },
      },
    ];
    const tensors = { stored: { shape: [2], type: 9, data: Int8Array.of(4, 6), quantization } };
    expect(sizeOf(operators, tensors, [1, 5, 7])).toEqual([null, null]);
  });
});

describe('values that the engine here does not give', () => {
  it('are counted by hand: places of what holds, and a tensor that is stretched', () => {
    const { tensors } = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [1] },
          test: bool([2, 2], 1, 0, 1, 1),
          row: ints(1, 2, 3),
          to: ints(2, 3),
          places: { shape: [1, 2], type: 4 },
          rows: { shape: [1, 1], type: INT32 },
        },
        inputs: ['x'],
        outputs: ['places', 'rows'],
        operators: [
          { op: 'WHERE', inputs: ['test'], outputs: ['places'] },
          { op: 'BROADCAST_TO', inputs: ['row', 'to'], outputs: ['rows'] },
        ],
      }),
      folder,
    ).infer({ dims: {}, shapes: {} }).graph;
    expect(tensors.get('places')).toMatchObject({ shape: [3, 2], elements: [0, 0, 1, 0, 1, 1] });
    expect(tensors.get('rows')).toMatchObject({ shape: [2, 3], elements: [1, 2, 3, 1, 2, 3] });
  });

  it('are unknown where one is put outside of the tensor', () => {
    const { tensors } = reopenTflite(
      makeTflite({
        tensors: {
          x: { shape: [1] },
          places: int([2, 1], 1, 5),
          updates: ints(7, 8),
          size: ints(5),
          y: { shape: [1], type: INT32 },
        },
        inputs: ['x'],
        outputs: ['y'],
        operators: [{ op: 'SCATTER_ND', inputs: ['places', 'updates', 'size'], outputs: ['y'] }],
      }),
      folder,
    ).infer({ dims: {}, shapes: {} }).graph;
    expect(tensors.get('y')).toMatchObject({ shape: [5], elements: null });
  });
});
