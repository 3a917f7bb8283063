import { itemAt } from '../../../model/assert';
import { NO_PADDING } from '../../../model/window';
import type { Product } from '../../plan';
import { numberOption } from '../options';
import type { EditedOperator, GraphEditor } from './editor';

/** Number of SAME in the enumeration Padding. */
const SAME = 0;

/** How an operator multiplies stored float weights; null: it does not, or by more than one product. */
export function productOf(editor: GraphEditor, operator: EditedOperator): Product | null {
  const [data = -1, weights = -1] = operator.inputs;
  const stored = editor.constant(weights);
  if (data < 0 || stored?.type !== 'float32' || stored.sparse) return null;
  const { name, shape } = stored;
  const common = { data: editor.name(data), weights: name, shape, channels: -1 };
  switch (operator.op) {
    case 'CONV_2D': {
      const channels = editor.tensor(data).shape?.at(-1) ?? -1;
      const inputs = itemAt(shape, 3);
      // Without the channels of the data nobody knows the groups.
      if (channels < inputs || channels % inputs !== 0) return null;
      const windows = windowsOf(operator, shape);
      return { ...common, groups: channels / inputs, output: 0, input: 3, places: [1, 2], windows };
    }
    case 'DEPTHWISE_CONV_2D': {
      const groups = editor.tensor(data).shape?.at(-1) ?? -1;
      if (groups < 1 || itemAt(shape, 3) % groups !== 0) return null;
      const windows = windowsOf(operator, shape);
      return { ...common, groups, output: 3, input: null, places: [1, 2], windows };
    }
    case 'FULLY_CONNECTED': {
      // One of several axes is read as if they were one.
      if (editor.tensor(data).shape?.at(-1) !== shape[1]) return null;
      return { ...common, groups: 1, output: 0, input: 1, places: [], windows: [] };
    }
    default:
      return null;
  }
}

/** Over height and width of data [N, H, W, C]; weights have them at the same axes. */
function windowsOf({ table }: EditedOperator, shape: readonly number[]): Product['windows'] {
  const same = numberOption(table, 'padding') === SAME;
  return (['H', 'W'] as const).map((side, at) => ({
    axis: at + 1,
    window: {
      kernel: itemAt(shape, at + 1),
      stride: numberOption(table, `stride${side}`),
      dilation: numberOption(table, `dilation${side}Factor`, 1),
      padding: same ? 'same' : NO_PADDING,
    },
  }));
}
