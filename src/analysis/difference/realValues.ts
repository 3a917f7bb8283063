import type { Quantization, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { type EnteredGraph, find } from '../rows';
import type { Side } from './side';

export type Values = Float32Array | Float64Array;

/** What stored numbers stand for: real = scale · (stored − zero point), a scale for each slice or block. */
interface Scaling {
  readonly scales: ArrayLike<number>;
  readonly zeroPoints: ArrayLike<number>;
  /** null: one scale for all. */
  readonly axis: number | null;
  /** Neighbours along the axis that share a scale. */
  readonly blockSize: number;
}

/** `unknown`: there are scales, but where they are or how they apply is not known here. */
type FoundScaling = Scaling | 'none' | 'unknown';

export interface RealValues {
  readonly values: Values;
  readonly complete: boolean;
}

/**
 * The first `limit` elements of a weight as the real numbers that they stand for, decoded as the tensor's own
 * quantization or the operators around it say, or decompressed. null where that is not known, or the tensor is sparse.
 *
 * @throws ModelError when the elements cannot be read.
 */
export function realValues(
  side: Side,
  graph: EnteredGraph,
  tensor: Tensor,
  limit: number,
): RealValues | null {
  const decompress = side.file.decompressed?.(tensor);
  if (decompress) {
    if (tensor.shape.reduce((a, b) => a * b, 1) > limit) {
      throw new ModelError('some compressed weights are too large to be decompressed');
    }
    return { values: decompress(), complete: true };
  }
  if (tensor.sparse || tensor.type === 'string') return null;
  const scaling = scalingOf(side, graph, tensor);
  if (scaling === 'unknown') return null;
  const { values, complete } = side.file.readTensor(tensor, limit);
  return { values: scaling === 'none' ? values : scaled(values, tensor.shape, scaling), complete };
}

/** All elements of a weight whose floats are stored as they are, as `ModelFile.readParts` gives them; null for others. */
export function realParts(side: Side, graph: EnteredGraph, tensor: Tensor): Generator<Float32Array> | null {
  if (tensor.sparse || side.file.decompressed?.(tensor)) return null;
  return scalingOf(side, graph, tensor) === 'none' ? (side.file.readParts?.(tensor) ?? null) : null;
}

/** Scales and zero points as numbers, to tell whether equal bytes stand for equal weights. */
export function scalesOf(side: Side, graph: EnteredGraph, tensor: Tensor): string {
  const scaling = scalingOf(side, graph, tensor);
  if (typeof scaling === 'string') return scaling;
  return JSON.stringify([
    Array.from(scaling.scales),
    Array.from(scaling.zeroPoints),
    scaling.axis,
    scaling.blockSize,
  ]);
}

function scalingOf(side: Side, graph: EnteredGraph, tensor: Tensor): FoundScaling {
  const { quantization } = tensor;
  if (quantization !== undefined) return ofTensor(quantization, tensor);
  const decoding = side.file.decodingOf?.(graph.inferred.graph, tensor) ?? null;
  if (decoding === null) return isStoredReal(tensor) ? 'none' : 'unknown';
  const { scale, zeroPoint, axis, blockSize } = decoding;
  if (scale === '') return 'unknown';
  const read = (name: string): ArrayLike<number> | null => {
    const stored = find(name, graph)?.graph.inferred.graph.constants.get(name);
    return stored === undefined ? null : side.file.readTensor(stored).values;
  };
  const scales = read(scale);
  if (scales === null) return 'unknown';
  const zeroPoints = zeroPoint ? read(zeroPoint) : [0];
  if (zeroPoints === null) return 'unknown';
  const single = scales.length === 1 && blockSize === 1;
  return { scales, zeroPoints, axis: single ? null : axis, blockSize };
}

function isStoredReal({ type }: Tensor): boolean {
  // Wide integers stand for themselves; narrow ones are quantized by something that is not known here.
  return type.startsWith('float') || type === 'bfloat16' || type.endsWith('32') || type.endsWith('64');
}

function ofTensor({ scales, zeroPoints, axis, blockSize }: Quantization, { type }: Tensor): FoundScaling {
  if (scales.length === 0) return type.startsWith('float') ? 'none' : 'unknown';
  if (blockSize !== null || (axis === null && scales.length > 1)) return 'unknown';
  return { scales, zeroPoints, axis: scales.length === 1 ? null : axis, blockSize: 1 };
}

function scaled(stored: Values, shape: readonly number[], scaling: Scaling): Values {
  const { scales, zeroPoints, blockSize } = scaling;
  const axis = scaling.axis === null ? null : (scaling.axis + shape.length) % Math.max(shape.length, 1);
  const length = axis === null ? 1 : (shape[axis] ?? 1);
  const inner = axis === null ? 1 : shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const blocks = Math.ceil(length / blockSize);
  // Scales of blocks have the tensor's own rank; those of slices lie along the axis alone.
  const blocked = blockSize > 1;
  const needed = axis === null ? 1 : blocked ? (stored.length / length / inner) * blocks * inner : length;
  if (scales.length < Math.floor(needed)) throw new ModelError('A quantized tensor has too few scales.');
  const zeroPointed = zeroPoints.length > 1;
  if (zeroPointed && zeroPoints.length < Math.floor(needed))
    throw new ModelError('A quantized tensor has too few zero points.');
  const values = new Float64Array(stored.length);
  for (let index = 0; index < stored.length; index++) {
    let slice = 0;
    if (axis !== null) {
      const along = Math.floor(index / inner) % length;
      slice = blocked
        ? (Math.floor(index / inner / length) * blocks + Math.floor(along / blockSize)) * inner +
          (index % inner)
        : along;
    }
    const zeroPoint = zeroPointed ? (zeroPoints[slice] ?? Number.NaN) : (zeroPoints[0] ?? 0);
    values[index] = (scales[slice] ?? Number.NaN) * ((stored[index] ?? Number.NaN) - zeroPoint);
  }
  return values;
}
