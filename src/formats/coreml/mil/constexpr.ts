import { elementCount } from '../../../model/dataType';
import type { Tensor } from '../../../model/model';
import type { Operation } from '../coreml_pb';
import { indexType } from '../dataTypes';
import type { GraphContext } from '../graph';
import { locationOf, type Stored } from '../stored';
import { fixedShape, typeAndShape } from './types';
import { constantOf, writtenValue } from './values';

/** Operations that decode a compressed weight when the model is loaded (MIL's constexpr operations). */
const PREFIX = 'constexpr_';

/** Parameters that hold the elements: quantized, indices into a table, or those that are not zero. */
const DATA = ['quantized_data', 'indices', 'nonzero_data', 'indices_nonzero_data', 'data', 'source_val'];
/** What says which elements are stored. */
const MASKS = ['mask', 'indices_mask', 'data_mask'];
const TABLE = 'lut';

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
    if (value) return constantOf(`${node}.${parameter}`, value, context, node);
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

function renamed(tensor: Tensor, name: string, { stored }: GraphContext): Tensor {
  const copy = { ...tensor, name };
  const where = stored.get(tensor);
  if (where) stored.set(copy, where);
  return copy;
}
