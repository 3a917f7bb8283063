import { byteLength, type DataType, elementCount } from '../../../model/dataType';
import type { Attribute, Tensor } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import type { ProblemPlace } from '../../../model/nodeId';
import type { Operation, TensorValue, Value } from '../coreml_pb';
import type { GraphContext } from '../graph';
import { locationOf, type Packing, piecesOf, readStored, type Stored, storedProblem } from '../stored';
import { fixedShape, typeAndShape } from './types';

/** A value of a parameter as it is written: by the operation's attributes, or in place of an input's name. */
export function writtenValue(operation: Operation, parameter: string): Value | undefined {
  const attribute = operation.attributes.find((entry) => entry.key === parameter)?.value;
  if (attribute) return attribute;
  const binding = operation.inputs.find((entry) => entry.key === parameter)?.value?.arguments[0]?.binding;
  return binding?.case === 'value' ? binding.value : undefined;
}

/** The tensor that a value holds; null where it is none, or is damaged, which is reported. */
export function constantOf(
  name: string,
  value: Value,
  context: GraphContext,
  place: ProblemPlace,
): Tensor | null {
  const { type, shape: declared } = typeAndShape(value.type);
  const shape = fixedShape(declared);
  const count = elementCount(shape);
  if (type === null || shape === null) return null;
  if (count === null) {
    context.report({
      message: `The tensor '${name}' has an impossible shape: ${shape.join(', ')}.`,
      ...place,
    });
    return null;
  }
  let reported = false;
  const report = (what: string) => {
    reported = true;
    context.lost.add(name, what, place);
  };
  const stored = storedOf(value, type, count, context, report);
  if (stored === null) return null;
  const problem = reported ? null : storedProblem(stored);
  if (problem) context.report({ message: `The tensor '${name}' ${problem}.`, ...place });
  const bytes = byteLength(type, count) ?? stored.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const location = locationOf(stored);
  const tensor = { name, type, shape, bytes, storedElements: count, sparse: false, location };
  context.stored.set(tensor, stored);
  return tensor;
}

function storedOf(
  { value }: Value,
  type: DataType,
  count: number,
  { blobs }: GraphContext,
  report: (what: string) => void,
): Stored | null {
  if (value.case === 'blobFileValue') {
    const { fileName, offset } = value.value;
    const blob = blobs.blob(fileName, Number(offset));
    if (typeof blob === 'string') {
      report(blob);
      return { type, count, packing: 'raw', pieces: [] };
    }
    if (blob.type !== null && blob.type !== type) report(`the weight file says that they are ${blob.type}`);
    return { type, count, packing: 'raw', pieces: [blob] };
  }
  const immediate = value.case === 'immediateValue' ? value.value.value : undefined;
  if (immediate?.case !== 'tensor') return null;
  const { packing, pieces } = immediatePieces(immediate.value, type);
  return { type, count, packing, pieces };
}

function immediatePieces(
  { value }: TensorValue,
  type: DataType,
): { packing: Packing; pieces: Stored['pieces'] } {
  switch (value.case) {
    case undefined:
      return { packing: 'raw', pieces: [] };
    case 'strings': {
      const utf8 = new TextEncoder();
      return { packing: 'raw', pieces: value.value.values.map((text) => utf8.encode(text)) };
    }
    case 'bytes':
      return { packing: 'raw', pieces: piecesOf(value.value.payload, [value.value.values]) };
    case 'floats':
    case 'doubles':
      return { packing: 'raw', pieces: piecesOf(value.value.payload, value.value.values) };
    default:
      // A type whose numbers are written as varints, whatever its width.
      return {
        packing: type === 'string' ? 'raw' : 'varints',
        pieces: piecesOf(value.value.payload, value.value.values),
      };
  }
}

/** null for bytes that are damaged. */
function numbersOf(stored: Stored): number[] | null {
  try {
    return [...readStored(stored, stored.count)];
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}

/**
 * Numbers of a setting that are shown and computed with: strides and pads have a few, a table has thousands
 * (CWE-770).
 */
const MAX_SETTING = 64;

/** What is shown of a setting that is written into the program; null for weights and what is no tensor. */
export function settingOf(value: Value): Attribute['value'] | null {
  const { type, shape } = typeAndShape(value.type);
  const count = elementCount(fixedShape(shape));
  if (type === null || count === null || count > MAX_SETTING) return null;
  const immediate = value.value.case === 'immediateValue' ? value.value.value.value : undefined;
  if (immediate?.case !== 'tensor') return null;
  const scalar = shape?.length === 0;
  const { value: held } = immediate.value;
  if (held.case === 'strings') return scalar ? (held.value.values[0] ?? null) : held.value.values;
  const { packing, pieces } = immediatePieces(immediate.value, type);
  const stored = { type, count, packing, pieces };
  if (storedProblem(stored) !== null || pieces.some((piece) => !(piece instanceof Uint8Array))) return null;
  const numbers = numbersOf(stored);
  if (numbers === null) return null;
  if (!scalar) return numbers;
  return type === 'bool' ? String(numbers[0] !== 0) : (numbers[0] ?? null);
}
