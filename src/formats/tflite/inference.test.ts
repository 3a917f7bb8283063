import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../../test/unit/support';
import { type MadeTensor, makeTflite, reopenTflite } from '../../../test/unit/tflite';
import { analyze, inspect } from '../../analysis/inspect';
import { UsageError } from '../../model/modelError';
import type { Union } from './tables';

const folder = scratchFolder();
const INT32 = 2;

/** A tensor of 32-bit integers that the file stores. */
function ints(...values: number[]): MadeTensor {
  return { shape: [values.length], type: INT32, data: Int32Array.from(values) };
}

function scalar(value: number): MadeTensor {
  return { shape: [], type: INT32, data: Int32Array.of(value) };
}

type Options = Union['value'] & { readonly table: string };

/** The figures of one operator whose output shapes the file leaves open, so that they must be found. */
function one(
  op: string,
  inputs: readonly (readonly number[] | MadeTensor | null)[],
  options?: Options,
  outputs = 1,
) {
  const made = inputs.map((input) => (input === null || 'shape' in input ? input : { shape: input }));
  const tensors: Record<string, MadeTensor> = {};
  made.forEach((tensor, index) => {
    if (tensor) tensors[`in${index}`] = tensor as MadeTensor;
  });
  const names = Array.from({ length: outputs }, (_, index) => `out${index}`);
  for (const name of names) tensors[name] = { shape: [1], signature: [-1] };
  const file = reopenTflite(
    makeTflite({
      tensors,
      inputs: made.flatMap((tensor, index) => (tensor && !('data' in tensor) ? [`in${index}`] : [])),
      outputs: names,
      operators: [
        {
          op,
          inputs: made.map((tensor, index) => (tensor ? `in${index}` : '')),
          outputs: names,
          ...(options && { options }),
        },
      ],
    }),
    folder,
  );
  const { rows, report } = analyze(file, { dims: {}, shapes: {} });
  const [row] = rows;
  const shapes = row?.outputs.map(({ shape }) => shape) ?? [];
  return {
    shape: shapes[0],
    shapes,
    macs: row?.macs,
    elementOps: row?.elementOps,
    problems: report.problems,
  };
}

const SAME = 0;
const VALID = 1;

describe('shapes and MACs', () => {
  it('of convolutions', () => {
    const options = (padding: number, strideW: number, strideH: number, more: object = {}) => ({
      padding,
      strideW,
      strideH,
      ...more,
    });
    const conv = one(
      'CONV_2D',
      [
        [2, 9, 8, 6],
        [5, 3, 2, 6],
      ],
      { table: 'Conv2DOptions', ...options(VALID, 2, 1) },
    );
    expect(conv).toMatchObject({ shape: [2, 7, 4, 5], macs: 2 * 7 * 4 * 5 * 3 * 2 * 6, elementOps: 0 });
    // In two groups the filter has half of the input's channels.
    const grouped = one(
      'CONV_2D',
      [
        [1, 4, 4, 6],
        [8, 1, 1, 3],
      ],
      { table: 'Conv2DOptions', ...options(SAME, 1, 1) },
    );
    expect(grouped).toMatchObject({ shape: [1, 4, 4, 8], macs: 4 * 4 * 8 * 3 });
    const dilated = one(
      'CONV_2D',
      [
        [1, 9, 9, 1],
        [1, 3, 3, 1],
      ],
      {
        table: 'Conv2DOptions',
        ...options(VALID, 1, 1, { dilationWFactor: 2, dilationHFactor: 3 }),
      },
    );
    expect(dilated.shape).toEqual([1, 3, 5, 1]);
    // Nothing is left of nothing, which padding does not change.
    const empty = one(
      'CONV_2D',
      [
        [1, 0, 4, 1],
        [1, 3, 3, 1],
      ],
      { table: 'Conv2DOptions', ...options(SAME, 1, 1) },
    );
    expect(empty).toMatchObject({ shape: [1, 0, 4, 1], problems: [] });
    const depthwise = one(
      'DEPTHWISE_CONV_2D',
      [
        [1, 7, 7, 4],
        [1, 3, 3, 8],
      ],
      {
        table: 'DepthwiseConv2DOptions',
        ...options(SAME, 2, 2, { depthMultiplier: 2 }),
      },
    );
    expect(depthwise).toMatchObject({ shape: [1, 4, 4, 8], macs: 4 * 4 * 8 * 9 });
    const transposed = one('TRANSPOSE_CONV', [ints(1, 8, 8, 5), [5, 3, 3, 2], [1, 4, 4, 2]], {
      table: 'TransposeConvOptions',
      ...options(SAME, 2, 2),
    });
    expect(transposed).toMatchObject({ shape: [1, 8, 8, 5], macs: 4 * 4 * 2 * 5 * 9 });
    const conv3d = one(
      'CONV_3D',
      [
        [1, 4, 5, 6, 2],
        [2, 3, 3, 2, 7],
      ],
      {
        table: 'Conv3DOptions',
        ...options(VALID, 1, 1, { strideD: 2 }),
      },
    );
    expect(conv3d).toMatchObject({ shape: [1, 2, 3, 4, 7], macs: 2 * 3 * 4 * 7 * 2 * 3 * 3 * 2 });
  });

  it('of pooling: its elements are those of the input', () => {
    const pool = one('MAX_POOL_2D', [[1, 7, 7, 3]], {
      table: 'Pool2DOptions',
      padding: VALID,
      strideW: 2,
      strideH: 2,
      filterWidth: 3,
      filterHeight: 2,
    });
    expect(pool).toMatchObject({ shape: [1, 3, 3, 3], macs: 0, elementOps: 7 * 7 * 3 });
  });

  it('of matrix products', () => {
    expect(
      one(
        'FULLY_CONNECTED',
        [
          [4, 3, 8],
          [5, 24],
        ],
        { table: 'FullyConnectedOptions' },
      ),
    ).toMatchObject({
      shape: [4, 5],
      macs: 4 * 5 * 24,
    });
    expect(
      one(
        'FULLY_CONNECTED',
        [
          [4, 3, 8],
          [5, 8],
        ],
        { table: 'FullyConnectedOptions', keepNumDims: true },
      ),
    ).toMatchObject({ shape: [4, 3, 5], macs: 4 * 3 * 5 * 8 });
    expect(
      one(
        'BATCH_MATMUL',
        [
          [2, 1, 3, 4],
          [5, 6, 4],
        ],
        { table: 'BatchMatMulOptions', adjY: true },
      ),
    ).toMatchObject({
      shape: [2, 5, 3, 6],
      macs: 2 * 5 * 3 * 6 * 4,
    });
  });

  it('of recurrent operators', () => {
    const [units, features, time] = [6, 4, 7];
    const gate = [units, features];
    const back = [units, units];
    const lstm = [[1, time, features], gate, gate, gate, gate, back, back, back, back];
    expect(
      one('UNIDIRECTIONAL_SEQUENCE_LSTM', lstm, { table: 'UnidirectionalSequenceLSTMOptions' }),
    ).toMatchObject({ shape: [1, time, units], macs: time * 4 * units * (features + units) });
    // Input and forget gate coupled: one gate less.
    const coupled = lstm.map((shape, index) => (index === 1 || index === 5 ? null : shape));
    expect(
      one('UNIDIRECTIONAL_SEQUENCE_LSTM', coupled, { table: 'UnidirectionalSequenceLSTMOptions' }).macs,
    ).toBe(time * 3 * units * (features + units));
    expect(one('UNIDIRECTIONAL_SEQUENCE_RNN', [[1, time, features], gate, back])).toMatchObject({
      shape: [1, time, units],
      macs: time * units * (features + units),
    });
    expect(
      one(
        'SVDF',
        [
          [2, features],
          [8, features],
          [8, 5],
        ],
        { table: 'SVDFOptions', rank: 2 },
      ),
    ).toMatchObject({
      shape: [2, 4],
      macs: 2 * (8 * features + 8 * 5),
    });
  });

  it.each<[string, Parameters<typeof one>[1], Options | undefined, number[]]>([
    [
      'ADD',
      [
        [2, 1, 4],
        [3, 1],
      ],
      undefined,
      [2, 3, 4],
    ],
    ['SELECT_V2', [[1], [2, 3], [3]], undefined, [2, 3]],
    ['RESHAPE', [[2, 3, 4], ints(-1, 6)], undefined, [4, 6]],
    ['RESHAPE', [[2, 3, 4]], { table: 'ReshapeOptions', newShape: [3, -1] }, [3, 8]],
    ['SQUEEZE', [[1, 3, 1, 4]], { table: 'SqueezeOptions', squeezeDims: [-2] }, [1, 3, 4]],
    ['SQUEEZE', [[1, 3, 1, 4]], { table: 'SqueezeOptions' }, [3, 4]],
    ['EXPAND_DIMS', [[2, 3], scalar(-1)], undefined, [2, 3, 1]],
    ['TRANSPOSE', [[2, 3, 4], ints(2, 0, 1)], undefined, [4, 2, 3]],
    ['SHAPE', [[2, 3, 4]], undefined, [3]],
    ['TILE', [[2, 3], ints(2, 5)], undefined, [4, 15]],
    [
      'PAD',
      [[1, 4, 5, 2], { shape: [4, 2], type: INT32, data: Int32Array.of(0, 0, 1, 2, 3, 4, 0, 0) }],
      undefined,
      [1, 7, 12, 2],
    ],
    [
      'CONCATENATION',
      [
        [2, 3],
        [2, 5],
      ],
      { table: 'ConcatenationOptions', axis: -1 },
      [2, 8],
    ],
    [
      'PACK',
      [
        [2, 3],
        [2, 3],
      ],
      { table: 'PackOptions', axis: 1, valuesCount: 2 },
      [2, 2, 3],
    ],
    ['SLICE', [[5, 6], ints(1, 2), ints(3, -1)], undefined, [3, 4]],
    [
      'STRIDED_SLICE',
      [[5, 6, 7], ints(1, -4, 0), ints(4, 6, 1), ints(2, 1, 1)],
      { table: 'StridedSliceOptions', shrinkAxisMask: 4 },
      [2, 4],
    ],
    [
      'STRIDED_SLICE',
      [[5, 6, 7], ints(0, 0), ints(0, 3), ints(1, 2)],
      { table: 'StridedSliceOptions', ellipsisMask: 1 },
      [5, 6, 2],
    ],
    [
      'STRIDED_SLICE',
      [[5, 6], ints(0, 4, 0), ints(0, 0, 9), ints(1, -2, 1)],
      { table: 'StridedSliceOptions', newAxisMask: 1 },
      [1, 2, 6],
    ],
    [
      'STRIDED_SLICE',
      [[5, 6], ints(1, 2), ints(3, 2), ints(1, 1)],
      { table: 'StridedSliceOptions', beginMask: 1, endMask: 2 },
      [3, 4],
    ],
    [
      'GATHER',
      [
        [4, 5, 6],
        [2, 3],
      ],
      { table: 'GatherOptions', axis: 1 },
      [4, 2, 3, 6],
    ],
    [
      'GATHER',
      [
        [2, 5, 6],
        [2, 3],
      ],
      { table: 'GatherOptions', axis: 1, batchDims: 1 },
      [2, 3, 6],
    ],
    [
      'GATHER_ND',
      [
        [4, 5, 6],
        [3, 2],
      ],
      undefined,
      [3, 6],
    ],
    ['MEAN', [[2, 3, 4], ints(1, -1)], { table: 'ReducerOptions', keepDims: true }, [2, 1, 1]],
    ['SUM', [[2, 3, 4], ints(1)], { table: 'ReducerOptions' }, [2, 4]],
    ['ARG_MAX', [[2, 3, 4], scalar(1)], undefined, [2, 4]],
    ['RESIZE_BILINEAR', [[1, 4, 4, 3], ints(8, 6)], undefined, [1, 8, 6, 3]],
    ['SPACE_TO_DEPTH', [[1, 4, 6, 3]], { table: 'SpaceToDepthOptions', blockSize: 2 }, [1, 2, 3, 12]],
    ['DEPTH_TO_SPACE', [[1, 2, 3, 12]], { table: 'DepthToSpaceOptions', blockSize: 2 }, [1, 4, 6, 3]],
    [
      'SPACE_TO_BATCH_ND',
      [[1, 5, 4, 2], ints(2, 2), { shape: [2, 2], type: INT32, data: Int32Array.of(1, 0, 0, 0) }],
      undefined,
      [4, 3, 2, 2],
    ],
    [
      'BATCH_TO_SPACE_ND',
      [[4, 3, 2, 2], ints(2, 2), { shape: [2, 2], type: INT32, data: Int32Array.of(1, 0, 0, 0) }],
      undefined,
      [1, 5, 4, 2],
    ],
    ['FILL', [ints(2, 3), scalar(1)], undefined, [2, 3]],
    ['RANGE', [scalar(2), scalar(9), scalar(3)], undefined, [3]],
    ['ONE_HOT', [[2, 3], scalar(4)], { table: 'OneHotOptions', axis: -1 }, [2, 3, 4]],
    ['EMBEDDING_LOOKUP', [[7], [100, 16]], undefined, [7, 16]],
    ['TOPK_V2', [[2, 9], scalar(4)], undefined, [2, 4]],
    ['NON_MAX_SUPPRESSION_V4', [[9, 4], [9], scalar(5)], undefined, [5]],
    ['SEGMENT_SUM', [[4, 3], ints(0, 0, 1, 2)], undefined, [3, 3]],
    ['UNSORTED_SEGMENT_SUM', [[4, 3], [4], scalar(6)], undefined, [6, 3]],
    ['MULTINOMIAL', [[2, 9], scalar(4)], undefined, [2, 4]],
    ['MATRIX_DIAG', [[2, 9]], undefined, [2, 9, 9]],
    ['RFFT2D', [[1, 8, 16], ints(8, 16)], undefined, [1, 8, 9]],
  ])('of %s %j %j', (op, inputs, options, shape) => {
    expect(one(op, inputs, options).shape).toEqual(shape);
  });

  it('of parts', () => {
    expect(one('SPLIT', [scalar(1), [2, 9]], undefined, 3).shapes).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
    expect(one('SPLIT_V', [[2, 9], ints(2, -1, 4), scalar(1)], undefined, 3).shapes).toEqual([
      [2, 2],
      [2, 3],
      [2, 4],
    ]);
    expect(one('UNPACK', [[2, 3, 4]], { table: 'UnpackOptions', axis: 1, num: 3 }, 3).shapes[2]).toEqual([
      2, 4,
    ]);
  });

  it('that cannot be known are unknown', () => {
    expect(one('WHERE', [[2, 3]]).shape).toEqual([null, 2]);
    expect(one('RESHAPE', [[2, 3], { shape: [2], type: INT32 }]).shape).toEqual([null, null]);
    expect(one('edgetpu-custom-op', [[2, 3]])).toMatchObject({ shape: null, macs: null, elementOps: null });
    expect(one('edgetpu-custom-op', [[2, 3]], undefined, 2).shapes).toEqual([null, null]);
    expect(one('constructor', [[2, 3]])).toMatchObject({ macs: null });
  });

  it('that contradict each other are said to', () => {
    const { problems } = one('ADD', [
      [2, 3],
      [2, 4],
    ]);
    expect(problems[0]).toMatchObject({ node: 'out0', message: expect.stringContaining('do not fit') });
  });
});

/** A map of small numbers in FlexBuffers, every number and offset a byte (https://flatbuffers.dev/internals). */
function flexMap(entries: Readonly<Record<string, number>>): Uint8Array {
  const [INT, MAP] = [1 << 2, 9 << 2];
  const bytes: number[] = [];
  const names = Object.keys(entries).sort();
  const places = names.map((name) => {
    const place = bytes.length;
    bytes.push(...new TextEncoder().encode(name), 0);
    return place;
  });
  bytes.push(names.length);
  const keys = bytes.length;
  for (const place of places) bytes.push(bytes.length - place);
  bytes.push(bytes.length - keys, 1, names.length);
  const map = bytes.length;
  bytes.push(...names.map((name) => entries[name] ?? 0), ...names.map(() => INT));
  bytes.push(bytes.length - map, MAP, 1);
  return Uint8Array.from(bytes);
}

describe('outputs of a custom operator', () => {
  /** As converters write a detector: its outputs have no shape, and no tensor says whether it has a rank. */
  const detector = (op: string, custom?: Uint8Array) =>
    inspect(
      reopenTflite(
        makeTflite({
          tensors: {
            boxes: { shape: [1, 100, 4] },
            scores: { shape: [1, 100, 91] },
            anchors: { shape: [100, 4], data: new Float32Array(400) },
            ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { shape: [] }])),
          },
          inputs: ['boxes', 'scores'],
          outputs: ['a', 'b', 'c', 'd', 'e'],
          operators: [
            {
              op,
              inputs: ['boxes', 'scores', 'anchors'],
              outputs: ['a', 'b', 'c', 'd'],
              ...(custom && { custom }),
            },
            { op: 'LOGISTIC', inputs: ['c'], outputs: ['e'] },
          ],
        }),
        folder,
      ),
      { dims: {}, shapes: {} },
    );

  it('without a shape are unknown, not scalars, and so is what follows', () => {
    const { outputs, totals } = detector('somebody_elses');
    expect(outputs.map(({ shape }) => shape)).toEqual([null, null, null, null, null]);
    expect(totals).toMatchObject({ activationBytes: null, macs: null, peakActivationBytes: null });
    expect(totals.knownPeakActivationBytes).toBe(4 * (400 + 9100));
    expect(totals.arenaBytes).toBeNull();
  });

  it('of a detector follow from its options', () => {
    const options = { max_detections: 10, max_classes_per_detection: 1, num_classes: 90 };
    const { outputs, totals } = detector('TFLite_Detection_PostProcess', flexMap(options));
    expect(outputs.map(({ shape }) => shape)).toEqual([[1, 10, 4], [1, 10], [1, 10], [1], [1, 10]]);
    expect(totals).toMatchObject({ macs: 0, activationBytes: 4 * (40 + 10 + 10 + 1 + 10) });
    const several = flexMap({ ...options, max_classes_per_detection: 3 });
    const found = detector('TFLite_Detection_PostProcess', several).outputs.map(({ shape }) => shape);
    expect(found.slice(0, 2)).toEqual([
      [1, 30, 4],
      [1, 30],
    ]);
    expect(detector('TFLite_Detection_PostProcess').outputs[0]?.shape).toEqual([1, null, 4]);
  });
});

describe('shapes that follow from shapes', () => {
  /** Flattens whatever the input's size is: SHAPE → STRIDED_SLICE → PACK → RESHAPE. */
  const file = reopenTflite(
    makeTflite({
      tensors: {
        x: { shape: [1, 4, 6], signature: [-1, 4, -1] },
        shape: { shape: [3], type: INT32 },
        zero: ints(0),
        first: ints(1),
        ones: ints(1),
        batch: { shape: [], type: INT32 },
        rest: scalar(-1),
        target: { shape: [2], type: INT32 },
        y: { shape: [1, 1], signature: [-1, -1] },
        z: { shape: [1, 1], signature: [-1, -1] },
      },
      inputs: ['x'],
      outputs: ['z'],
      operators: [
        { op: 'SHAPE', inputs: ['x'], outputs: ['shape'] },
        {
          op: 'STRIDED_SLICE',
          inputs: ['shape', 'zero', 'first', 'ones'],
          outputs: ['batch'],
          options: { table: 'StridedSliceOptions', shrinkAxisMask: 1 },
        },
        { op: 'PACK', inputs: ['batch', 'rest'], outputs: ['target'], options: { table: 'PackOptions' } },
        { op: 'RESHAPE', inputs: ['x', 'target'], outputs: ['y'] },
        { op: 'RELU', inputs: ['y'], outputs: ['z'] },
      ],
    }),
    folder,
  );

  it('are found for the sizes that are given', () => {
    const shape = (shapes: Record<string, number[]>) => inspect(file, { dims: {}, shapes }).outputs[0]?.shape;
    expect(shape({})).toEqual([1, 4]);
    expect(shape({ x: [3, 4, 5] })).toEqual([3, 20]);
    expect(inspect(file, { dims: {}, shapes: {} }).assumedInputs).toEqual(['x']);
    expect(() => shape({ x: [3, 5, 5] })).toThrow(UsageError);
  });
});

describe('graphs that operators call', () => {
  const branch = (name: string, size: number) => ({
    name,
    tensors: {
      a: { shape: [2, 3] },
      w: { shape: [size, 3], data: new Float32Array(3 * size) },
      b: { shape: [2, size] },
    },
    inputs: ['a'],
    outputs: ['b'],
    operators: [
      {
        op: 'FULLY_CONNECTED',
        inputs: ['a', 'w'],
        outputs: ['b'],
        options: { table: 'FullyConnectedOptions' },
      },
    ],
  });
  const main = (thenSize: number, elseSize: number) =>
    reopenTflite(
      makeTflite(
        {
          tensors: { c: { shape: [], type: 6 }, x: { shape: [2, 3] }, y: { shape: [2, 4] } },
          inputs: ['c', 'x'],
          outputs: ['y'],
          operators: [
            {
              op: 'IF',
              inputs: ['c', 'x'],
              outputs: ['y'],
              options: { table: 'IfOptions', thenSubgraphIndex: 1, elseSubgraphIndex: 2 },
            },
          ],
        },
        branch('then', thenSize),
        branch('else', elseSize),
      ),
      folder,
    );

  it('are rows under them, and of branches one counts', () => {
    const report = inspect(main(4, 4), { dims: {}, shapes: {} });
    expect(report.layers[0]?.body?.map(({ op }) => op)).toEqual(['FULLY_CONNECTED', 'FULLY_CONNECTED']);
    expect(report.totals).toMatchObject({
      layers: 1,
      nodesWithSubgraphs: 3,
      macs: 2 * 4 * 3,
      parameters: 24,
    });
    expect(report.outputs[0]?.shape).toEqual([2, 4]);
  });

  it('that differ leave unknown what differs', () => {
    const { totals } = inspect(main(4, 5), { dims: {}, shapes: {} });
    expect(totals.macs).toBeNull();
    expect(totals.knownMacs).toBe(2 * 4 * 3);
  });

  it('but call themselves are not entered again', () => {
    const loop = {
      tensors: { x: { shape: [1] }, y: { shape: [1] } },
      inputs: ['x'],
      outputs: ['y'],
      operators: [
        { op: 'CALL', inputs: ['x'], outputs: ['y'], options: { table: 'CallOptions', subgraph: 0 } },
      ],
    };
    const { problems } = inspect(reopenTflite(makeTflite(loop), folder), { dims: {}, shapes: {} });
    expect(problems[0]?.message).toMatch(/calls itself/);
  });
});
