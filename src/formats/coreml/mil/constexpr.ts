import { type DataType, elementCount } from '../../../model/dataType';
import { fromHalves, toHalves } from '../../../model/float16';
import type { Tensor } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import type { Operation } from '../coreml_pb';
import { indexType } from '../dataTypes';
import {
  lookedUp,
  type Numbers,
  placesIn,
  type Scales,
  shiftedAndScaled,
  spread,
  type Tables,
  unpacked,
} from '../decompress';
import type { GraphContext } from '../graph';
import { locationOf, readStored, type Stored } from '../stored';
import { fixedShape, typeAndShape } from './types';
import { constantOf, writtenValue } from './values';

/** Operations that decode a compressed weight when the model is loaded (MIL's constexpr operations). */
const PREFIX = 'constexpr_';

/** Parameters that hold the elements: quantized, indices into a table, or those that are not zero. */
const DATA = ['quantized_data', 'indices', 'nonzero_data', 'indices_nonzero_data', 'data', 'source_val'];
/** What says which elements are stored. */
const MASKS = ['mask', 'indices_mask', 'data_mask'];
const TABLE = 'lut';
/** How elements are made of what is stored. */
const SETTINGS = ['scale', 'zero_point', 'offset', 'axis', 'vector_axis'];

/** Whether an operation only says how a stored weight is decompressed. */
export function isConstexpr({ type }: Operation): boolean {
  return type.startsWith(PREFIX);
}

/**
 * A compressed weight as one tensor, with the type and elements that are stored and the shape that it is decoded
 * to. Its bytes are those of the elements, a mask and a look-up table; scales and zero points are not weights.
 *
 * @param known constants by name: the operands, which are merged into the result.
 */
export function compressedWeights(
  operation: Operation,
  known: ReadonlyMap<string, Tensor>,
  context: GraphContext,
): { readonly tensors: readonly Tensor[]; readonly merged: readonly string[] } {
  const operand = (parameter: string): Tensor | null => {
    const node = operation.outputs[0]?.name ?? operation.type;
    const value = writtenValue(operation, parameter);
    if (value) return constantOf(`${node}.${parameter}`, value, context, { node });
    const bindings = operation.inputs.find((entry) => entry.key === parameter)?.value?.arguments;
    const binding = bindings?.[0]?.binding;
    return binding?.case === 'name' ? (known.get(binding.value) ?? null) : null;
  };
  const merged = operation.inputs
    .flatMap(({ value }) => value?.arguments ?? [])
    .flatMap(({ binding }) => (binding.case === 'name' ? [binding.value] : []));
  const first = (parameters: readonly string[]): Tensor | null => {
    for (const parameter of parameters) {
      const found = operand(parameter);
      if (found) return found;
    }
    return null;
  };
  const data = first(DATA);
  const mask = first(MASKS);
  const table = operand(TABLE);
  const outputs = operation.outputs;
  if (data === null || outputs.length === 0) return { tensors: [], merged };
  // An operation with two outputs gives the mask on, beside the elements that it stands for.
  const [last] = outputs.slice(-1);
  const given = outputs.length > 1 ? outputs[0]?.name : undefined;
  const parts = given === undefined ? [data, mask, table] : [data, table];
  const bytes = parts.reduce((sum, part) => sum + (part?.bytes ?? 0), 0);
  const shape = fixedShape(typeAndShape(last?.type).shape) ?? data.shape;
  const stored = elementsOf(
    operation,
    data,
    mask,
    table,
    elementCount(shape) ?? data.storedElements,
    context,
  );
  const tensor: Tensor = {
    name: last?.name ?? '',
    type: stored.type,
    shape,
    bytes,
    storedElements: stored.count,
    sparse: mask !== null || data.sparse,
    location: locationOf(stored),
  };
  context.stored.set(tensor, stored);
  // Found now: the weight files are closed when the weight is decompressed.
  const settings = new Map(SETTINGS.map((parameter) => [parameter, operand(parameter)]));
  const operands = { data, mask, table, settings, context };
  const type = typeAndShape(last?.type).type;
  context.decompress.set(tensor, () => asType(decompressed(operation, tensor, operands), type));
  const tensors = [tensor];
  if (given !== undefined && mask !== null) tensors.push(renamed(mask, given, context));
  return { tensors, merged };
}

/** Before specification 9 indices come packed in bytes: a table's length says how many bits each takes. */
function elementsOf(
  { type }: Operation,
  data: Tensor,
  mask: Tensor | null,
  table: Tensor | null,
  count: number,
  { stored }: GraphContext,
): Stored {
  const found = stored.get(data) ?? {
    type: data.type,
    count: data.storedElements,
    packing: 'raw',
    pieces: [],
  };
  const packed = type === 'constexpr_lut_to_dense' && data.shape.length === 1 && table?.shape.length === 1;
  const index = packed ? indexType(Math.log2(table.storedElements)) : null;
  return index === null || mask !== null ? found : { ...found, type: index, count };
}

/** Numbers as the type holds them that the operation gives. */
function asType(values: Numbers, type: DataType | null): Numbers {
  if (type === 'float16') return fromHalves(toHalves(values));
  return type === 'float32' ? Float32Array.from(values) : values;
}

interface Operands {
  readonly data: Tensor;
  readonly mask: Tensor | null;
  readonly table: Tensor | null;
  readonly settings: ReadonlyMap<string, Tensor | null>;
  readonly context: GraphContext;
}

/** @throws ModelError where the operands do not fit together, or the operation is not known. */
function decompressed({ type }: Operation, tensor: Tensor, operands: Operands): Numbers {
  const { data, mask, table, settings, context } = operands;
  const read = (of: Tensor): Numbers => {
    const decompress = context.decompress.get(of);
    const stored = context.stored.get(of);
    if (decompress) return decompress();
    if (stored === undefined) throw new ModelError(`The elements of '${of.name}' are not there.`);
    return readStored(stored, stored.count);
  };
  // Indices that are packed in bytes are those of the result.
  const elements = (): Numbers => {
    const stored = context.stored.get(tensor);
    const own = context.decompress.has(data) || stored === undefined;
    return own ? read(data) : readStored(stored, stored.count);
  };
  const bits = (of: Tensor | null, shape: readonly number[]): Numbers => {
    if (of === null) throw new ModelError(`The mask of '${tensor.name}' is not there.`);
    return of.type === 'uint8' ? unpacked(read(of), elementCount(shape) ?? 0) : read(of);
  };
  const maybe = (parameter: string): Numbers | null => {
    const found = settings.get(parameter);
    return found ? read(found) : null;
  };
  const setting = (parameter: string): number => maybe(parameter)?.[0] ?? 0;
  const scalesOf = (offset: string, shape: (scale: Tensor) => readonly number[]): Scales => {
    const scale = settings.get('scale');
    if (!scale) throw new ModelError(`The scales of '${tensor.name}' are not there.`);
    return { scales: read(scale), offsets: maybe(offset), blocks: shape(scale) };
  };
  const tables = (shape: readonly number[]): Tables => {
    if (table === null) throw new ModelError(`The look-up table of '${tensor.name}' is not there.`);
    const [count = 1, vector = 1] = table.shape.length === 1 ? table.shape : table.shape.slice(-2);
    const blocks = table.shape.length === 1 ? shape.map(() => 1) : table.shape.slice(0, -2);
    return { entries: read(table), count, blocks, vector, axis: setting('vector_axis') };
  };
  switch (type.slice(PREFIX.length)) {
    case 'cast':
      return elements();
    case 'affine_dequantize': {
      // One scale for each slice along the axis, or one for all.
      const axis = setting('axis');
      const blocks = ({ storedElements }: Tensor) =>
        tensor.shape.map((_, index) => (index === axis ? storedElements : 1));
      return shiftedAndScaled(elements(), tensor.shape, scalesOf('zero_point', blocks));
    }
    case 'blockwise_shift_scale':
      return shiftedAndScaled(
        elements(),
        tensor.shape,
        scalesOf('offset', ({ shape }) => shape),
      );
    case 'lut_to_dense': {
      const packed = data.shape.length === 1 && table?.shape.length === 1;
      const shape = packed ? tensor.shape : data.shape;
      return lookedUp(elements(), shape, tables(shape));
    }
    case 'sparse_to_dense':
      return spread(read(data), bits(mask, tensor.shape));
    case 'lut_to_sparse': {
      const shape = mask?.shape ?? [];
      const found = tables(shape);
      if (found.vector !== 1) break;
      return lookedUp(read(data), shape, { ...found, axis: 0 }, placesIn(bits(mask, shape)));
    }
    case 'sparse_blockwise_shift_scale': {
      const shape = mask?.shape ?? [];
      const scales = scalesOf('offset', (scale) => scale.shape);
      return shiftedAndScaled(read(data), shape, scales, placesIn(bits(mask, shape)));
    }
  }
  throw new ModelError(`It is not known what the results of ${type} stand for.`);
}

function renamed(tensor: Tensor, name: string, { stored }: GraphContext): Tensor {
  const copy = { ...tensor, name };
  const where = stored.get(tensor);
  if (where) stored.set(copy, where);
  return copy;
}
