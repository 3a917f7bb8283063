import { expect } from 'vitest';
import type { Product } from '../../../src/formats/plan';
import { itemAt } from '../../../src/model/assert';
import { matrixPlaces, ProductInputs } from '../../../src/quantization/rounding/productInputs';
import type { RuntimeTensor } from '../../../src/runtime/engine';

const ALL = 1e9;
const onlyPlace = () => 0;

/** Checks that what was seen of a product's inputs gives, by its weights, the energy of each output of an engine. */
export function expectEnergies(run: {
  readonly product: Product;
  readonly weights: ArrayLike<number>;
  /** What the product was given, and its shape. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** What the engine gave; the bias is zero. */
  readonly output: RuntimeTensor;
}): void {
  const { product, weights, output } = run;
  const inputs = new ProductInputs(product);
  inputs.add(run.data, run.shape, ALL, onlyPlace);
  const { groups, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
  const axis = product.channels < 0 ? output.shape.length + product.channels : product.channels;
  const inner = output.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let channel = 0; channel < groups * rows; channel++) {
    let energy = 0;
    output.data.forEach((value, index) => {
      if (Math.floor(index / inner) % (groups * rows) === channel) energy += Number(value) ** 2;
    });
    const { lower } = itemAt(itemAt(inputs.grams, Math.floor(channel / rows)), 0).finish();
    const weight = (column: number) =>
      itemAt(weights, itemAt(rowOffsets, channel) + itemAt(columnOffsets, column));
    let expected = 0;
    for (let i = 0, at = 0; i < columnOffsets.length; i++)
      for (let j = 0; j <= i; j++, at++)
        expected += (i === j ? 1 : 2) * itemAt(lower, at) * weight(i) * weight(j);
    expect(expected / energy, `channel ${channel}`).toBeCloseTo(1, 4);
  }
}
