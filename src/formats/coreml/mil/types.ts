import type { DataType, DeclaredShape } from '../../../model/dataType';
import type { ValueInfo } from '../../../model/model';
import type { Dimension, NamedValueType, TensorType, ValueType } from '../coreml_pb';
import { milType } from '../dataTypes';

export interface TypeAndShape {
  readonly type: DataType | null;
  /** null where the number of dimensions varies. */
  readonly shape: DeclaredShape | null;
}

/**
 * What a type says of a tensor, also of one inside a state, or of a list of tensors, which takes as much memory as
 * they do together; nothing of tuples and dictionaries.
 */
export function typeAndShape(value: ValueType | undefined): TypeAndShape {
  const { type } = value ?? {};
  // A state wraps a tensor, never another state.
  if (type?.case === 'stateType') {
    const wrapped = type.value.wrappedType?.type;
    return wrapped?.case === 'tensorType' ? ofTensor(wrapped.value) : NOTHING;
  }
  if (type?.case === 'listType') {
    const inside = type.value.type?.type;
    const item = inside?.case === 'tensorType' ? ofTensor(inside.value) : NOTHING;
    return { ...item, shape: item.shape && [sizeOf(type.value.length), ...item.shape] };
  }
  return type?.case === 'tensorType' ? ofTensor(type.value) : NOTHING;
}

const NOTHING: TypeAndShape = { type: null, shape: null };

function ofTensor({ dataType, rank, dimensions }: TensorType): TypeAndShape {
  const type = milType(dataType);
  if (rank < 0n || Number(rank) !== dimensions.length) return { type, shape: null };
  const variadic = dimensions.some(
    ({ dimension }) => dimension.case === 'unknown' && dimension.value.variadic,
  );
  if (variadic) return { type, shape: null };
  return { type, shape: dimensions.map(sizeOf) };
}

function sizeOf(dimension: Dimension | undefined): number | null {
  if (dimension?.dimension.case !== 'constant') return null;
  const size = Number(dimension.dimension.value.size);
  return Number.isSafeInteger(size) ? size : null;
}

/** The shape as numbers; null where one is not known. */
export function fixedShape(shape: DeclaredShape | null): number[] | null {
  const numbers = shape?.filter((dimension) => typeof dimension === 'number');
  return numbers !== undefined && numbers.length === shape?.length ? numbers : null;
}

/** A named value with its element type and declared shape, as the neutral model has it. */
export function toValueInfo({ name, type }: NamedValueType): ValueInfo {
  const found = typeAndShape(type);
  return { name, type: found.type, declaredShape: found.shape };
}
