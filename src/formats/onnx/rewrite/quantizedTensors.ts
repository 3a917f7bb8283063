import type { WriteSettings } from '../../rewriter';
import { type QuantizedWeights, quantizeWeights, type WeightGroups, type WeightLimit } from '../../uniform';
import type { TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { shapeOf } from './protos';

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';

/** What is done to weights besides rounding them. */
export interface Scaling {
  /** What the product is multiplied by, such as Gemm's alpha: it goes into the scales. */
  readonly factor: number;
  /** A scale that each group must at least have, the factor in it; null: none. */
  readonly smallest: Float64Array | null;
}

/** Rounded as they are. */
export const UNSCALED: Scaling = { factor: 1, smallest: null };

/** Names of what is stored of weights. */
export interface StoredWeights {
  readonly data: string;
  readonly scale: string;
  /** '': all are what the operator takes for granted. */
  readonly zeroPoint: string;
}

/** Weights in integers, each stored once for all layers that read them in the same form. */
export class QuantizedTensors {
  /** What is stored already, by form and weight. */
  private readonly stored = new Map<string, StoredWeights>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly settings: Pick<WriteSettings, 'quantizedWeights'>,
  ) {}

  /**
   * The integers of a float tensor, in its own order: those that were given, or rounded to the nearest where none were,
   * or where their scales are too small.
   */
  integersOf(
    weight: TensorProto,
    groups: WeightGroups,
    limit: WeightLimit,
    { factor, smallest }: Scaling = UNSCALED,
  ): QuantizedWeights {
    const size = Math.abs(factor);
    const least = smallest?.map((scale) => scale / size) ?? null;
    const given = this.settings.quantizedWeights.get(weight.name);
    const fits =
      given !== undefined &&
      (least === null || given.scales.every((scale, i) => scale >= (least[i] ?? Number.NaN)));
    const weights = fits ? given : quantizeWeights(this.editor.weightValues(weight), groups, limit, least);
    if (factor === 1) return weights;
    // The other sign of −8 would not fit; scales of such weights have signs anyway.
    if (limit === 'int4 full') return { ...weights, scales: weights.scales.map((scale) => scale * factor) };
    return {
      ...weights,
      values: factor < 0 ? weights.values.map((value) => -value) : weights.values,
      scales: weights.scales.map((scale) => scale * size),
    };
  }

  /**
   * Stores int8 weights.
   * @param form what distinguishes them from others of the same tensor
   * @param shape of the integers
   * @param scaleShape of scales and zero points
   */
  store(
    weight: TensorProto,
    form: string,
    { values, scales, zeroPoints }: QuantizedWeights,
    shape: readonly number[],
    scaleShape: readonly number[],
  ): StoredWeights {
    const { editor } = this;
    return this.once(weight, form, () => {
      const data = editor.uniqueName(`${weight.name}_int8`);
      const zeros = zeroPoints ?? new Int8Array(scales.length);
      return {
        data: this.constant(makeTensor(data, 'int8', shape, bytesOf(values))),
        scale: this.constant(makeFloatTensor(editor.uniqueName(`${data}_scale`), scaleShape, scales)),
        zeroPoint: this.constant(
          makeTensor(editor.uniqueName(`${data}_zero_point`), 'int8', scaleShape, bytesOf(zeros)),
        ),
      };
    });
  }

  /** What is known under a form of a weight, else what `make` stores. */
  once(weight: TensorProto, form: string, make: () => StoredWeights): StoredWeights {
    const key = `${form} ${weight.name}`;
    const known = this.stored.get(key) ?? make();
    this.stored.set(key, known);
    return known;
  }

  /** Stores a tensor and gives its name. */
  constant(tensor: TensorProto): string {
    this.editor.setConstant(tensor);
    return tensor.name;
  }
}

/** Rows and columns that are turned at once: what is read and what is written then lie in the processor's cache. */
const TURNED = 64;

/** A matrix [rows, columns], row by row, turned around. */
export function transposed<T extends Int8Array | Float32Array>(values: T, rows: number, columns: number): T {
  const result = new (values.constructor as new (length: number) => T)(values.length);
  for (let top = 0; top < rows; top += TURNED)
    for (let left = 0; left < columns; left += TURNED) {
      const bottom = Math.min(rows, top + TURNED);
      const right = Math.min(columns, left + TURNED);
      for (let row = top; row < bottom; row++)
        for (let column = left; column < right; column++)
          result[column * rows + row] = values[row * columns + column] as number;
    }
  return result;
}

/** The bytes that an array consists of. */
export function bytesOf(array: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Sizes of a matrix. */
export function matrixShape(weight: TensorProto): [number, number] {
  const [rows, columns] = shapeOf(weight);
  if (rows === undefined || columns === undefined) throw new RangeError(`${weight.name} is no matrix.`);
  return [rows, columns];
}
