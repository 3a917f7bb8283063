import type { DataType, DeclaredShape } from '../model/dataType';
import type { Quantization, Tensor, ValueInfo } from '../model/model';
import { ModelError } from '../model/modelError';
import { isFloatElement, scalarOf } from '../onnxtxt/numbers';
import type { Scalar, TextAttribute, TextData, TextType, TextValue } from '../onnxtxt/syntax';
import type { TensorElements } from './format';

/** Tensors of so many elements are written whole: scalars, shapes, pads. */
const WHOLE = 8;

/** Elements that are written of a longer one: enough to see what it is, and whether it is another one now. */
const FIRST = 4;

/** Scales and zero points that are written; a weight can have thousands (CWE-770). */
const MAX_SCALES = 8;

/** What a text has of a stored tensor: a few of its elements, none where they cannot be read. */
export function dataOf(
  stored: number,
  whole: boolean,
  read: (count: number) => readonly (Scalar | null)[],
): TextData {
  const complete = whole && stored <= WHOLE;
  try {
    const elements = stored === 0 ? [] : read(complete ? stored : FIRST);
    const known = elements.filter((element) => element !== null);
    return { elements: known, complete: complete && known.length === stored };
  } catch (error) {
    if (error instanceof ModelError) return { elements: [], complete: false };
    throw error;
  }
}

/** A constant of a format whose elements are read as numbers. */
export function constantText(
  tensor: Tensor,
  readTensor: (tensor: Tensor, limit: number) => TensorElements,
): TextValue {
  const { name, type, shape, storedElements, sparse, quantization } = tensor;
  const data = dataOf(storedElements, !sparse && hasNumbers(type), (count) =>
    hasNumbers(type) ? Array.from(readTensor(tensor, count).values, (value) => scalarOf(value, type)) : [],
  );
  return { name, type: typeOf(type, shape, quantization, sparse), data };
}

/** Complex numbers are read as their absolute values, which are others; strings have none. */
export function hasNumbers(type: DataType): boolean {
  return type !== 'string' && !type.startsWith('complex');
}

/** A named value with its type and declared shape, and how it is quantized. */
export function valueInfoText({ name, type, declaredShape, quantization }: ValueInfo): TextValue {
  if (type === null && declaredShape === null) return { name, type: null };
  return { name, type: typeOf(type, declaredShape, quantization, false) };
}

function typeOf(
  type: DataType | null,
  dims: DeclaredShape | null,
  quantization: Quantization | undefined,
  sparse: boolean,
): TextType {
  const element = type ?? 'undefined';
  if (sparse) return { kind: 'sparse', element, dims };
  if (quantization === undefined) return { kind: 'tensor', element, dims };
  return { kind: 'quantized', element, dims, how: howQuantized(quantization, isFloatElement(element)) };
}

/** real = scale · (stored − zero point), in the words of the format-neutral model. */
function howQuantized(
  { scales, zeroPoints, axis, blockSize, scaleTensor }: Quantization,
  isFloat: boolean,
): TextAttribute[] {
  const how: TextAttribute[] = [];
  const zeros = zeroPoints.every((zero) => zero === zeroPoints[0]) ? zeroPoints.slice(0, 1) : zeroPoints;
  if (axis !== null) how.push(setting('axis', [axis], true));
  if (blockSize !== null) how.push(setting('block_size', [blockSize], true));
  if (scaleTensor !== null) {
    how.push({ name: 'scale', kind: null, value: { kind: 'scalar', value: scaleTensor } });
  }
  if (scales.length > 0) how.push(setting('scale', scales, false));
  // Quantized floats, as some files have them, have none.
  if (zeros.length > 0 && !isFloat) how.push(setting('zero_point', zeros, true));
  return how;
}

function setting(name: string, values: readonly number[], whole: boolean): TextAttribute {
  const items = values
    .slice(0, MAX_SCALES)
    .map((value) => ({ kind: 'scalar' as const, value: whole ? BigInt(value) : value }));
  const [only] = items;
  if (values.length === 1 && only) return { name, kind: null, value: only };
  return { name, kind: null, value: { kind: 'list', items, complete: items.length === values.length } };
}
