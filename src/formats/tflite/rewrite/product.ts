import { itemAt } from '../../../model/assert';
import type { Product } from '../../plan';
import { type Axis, windowAlong } from '../operators/convolution';
import { numberOption } from '../options';
import type { EditedOperator, GraphEditor } from './editor';
import { POLICIES } from './policy';

/** Axes of the data that windows move over, and of the weights that hold their places: [N, H, W, C] by [?, H, W, ?]. */
const SIDES: readonly (readonly [axis: number, name: Axis])[] = [
  [1, 'H'],
  [2, 'W'],
];

/** How an operator multiplies stored float weights; null: it does not, or by another sum than `Product` says. */
export function productOf(editor: GraphEditor, operator: EditedOperator): Product | null {
  const { op, inputs, table } = operator;
  const places = POLICIES.get(op)?.product;
  if (places === undefined) return null;
  const data = itemAt(inputs, 0);
  const weights = editor.constant(inputs[places.weights]);
  if (weights === undefined || weights.type !== 'float32' || weights.sparse) return null;
  const { shape } = weights;
  const channels = editor.tensor(data).shape?.at(-1) ?? -1;
  const bias = inputs[places.bias] ?? -1;
  const common = {
    data: editor.name(data),
    weights: weights.name,
    bias: bias < 0 ? null : editor.name(bias),
    shape,
    output: places.axis,
    channels: -1,
  };
  const windowed = {
    ...common,
    places: SIDES.map(([axis]) => axis),
    windows: SIDES.map(([axis, name]) => ({ axis, window: windowAlong(table, name, shape[axis] ?? null) })),
  };
  switch (op) {
    case 'CONV_2D': {
      const groups = channels / (shape[3] ?? 0);
      if (shape.length !== 4 || !Number.isInteger(groups) || groups < 1) return null;
      return { ...windowed, groups, input: 3 };
    }
    case 'DEPTHWISE_CONV_2D':
      if (shape.length !== 4 || channels < 1 || (shape[3] ?? 0) % channels !== 0) return null;
      return { ...windowed, groups: channels, input: null };
    case 'FULLY_CONNECTED':
      // Data of several axes may be read as rows of another length than its last axis.
      if (shape.length !== 2 || channels !== shape[1] || numberOption(table, 'weightsFormat') !== 0)
        return null;
      return { ...common, groups: 1, input: 1, places: [], windows: [] };
    default:
      return null;
  }
}
