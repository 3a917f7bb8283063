import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  blob,
  constant,
  encode,
  immediate,
  MIL,
  type ModelInit,
  operation,
  program,
  weightFile,
  writePackage,
} from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import type { CoreMlFile } from './file';
import { coreml } from './format';

const folder = scratchFolder();
const NOTHING = { dims: {}, shapes: {} };
let written = 0;

function open(model: ModelInit, weights: Uint8Array | null = null): CoreMlFile {
  return coreml.open(writePackage(join(folder, `${written++}.mlpackage`), encode(model), weights));
}

/** A product with a weight [4, 8] that some operations make of what a weight file holds. */
function withWeight(operations: Parameters<typeof program>[0]): ModelInit {
  return program(
    [...operations, operation('linear', { x: 'x', weight: 'w' }, [['y', MIL.float32, [1, 4]]])],
    [['x', [1, 8]]],
    ['y'],
  );
}

describe('a compressed weight', () => {
  const expectWeight = (file: CoreMlFile, type: string, elements: number, bytes: number) => {
    const { totals, layers, bytesByType, problems } = inspect(file, NOTHING);
    expect(problems).toEqual([]);
    expect(layers.map(({ op, macs }) => [op, macs])).toEqual([['linear', 32]]);
    expect(totals).toMatchObject({ parameters: elements, parameterBytes: bytes });
    expect(bytesByType).toEqual({ [type]: bytes });
    const [only] = file.parameterTensors(file.model.graph);
    expect(only?.tensor.shape).toEqual([4, 8]);
    return only ? [...file.readTensor(only.tensor).values] : [];
  };

  it('that is quantized linearly has the bytes of its int8 elements', () => {
    const data = Uint8Array.from({ length: 32 }, (_, i) => i);
    const { bytes, offsets } = weightFile([
      [4, data],
      [2, new Uint8Array(16)],
      [4, new Uint8Array(4)],
    ]);
    const decode = operation('constexpr_affine_dequantize', {}, [['w', MIL.float32, [4, 8]]], {
      quantized_data: blob(MIL.int8, [4, 8], offsets[0] ?? 0),
      scale: blob(MIL.float32, [4], offsets[1] ?? 0),
      zero_point: blob(MIL.int8, [4], offsets[2] ?? 0),
      axis: immediate(MIL.int32, [], [0]),
    });
    expect(expectWeight(open(withWeight([decode]), bytes), 'int8', 32, 32)).toEqual([...data]);
  });

  it('that is palettized has the bytes of its indices and of its table, whose length gives their width', () => {
    // Specification 7: indices packed into a vector of bytes, 16 table entries, hence 4 bits each.
    const { bytes, offsets } = weightFile([
      [3, new Uint8Array(16).fill(0x21)],
      [2, new Uint8Array(64)],
    ]);
    const decode = operation('constexpr_lut_to_dense', {}, [['w', MIL.float32, [4, 8]]], {
      indices: blob(MIL.uint8, [16], offsets[0] ?? 0),
      lut: blob(MIL.float32, [16], offsets[1] ?? 0),
      shape: immediate(MIL.int32, [2], [4, 8]),
    });
    const values = expectWeight(open(withWeight([decode]), bytes), 'uint4', 32, 16 + 64);
    expect(values.slice(0, 4)).toEqual([1, 2, 1, 2]);
  });

  it('in blocks of 4 bits has its packed bytes, scales apart', () => {
    // Specification 9: operands are inputs, types are true to their width.
    const { bytes, offsets } = weightFile([
      [8, new Uint8Array(16).fill(0xf1)],
      [1, new Uint8Array(16)],
    ]);
    const file = open(
      withWeight([
        constant('data', blob(MIL.int4, [4, 8], offsets[0] ?? 0), MIL.int4, [4, 8]),
        constant('scale', blob(MIL.float16, [4, 2], offsets[1] ?? 0), MIL.float16, [4, 2]),
        operation('constexpr_blockwise_shift_scale', { data: 'data', scale: 'scale' }, [
          ['w', MIL.float16, [4, 8]],
        ]),
      ]),
      bytes,
    );
    expect(expectWeight(file, 'int4', 32, 16).slice(0, 4)).toEqual([1, -1, 1, -1]);
    expect([...file.model.graph.constants.keys()]).toEqual(['w']);
  });

  it('that is sparse has the bytes of what is stored and of the mask', () => {
    const { bytes, offsets } = weightFile([
      [2, new Uint8Array(5 * 4)],
      [9, new Uint8Array(4)],
    ]);
    const file = open(
      withWeight([
        constant('nonzero', blob(MIL.float32, [5], offsets[0] ?? 0), MIL.float32, [5]),
        constant('mask', blob(MIL.uint1, [4, 8], offsets[1] ?? 0), MIL.uint1, [4, 8]),
        operation('constexpr_sparse_to_dense', { nonzero_data: 'nonzero', mask: 'mask' }, [
          ['w', MIL.float32, [4, 8]],
        ]),
      ]),
      bytes,
    );
    expect(expectWeight(file, 'float32', 5, 20 + 4)).toHaveLength(5);
    const [only] = file.parameterTensors(file.model.graph);
    expect(only?.tensor.sparse).toBe(true);
  });
});

describe('flexible shapes', () => {
  const range = (lowerBound: bigint, upperBound: bigint) => ({ lowerBound, upperBound });
  const convolution = program(
    [
      constant(
        'weight',
        immediate(MIL.float32, [2, 3, 3, 3], new Array(54).fill(1)),
        MIL.float32,
        [2, 3, 3, 3],
      ),
      constant('strides', immediate(MIL.int32, [2], [2, 2]), MIL.int32, [2]),
      operation('conv', { x: 'x', weight: 'weight', strides: 'strides' }, [
        ['c', MIL.float32, [1, 2, null, null]],
      ]),
      operation('relu', { x: 'c' }, [['y', MIL.float32, [1, 2, null, null]]]),
    ],
    [['x', [1, 3, null, null]]],
    ['y'],
    {
      input: [
        {
          name: 'x',
          type: {
            type: {
              case: 'imageType',
              value: {
                width: 33n,
                height: 17n,
                colorSpace: 20,
                sizeFlexibility: {
                  case: 'imageSizeRange',
                  value: { widthRange: range(9n, -1n), heightRange: range(9n, 65n) },
                },
              },
            },
          },
        },
      ],
      output: [{ name: 'y' }],
    },
  );

  it('begin at the default and follow what is chosen', () => {
    const file = open(convolution);
    const { inputs, outputs, dims, totals, properties } = inspect(file, NOTHING);
    expect(inputs[0]).toMatchObject({ shape: [1, 3, 17, 33], declaredShape: [1, 3, 'x[2]', 'x[3]'] });
    expect(outputs[0]?.shape).toEqual([1, 2, 8, 16]);
    expect(dims).toEqual({
      'x[2]': { value: 17, assumed: false, byDefault: true },
      'x[3]': { value: 33, assumed: false, byDefault: true },
    });
    expect(totals.macs).toBe(8 * 16 * 2 * 27);
    expect(properties).toContainEqual({ name: 'Flexible shapes', value: 'x: 1 × 3 × 9 to 65 × 9 or more' });
    expect(inspect(file, { dims: { 'x[2]': 65 }, shapes: {} }).outputs[0]?.shape).toEqual([1, 2, 32, 16]);
    const chosen = inspect(file, { dims: {}, shapes: { x: [1, 3, 9, 9] } });
    expect(chosen.outputs[0]?.shape).toEqual([1, 2, 4, 4]);
    expect(chosen.dims['x[2]']).toEqual({ value: 9, assumed: false });
  });

  it('of every kind begin at the default, which is not assumed', () => {
    const array = (value: object) => ({
      type: { case: 'multiArrayType', value: { dataType: 65568, ...value } },
    });
    const image = (value: object) => ({ type: { case: 'imageType', value: { colorSpace: 20, ...value } } });
    const sizes = (...shapes: bigint[][]) => ({
      case: 'enumeratedShapes',
      value: { shapes: shapes.map((shape) => ({ shape })) },
    });
    const kinds: [type: object, shape: number[]][] = [
      [array({ shape: [1n, 3n, 7n], shapeFlexibility: sizes([1n, 3n, 9n], [1n, 3n, 7n]) }), [1, 3, 7]],
      // A default that is none of those to choose from, and none at all.
      [array({ shape: [1n, 3n, 8n], shapeFlexibility: sizes([1n, 3n, 9n], [1n, 3n, 7n]) }), [1, 3, 9]],
      [array({ shapeFlexibility: sizes([1n, 3n, 9n], [1n, 3n, 7n]) }), [1, 3, 9]],
      [
        array({
          shape: [1n, 3n, 7n],
          shapeFlexibility: {
            case: 'shapeRange',
            value: { sizeRanges: [range(1n, 1n), range(3n, 3n), range(2n, -1n)] },
          },
        }),
        [1, 3, 7],
      ],
      [
        image({
          width: 33n,
          height: 17n,
          sizeFlexibility: {
            case: 'enumeratedSizes',
            value: {
              sizes: [
                { width: 9n, height: 8n },
                { width: 33n, height: 17n },
              ],
            },
          },
        }),
        [1, 3, 17, 33],
      ],
      [
        image({
          width: 33n,
          height: 17n,
          sizeFlexibility: {
            case: 'imageSizeRange',
            value: { widthRange: range(9n, -1n), heightRange: range(9n, 65n) },
          },
        }),
        [1, 3, 17, 33],
      ],
    ];
    for (const [type, shape] of kinds) {
      const description = {
        input: [{ name: 'x', type }],
        output: [{ name: 'y' }],
      } as ModelInit['description'];
      const unstated = shape.map(() => null);
      const identity = operation('identity', { x: 'x' }, [['y', MIL.float32, unstated]]);
      const relu = { name: 'relu', input: ['x'], output: ['y'], layer: { case: 'activation', value: {} } };
      for (const model of [
        program([identity], [['x', unstated]], ['y'], description ?? {}),
        {
          specificationVersion: 4,
          description,
          neuralNetwork: { arrayInputShapeMapping: 1, layers: [relu] },
        },
        { specificationVersion: 4, description, scaler: new Uint8Array(0) },
      ]) {
        const { inputs, dims } = inspect(open(model as ModelInit), NOTHING);
        expect(inputs[0]?.shape).toEqual(shape);
        expect(Object.values(dims).length).toBeGreaterThan(0);
        for (const dimension of Object.values(dims)) {
          expect(dimension).toEqual({ value: dimension.value, assumed: false, byDefault: true });
        }
      }
    }
  });

  it('outside what the model takes are refused', () => {
    const file = open(convolution);
    expect(() => inspect(file, { dims: { 'x[2]': 66 }, shapes: {} })).toThrow('from 9 to 65');
    expect(() => inspect(file, { dims: { 'x[3]': 3 }, shapes: {} })).toThrow('at least 9');
  });
});

describe('an ML Program', () => {
  it('shows settings as attributes and hands on by position what has several values', () => {
    const file = open(
      program(
        [
          constant('axis', immediate(MIL.int32, [], [1]), MIL.int32, []),
          constant('two', immediate(MIL.int32, [1], [2]), MIL.int32, [1]),
          operation('shape', { x: 'x' }, [['size', MIL.int32, [1]]]),
          operation('concat', { values: ['size', 'two'], axis: 'axis' }, [['y', MIL.int32, [2]]]),
        ],
        [['x', [5]]],
        ['y'],
      ),
    );
    const concat = file.model.graph.nodes[1];
    expect(concat?.inputs).toEqual(['size', 'two']);
    expect(concat?.attributes).toEqual([{ name: 'axis', value: 1 }]);
  });

  it.each([
    ['matmul', { x: 'a', y: 'b' }, [2, 3, 5], 2 * 3 * 5 * 4],
    ['conv', { x: 'image', weight: 'kernel' }, [1, 8, 4, 4], 8 * 16 * 2 * 9],
    ['conv_transpose', { x: 'image', weight: 'transposed' }, [1, 6, 9, 9], 4 * 36 * 6 * 4],
  ] as const)('counts the MACs of %s', (type, inputs, shape, macs) => {
    const weights: Parameters<typeof program>[0] = [
      constant(
        'kernel',
        immediate(MIL.float32, [8, 2, 3, 3], new Array(144).fill(0)),
        MIL.float32,
        [8, 2, 3, 3],
      ),
      constant(
        'transposed',
        immediate(MIL.float32, [4, 6, 2, 2], new Array(96).fill(0)),
        MIL.float32,
        [4, 6, 2, 2],
      ),
    ];
    const model = program(
      [...weights, operation(type, inputs, [['y', MIL.float32, shape]])],
      [
        ['a', [2, 3, 4]],
        ['b', [2, 4, 5]],
        ['image', [1, 4, 6, 6]],
      ],
      ['y'],
    );
    expect(inspect(open(model), NOTHING).totals.macs).toBe(macs);
  });
});
