import type { Product } from '../../formats/plan';
import { itemAt } from '../../model/assert';
import { slidLength, type Window } from '../../model/window';
import { GramMatrix } from './gram';

/**
 * Columns that are treated together: the time grows with their cube, and errors are moved among some thousand well
 * enough. More are divided in equal parts.
 */
const COLUMNS = 1024;

/** Strides of a dense tensor: elements from one index of an axis to the next. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = itemAt(strides, axis + 1) * itemAt(shape, axis + 1);
  return strides;
}

/** Every combination of an index for each size, the last one fastest, as sums of `index · stride`. */
function offsets(sizes: readonly number[], strides: readonly number[]): Int32Array {
  let result = Int32Array.of(0);
  sizes.forEach((size, axis) => {
    const stride = itemAt(strides, axis);
    const longer = new Int32Array(result.length * size);
    for (let i = 0, at = 0; i < result.length; i++)
      for (let index = 0; index < size; index++, at++) longer[at] = (result[i] as number) + index * stride;
    result = longer;
  });
  return result;
}

/** The weights of a product as one matrix a group: where its rows and columns are in the tensor. */
export interface MatrixPlaces {
  readonly groups: number;
  /** Outputs of a group. */
  readonly rows: number;
  /** Offset of each output's weights, group after group. */
  readonly rowOffsets: Int32Array;
  /** Offset of each column from there: input channels, and within each the places of the window, the last axis fastest. */
  readonly columnOffsets: Int32Array;
}

/** Rows and columns of a product's weights, group by group; offsets are counted in elements, from the first of them. */
export function matrixPlaces({ shape, groups, output, input, places }: Product): MatrixPlaces {
  const strides = stridesOf(shape);
  const at = (axes: readonly number[]) =>
    offsets(
      axes.map((axis) => itemAt(shape, axis)),
      axes.map((axis) => itemAt(strides, axis)),
    );
  return {
    groups,
    rows: itemAt(shape, output) / groups,
    rowOffsets: at([output]),
    columnOffsets: at([...(input === null ? [] : [input]), ...places]),
  };
}

/** Columns [from, to) that are treated together. */
export function columnParts(columns: number): { readonly from: number; readonly to: number }[] {
  const count = Math.ceil(columns / COLUMNS);
  const edge = (part: number) => Math.round((columns * part) / count);
  return Array.from({ length: count }, (_, part) => ({ from: edge(part), to: edge(part + 1) }));
}

/** What was seen of a product's inputs: for each group, and each part of its columns, Σ x·xᵀ. */
export class ProductInputs {
  readonly grams: readonly (readonly GramMatrix[])[];
  /** Weights of an output. */
  readonly columns: number;

  constructor(private readonly product: Product) {
    const { groups, columnOffsets } = matrixPlaces(product);
    this.columns = columnOffsets.length;
    const parts = columnParts(this.columns);
    this.grams = Array.from({ length: groups }, () => parts.map(({ from, to }) => new GramMatrix(to - from)));
  }

  /**
   * Adds what the weights meet at some of the places of the output.
   * @param data the product's data, dense
   * @param count places at most, chosen by `random` in [0, 1)
   */
  add(data: Float32Array, shape: readonly number[], count: number, random: () => number): void {
    const { product, columns } = this;
    const channelAxis = product.channels < 0 ? shape.length + product.channels : product.channels;
    const strides = stridesOf(shape);
    const slides = product.windows.map(
      ({ axis, window }) => new Slide(window, itemAt(shape, axis), itemAt(strides, axis)),
    );
    const others = shape.flatMap((_, axis) =>
      axis === channelAxis || product.windows.some((slide) => slide.axis === axis) ? [] : [axis],
    );
    const batch = offsets(
      others.map((axis) => itemAt(shape, axis)),
      others.map((axis) => itemAt(strides, axis)),
    );
    const places = slides.reduce((all, { places }) => all * places, batch.length);
    const kernel = slides.reduce((all, { kernel }) => all * kernel, 1);
    const channels = columns / kernel;
    const channelStride = itemAt(strides, channelAxis);
    const taken = Math.min(count, places);
    /** By element of the window, where it is in the first channel at each place; negative: on the padding. */
    const inside = new Int32Array(kernel * taken);
    for (let n = 0; n < taken; n++) {
      // One from each of equal stretches, so that no place is taken twice.
      const place = Math.floor(((n + random()) * places) / taken);
      const start = itemAt(batch, place % batch.length);
      windowOffsets(slides, Math.floor(place / batch.length), kernel).forEach((offset, k) => {
        inside[k * taken + n] = offset < 0 ? -1 : start + offset;
      });
    }
    // All places of a channel one after the other: they lie near each other, and channels do not.
    const vectors = new Float32Array(columns * taken);
    this.grams.forEach((parts, group) => {
      for (let c = 0, at = 0; c < channels; c++) {
        const from = (group * channels + c) * channelStride;
        for (let k = 0; k < inside.length; k++, at++) {
          const offset = inside[k] as number;
          vectors[at] = offset < 0 ? 0 : (data[from + offset] as number);
        }
      }
      let first = 0;
      for (const gram of parts) {
        gram.add(vectors, taken, first);
        first += gram.size;
      }
    });
  }
}

/** A window on one axis of data whose length is known. */
class Slide {
  readonly kernel: number;
  readonly places: number;
  private readonly before: number;

  constructor(
    private readonly window: Window,
    private readonly length: number,
    private readonly stride: number,
  ) {
    const { kernel, padding, dilation = 1 } = window;
    this.kernel = kernel ?? 1;
    this.places = slidLength(length, window) ?? 0;
    const reach = (this.kernel - 1) * dilation + 1;
    const missing = Math.max(0, (this.places - 1) * window.stride + reach - length);
    this.before = padding === 'same' ? Math.floor(missing / 2) : padding[0];
  }

  /** Offset of an element of the window at a place; negative: it lies on the padding. */
  offset(place: number, element: number): number {
    const { stride, dilation = 1 } = this.window;
    const index = place * stride - this.before + element * dilation;
    return index < 0 || index >= this.length ? -1 : index * this.stride;
  }
}

/** Offsets of all elements of windows at a place, the last axis fastest; negative: on the padding. */
function windowOffsets(slides: readonly Slide[], place: number, kernel: number): Int32Array {
  const result = new Int32Array(kernel);
  let rest = place;
  let repeat = 1;
  for (let axis = slides.length - 1; axis >= 0; axis--) {
    const slide = itemAt(slides, axis);
    const own = rest % slide.places;
    rest = Math.floor(rest / slide.places);
    for (let k = 0; k < result.length; k++) {
      const offset = slide.offset(own, Math.floor(k / repeat) % slide.kernel);
      result[k] = offset < 0 || (result[k] as number) < 0 ? -1 : (result[k] as number) + offset;
    }
    repeat *= slide.kernel;
  }
  return result;
}
