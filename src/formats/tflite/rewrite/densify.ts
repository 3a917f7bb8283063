import { itemAt } from '../../../model/assert';
import { ModelError } from '../../../model/modelError';
import type { SparsityTable, Union } from '../tables';

/** Number of SPARSE_CSR in DimensionType. */
const COMPRESSED = 1;

/** Dimensions and blocks of a tensor; engines know no more than eight dimensions (CWE-674). */
const MAX_LEVELS = 16;

/**
 * All elements of a tensor of which only some are stored (SparsityParameters of the schema; the layout is that of
 * TACO, Kjolstad et al., "The tensor algebra compiler", 2017).
 * @throws ModelError when what is said of them does not fit the shape or the elements
 */
export function densify(
  values: ArrayLike<number>,
  shape: readonly number[],
  { traversalOrder = [], blockMap = [], dimMetadata = [] }: SparsityTable,
): Float32Array {
  const levels = traversalOrder.length;
  const fits =
    levels === shape.length + blockMap.length && dimMetadata.length === levels && levels <= MAX_LEVELS;
  if (!fits) throw damaged();
  const elements = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const blocks = blockMap.map((dimension, at) => {
    const level = traversalOrder.indexOf(shape.length + at);
    return { dimension, level, size: dimMetadata[level]?.denseSize ?? 0 };
  });
  const indices = new Array<number>(levels).fill(0);
  const place = (): number => {
    const at = shape.map((_, dimension) => indices[traversalOrder.indexOf(dimension)] ?? Number.NaN);
    for (const { dimension, level, size } of blocks)
      at[dimension] = (at[dimension] ?? Number.NaN) * size + (indices[level] ?? Number.NaN);
    return at.reduce((sum, index, dimension) => sum * itemAt(shape, dimension) + index, 0);
  };
  const visit = (level: number, stored: number): void => {
    if (level === levels) {
      const at = place();
      if (!(stored < values.length && at < elements.length)) throw damaged();
      elements[at] = itemAt(values, stored);
      return;
    }
    const { format = 0, denseSize = 0, arraySegments, arrayIndices } = itemAt(dimMetadata, level);
    if (format !== COMPRESSED) {
      if (stored * denseSize > elements.length) throw damaged();
      for (let index = 0; index < denseSize; index++) {
        indices[level] = index;
        visit(level + 1, stored * denseSize + index);
      }
      return;
    }
    const segments = numbers(arraySegments);
    const places = numbers(arrayIndices);
    const [from, to] = [segments[stored], segments[stored + 1]];
    if (from === undefined || to === undefined || to > places.length) throw damaged();
    for (let at = from; at < to; at++) {
      indices[level] = itemAt(places, at);
      visit(level + 1, at);
    }
  };
  visit(0, 0);
  return elements;
}

function numbers(vector: Union | undefined): readonly number[] {
  const values = vector?.value['values'];
  return Array.isArray(values) ? (values as readonly number[]) : [];
}

function damaged(): ModelError {
  return new ModelError('A sparse tensor is damaged: its indices do not fit its shape.');
}
