import type { CarefulRounding } from '../../formats/rewriter';
import { itemAt } from '../../model/assert';
import { ErrorCompensation } from '../rounding/compensatedRounding';
import { columnParts, matrixPlaces, type ProductInputs } from '../rounding/productInputs';
import type { MatchedWeight } from './matchedWeights';

/**
 * Rounds a weight with error compensation by what its counterpart in the twin is given. The twin's factors are the same
 * for all of an output's weights, so that errors make up for each other in either of the two.
 */
export function carefulRounding(
  { product, places }: MatchedWeight & { readonly product: Exclude<MatchedWeight['product'], null> },
  inputs: ProductInputs,
): CarefulRounding {
  return (values, grid) => {
    const codes = new Int16Array(values.length);
    const { groups, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
    for (let group = 0; group < groups; group++) {
      columnParts(columnOffsets.length).forEach(({ from, to }, part) => {
        const columns = to - from;
        const own = new Int32Array(rows * columns);
        for (let row = 0, i = 0; row < rows; row++) {
          const first = itemAt(rowOffsets, group * rows + row);
          for (let column = from; column < to; column++)
            own[i++] = itemAt(places, first + itemAt(columnOffsets, column));
        }
        const at = (i: number) => own[i] as number;
        const gram = itemAt(itemAt(inputs.grams, group), part).finish();
        const rounded = new ErrorCompensation(gram).round(
          { values: Float32Array.from(own, (place) => values[place] as number), rows, columns },
          {
            nearest: (i, value) => grid.nearest(at(i), value),
            real: (i, code) => grid.real(at(i), code),
          },
        );
        for (let i = 0; i < own.length; i++) codes[at(i)] = rounded[i] as number;
      });
    }
    return codes;
  };
}
