import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { itemAt } from '../../../model/assert';
import type { DataType } from '../../../model/dataType';
import { fromHalves } from '../../../model/float16';
import { type ArgumentSchema, type Operation, OperationSchema, type Value } from '../coreml_pb';
import { indexType } from '../dataTypes';
import type { Compressed, FloatWeight } from './compress';
import { immediate, inFile, packed, tensorType, text } from './values';
import type { WeightFileWriter } from './weightFile';

/** Tensors of fewer elements are written into the program, as coremltools does. */
const SMALLEST_BLOB = 10;

/** An operand: a value, or the name of another operation's output. */
type Operand = Value | string;

/**
 * The operations that decompress a weight when the model is loaded, in the place of the constant, whose name the last
 * one's output has (MIL's operator sets of iOS 16 and iOS 18).
 *
 * @param asInputs operands are inputs, as from specification 9 on; before they are attributes.
 */
export function decompressing(
  name: string,
  weight: FloatWeight,
  compressed: Compressed,
  asInputs: boolean,
  file: { readonly name: string; readonly writer: WeightFileWriter },
): Operation[] {
  const { type, shape } = weight;
  const stored = (kind: DataType, size: readonly number[], values: ArrayLike<number>): Value =>
    values.length < SMALLEST_BLOB
      ? immediate(kind, size, values)
      : inFile(kind, size, file.name, file.writer.append(kind, packed(kind, values), values.length));
  const operation = (
    kind: string,
    outputs: readonly (readonly [name: string, type: DataType, shape: readonly number[]])[],
    operands: Readonly<Record<string, Operand>>,
  ): Operation => {
    const entries = Object.entries(operands);
    const own = { key: 'name', value: text(itemAt(outputs, outputs.length - 1)[0]) };
    const attributes = entries.flatMap(([key, value]) => (typeof value === 'string' ? [] : [{ key, value }]));
    return create(OperationSchema, {
      type: `constexpr_${kind}`,
      inputs: asInputs ? entries.map(([key, operand]) => ({ key, value: argument(operand) })) : [],
      outputs: outputs.map(([output, of, size]) => ({ name: output, type: tensorType(of, size) })),
      attributes: asInputs ? [own] : [own, ...attributes],
    });
  };
  const dense = [name, type, shape] as const;
  const { mask } = compressed;
  const kept = (values: ArrayLike<number>): Float32Array => masked(values, mask ?? new Uint8Array());
  const sparse = (operands: Readonly<Record<string, Operand>>): Operation =>
    operation('sparse_to_dense', [dense], operands);
  // Before specification 9 a mask is bits in bytes, and the shape is stated beside it.
  const packedMask = (): Readonly<Record<string, Value>> => {
    if (mask === null) return {};
    if (asInputs) return { mask: stored('uint1', shape, mask) };
    const bytes = packed('uint1', mask);
    return {
      mask: stored('uint8', [bytes.length], bytes),
      shape: immediate('uint32', [shape.length], shape),
    };
  };
  switch (compressed.form) {
    case 'float': {
      if (mask === null) throw new Error(`The weight ${name} is not compressed.`);
      const values = kept(compressed.values);
      return [sparse({ nonzero_data: stored(type, [values.length], values), ...packedMask() })];
    }
    case 'float16': {
      const values = fromHalves(compressed.halves);
      return [
        operation('cast', [dense], {
          source_val: stored('float16', shape, values),
          output_dtype: text('fp32'),
        }),
      ];
    }
    case 'linear': {
      const { values, scales, blocks, bits } = compressed;
      const integer = bits === 8 ? 'int8' : 'int4';
      if (mask !== null) {
        const nonzero = kept(values);
        const [maskName, dataName] = [`${name}_mask`, `${name}_nonzero`];
        const expanded = operation(
          'sparse_blockwise_shift_scale',
          [
            [maskName, 'uint1', shape],
            [dataName, type, [nonzero.length]],
          ],
          {
            data_mask: stored('uint1', shape, mask),
            nonzero_data: stored(integer, [nonzero.length], nonzero),
            scale: stored(type, blocks, scales),
          },
        );
        return [expanded, sparse({ nonzero_data: dataName, mask: maskName })];
      }
      if (asInputs) {
        const operands = { data: stored(integer, shape, values), scale: stored(type, blocks, scales) };
        return [operation('blockwise_shift_scale', [dense], operands)];
      }
      return [
        operation('affine_dequantize', [dense], {
          quantized_data: stored('int8', shape, values),
          scale: stored(type, [scales.length], scales),
          // One for all: a blob of zeros for each weight would take as much room as its scales.
          zero_point: immediate('int8', [], [0]),
          axis: immediate('int32', [], [weight.channelAxis]),
        }),
      ];
    }
    case 'palette': {
      const { indices, tables, blocks, bits } = compressed;
      const index = indexType(bits);
      if (index === null) throw new Error(`There are no indices of ${bits} bits.`);
      const lut = asInputs
        ? stored(type, [...blocks, 2 ** bits, 1], tables)
        : stored(type, [tables.length], tables);
      if (mask !== null) {
        const nonzero = kept(indices);
        const [maskName, dataName] = [`${name}_mask`, `${name}_nonzero`];
        const expanded = operation(
          'lut_to_sparse',
          [
            [maskName, 'uint1', shape],
            [dataName, type, [nonzero.length]],
          ],
          {
            indices_mask: stored('uint1', shape, mask),
            indices_nonzero_data: stored(index, [nonzero.length], nonzero),
            lut,
          },
        );
        return [expanded, sparse({ nonzero_data: dataName, mask: maskName })];
      }
      if (asInputs)
        return [operation('lut_to_dense', [dense], { indices: stored(index, shape, indices), lut })];
      const bytes = packed(index, indices);
      return [
        operation('lut_to_dense', [dense], {
          indices: stored('uint8', [bytes.length], bytes),
          lut,
          shape: immediate('uint32', [shape.length], shape),
        }),
      ];
    }
  }
}

/** The numbers where a mask is 1; float32 holds all that is stored. */
function masked(values: ArrayLike<number>, mask: Uint8Array): Float32Array {
  const result = new Float32Array(mask.reduce((sum, bit) => sum + bit, 0));
  let next = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) result[next++] = values[i] ?? Number.NaN;
  return result;
}

function argument(operand: Operand): MessageInitShape<typeof ArgumentSchema> {
  return {
    arguments: [
      {
        binding:
          typeof operand === 'string' ? { case: 'name', value: operand } : { case: 'value', value: operand },
      },
    ],
  };
}
