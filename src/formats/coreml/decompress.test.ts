import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  constant,
  encode,
  immediate,
  type LayerInit,
  MIL,
  type OperationInit,
  operation,
  program,
  writePackage,
} from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { lookedUp } from './decompress';
import { coreml } from './format';

const folder = scratchFolder();
let written = 0;

const UINT1 = MIL.uint1;
const [FLOAT, INT8, UINT8, UINT4, INT] = [MIL.float32, MIL.int8, MIL.uint8, MIL.uint4, MIL.int32];

type Values = Readonly<
  Record<string, readonly [type: number, shape: readonly number[], values: readonly number[]]>
>;

/** A constexpr operation up to specification 8, whose operands are attributes. */
function old(type: string, shape: readonly number[], operands: Values, output = 'w'): OperationInit {
  const attributes = Object.entries(operands).map(([key, value]) => [key, immediate(...value)]);
  return operation(`constexpr_${type}`, {}, [[output, FLOAT, shape]], Object.fromEntries(attributes));
}

/** One of specification 9, whose operands are constants, or outputs of others, given by name. */
function named(
  type: string,
  outputs: readonly (readonly [string, number, readonly number[]])[],
  operands: Values,
  others: Readonly<Record<string, string>> = {},
): OperationInit[] {
  const constants = Object.entries(operands).map(([key, [kind, shape, values]]) =>
    constant(`${type}.${key}`, immediate(kind, shape, values), kind, shape),
  );
  const inputs = Object.fromEntries(Object.keys(operands).map((key) => [key, `${type}.${key}`]));
  return [
    ...constants,
    operation(
      `constexpr_${type}`,
      { ...inputs, ...others },
      outputs.map((one) => [...one]),
    ),
  ];
}

/** What the weight of a product is decompressed to. */
function decompressed(operations: readonly OperationInit[]): number[] {
  const model = program(
    [...operations, operation('linear', { x: 'x', weight: 'w' }, [['y', FLOAT, [1, 2]]])],
    [['x', [1, 4]]],
    ['y'],
  );
  const file = coreml.open(writePackage(join(folder, `${written++}.mlpackage`), encode(model), null));
  expect(file.model.problems).toEqual([]);
  const [weight] = file.parameterTensors(file.model.graph);
  return weight ? [...(file.decompressed(weight.tensor)?.() ?? [])] : [];
}

describe('a compressed weight of a program is decompressed', () => {
  it('from a scale and zero point for each slice', () => {
    const data = [1, 2, 3, 4, 5, 6, 7, 255];
    const values = decompressed([
      old('affine_dequantize', [2, 4], {
        quantized_data: [UINT8, [2, 4], data],
        scale: [FLOAT, [2], [0.5, 2]],
        zero_point: [UINT8, [2], [1, 5]],
        axis: [INT, [], [0]],
      }),
    ]);
    expect(values).toEqual([0, 0.5, 1, 1.5, 0, 2, 4, 500]);
  });

  it('from one scale for all, along whatever axis', () => {
    const values = decompressed([
      old('affine_dequantize', [2, 2], {
        quantized_data: [INT8, [2, 2], [1, -2, 3, -4]],
        scale: [FLOAT, [], [0.25]],
        zero_point: [INT8, [], [1]],
        axis: [INT, [], [1]],
      }),
    ]);
    expect(values).toEqual([0, -0.75, 0.5, -1.25]);
  });

  it('from indices that are packed in bytes, the lowest bits first', () => {
    const values = decompressed([
      old('lut_to_dense', [2, 4], {
        indices: [UINT8, [2], [0b11_10_01_00, 0b00_01_10_11]],
        lut: [FLOAT, [4], [10, 20, 30, 40]],
        shape: [INT, [2], [2, 4]],
      }),
    ]);
    expect(values).toEqual([10, 20, 30, 40, 40, 30, 20, 10]);
  });

  it('from a mask that is packed in bytes', () => {
    const values = decompressed([
      old('sparse_to_dense', [2, 5], {
        nonzero_data: [FLOAT, [3], [7, 8, 9]],
        mask: [UINT8, [2], [0b1000_0001, 0b10]],
        shape: [INT, [2], [2, 5]],
      }),
    ]);
    expect(values).toEqual([7, 0, 0, 0, 0, 0, 0, 8, 0, 9]);
  });

  it('in blocks along both axes, with offsets', () => {
    const operations = named('blockwise_shift_scale', [['w', FLOAT, [2, 4]]], {
      data: [UINT4, [2, 4], [0x21, 0x43, 0x65, 0x87]],
      scale: [FLOAT, [2, 2], [1, 10, 100, 1000]],
      offset: [UINT4, [2, 2], [0x31, 0x75]],
    });
    expect(decompressed(operations)).toEqual([0, 1, 0, 10, 0, 100, 0, 1000]);
  });

  it('by a table for each group of slices', () => {
    const operations = named('lut_to_dense', [['w', FLOAT, [2, 4]]], {
      indices: [UINT1, [2, 4], [0b1010_0101]],
      lut: [FLOAT, [2, 1, 2, 1], [1, 2, 3, 4]],
    });
    expect(decompressed(operations)).toEqual([2, 1, 2, 1, 3, 4, 3, 4]);
  });

  it('by tables of vectors that lie along an axis', () => {
    const operations = named('lut_to_dense', [['w', FLOAT, [4, 2]]], {
      indices: [UINT1, [2, 2], [0b0110]],
      lut: [FLOAT, [1, 1, 2, 2], [1, 2, 3, 4]],
      vector_axis: [INT, [], [0]],
    });
    // Indices [[0, 1], [1, 0]], each a column of two numbers.
    expect(decompressed(operations)).toEqual([1, 3, 2, 4, 3, 1, 4, 2]);
  });

  it('by a table that is quantized itself', () => {
    const operations = [
      ...named('blockwise_shift_scale', [['table', FLOAT, [1, 1, 2, 1]]], {
        data: [INT8, [1, 1, 2, 1], [-3, 5]],
        scale: [FLOAT, [1, 1, 1, 1], [0.5]],
      }),
      ...named(
        'lut_to_dense',
        [['w', FLOAT, [1, 4]]],
        { indices: [UINT1, [1, 4], [0b0110]] },
        { lut: 'table' },
      ),
    ];
    expect(decompressed(operations)).toEqual([-1.5, 2.5, 2.5, -1.5]);
  });

  it('from what is sparse and palettized', () => {
    const outputs = [
      ['mask', UINT1, [2, 4]],
      ['nonzero', FLOAT, [3]],
    ] as const;
    const operations = [
      ...named('lut_to_sparse', outputs, {
        indices_mask: [UINT1, [2, 4], [0b1000_0101]],
        indices_nonzero_data: [UINT1, [3], [0b101]],
        lut: [FLOAT, [2, 1, 2, 1], [1, 2, 3, 4]],
      }),
      ...named('sparse_to_dense', [['w', FLOAT, [2, 4]]], {}, { nonzero_data: 'nonzero', mask: 'mask' }),
    ];
    expect(decompressed(operations)).toEqual([2, 0, 1, 0, 0, 0, 0, 4]);
  });

  it('from what is sparse and quantized', () => {
    const outputs = [
      ['mask', UINT1, [2, 4]],
      ['nonzero', FLOAT, [3]],
    ] as const;
    const operations = [
      ...named('sparse_blockwise_shift_scale', outputs, {
        data_mask: [UINT1, [2, 4], [0b1000_0101]],
        nonzero_data: [INT8, [3], [1, -2, 3]],
        scale: [FLOAT, [2, 1], [0.5, 10]],
        offset: [INT8, [2, 1], [0, 1]],
      }),
      ...named('sparse_to_dense', [['w', FLOAT, [2, 4]]], {}, { nonzero_data: 'nonzero', mask: 'mask' }),
    ];
    expect(decompressed(operations)).toEqual([0.5, 0, -1, 0, 0, 0, 0, 20]);
  });

  it('from the same numbers in another type', () => {
    expect(decompressed([old('cast', [1, 2], { source_val: [FLOAT, [1, 2], [1.5, -2]] })])).toEqual([
      1.5, -2,
    ]);
  });

  it('not where the operands do not fit together', () => {
    const scales = (count: number) =>
      old('affine_dequantize', [2, 4], {
        quantized_data: [UINT8, [2, 4], new Array(8).fill(1)],
        scale: [FLOAT, [count], new Array(count).fill(1)],
        axis: [INT, [], [0]],
      });
    expect(() => decompressed([scales(3)])).toThrow('not known');
    const mask = old('sparse_to_dense', [2, 4], {
      nonzero_data: [FLOAT, [3], [7, 8, 9]],
      mask: [UINT8, [1], [0b11]],
    });
    expect(() => decompressed([mask])).toThrow('not known');
  });

  it('not where an index lies outside its table', () => {
    const tables = { entries: Float64Array.of(1, 2, 3), count: 3, blocks: [1], vector: 1, axis: 0 };
    expect(lookedUp(Float64Array.of(2, 0), [2], tables)).toEqual(Float64Array.of(3, 1));
    for (const index of [3, -1, Number.NaN])
      expect(() => lookedUp(Float64Array.of(0, index), [2], tables)).toThrow('not known');
  });
});

describe('a quantized weight of a network is decompressed', () => {
  function weightOf(layer: NonNullable<LayerInit['layer']>): number[] {
    const path = join(folder, `${written++}.mlmodel`);
    const layers: LayerInit[] = [{ name: 'layer', input: ['x'], output: ['y'], layer }];
    writeFileSync(path, encode({ specificationVersion: 4, neuralNetwork: { layers } }));
    const file = coreml.open(path);
    const [weight] = file.parameterTensors(file.model.graph);
    return weight ? [...(file.decompressed(weight.tensor)?.() ?? [])] : [];
  }

  const linear = (scale: number[], bias: number[]) => ({
    numberOfBits: 4n,
    quantizationType: { case: 'linearQuantization', value: { scale, bias } } as const,
  });
  // Four bits each, the highest first: 1, 2, 3, 4.
  const rawValue = Uint8Array.of(0x12, 0x34);
  const product = { inputChannels: 2n, outputChannels: 2n };

  it.each([
    ['one scale for all', linear([2], [1]), [3, 5, 7, 9]],
    ['a scale for each output', linear([2, 10], [0, -1]), [2, 4, 29, 39]],
  ])('with %s', (_, quantization, expected) => {
    const values = weightOf({
      case: 'innerProduct',
      value: { ...product, weights: { rawValue, quantization } },
    });
    expect(values).toEqual(expected);
  });

  it('not where there are neither one bias nor as many as scales', () => {
    const quantization = linear([1, 2], [5, 6, 7]);
    expect(
      weightOf({ case: 'innerProduct', value: { ...product, weights: { rawValue, quantization } } }),
    ).toEqual([]);
  });

  it('with a scale for each output of a deconvolution, which lie along its second dimension', () => {
    const value = {
      ...{ outputChannels: 2n, kernelChannels: 2n, nGroups: 1n, kernelSize: [1n, 1n], isDeconvolution: true },
      weights: { rawValue, quantization: linear([2, 10], [0, -1]) },
    };
    expect(weightOf({ case: 'convolution', value })).toEqual([2, 19, 6, 39]);
  });

  it('by its look-up table', () => {
    const floatValue = Array.from({ length: 16 }, (_, index) => index * index);
    const quantization = {
      numberOfBits: 4n,
      quantizationType: { case: 'lookupTableQuantization', value: { floatValue } } as const,
    };
    const values = weightOf({
      case: 'innerProduct',
      value: { ...product, weights: { rawValue, quantization } },
    });
    expect(values).toEqual([1, 4, 9, 16]);
  });
});
