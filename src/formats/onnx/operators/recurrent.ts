import type { Shape } from '../../../model/dataType';
import { dimension, product, sum, tensor } from '../../value';
import { intAttribute, stringAttribute } from '../attributes';
import { type Context, input, type Operator, type Operators } from './operator';

/**
 * X is [steps, batch, in], with `layout` 1 [batch, steps, in]; W and R hold one matrix for each gate.
 * MACs: in each step, for each direction and sequence, gates · hidden · (in + hidden).
 */
function recurrent(gates: number, hiddenAxis: number): Operator {
  const sizes = (context: Context) => {
    const data = input(context, 0);
    const swapped = intAttribute(context.node, 'layout', 0) !== 0;
    return {
      swapped,
      steps: dimension(data, swapped ? 1 : 0),
      batch: dimension(data, swapped ? 0 : 1),
      width: dimension(data, 2),
      hidden: intAttribute(context.node, 'hidden_size') ?? dimension(input(context, 2), hiddenAxis),
      directions: stringAttribute(context.node, 'direction', 'forward') === 'bidirectional' ? 2 : 1,
    };
  };
  return {
    infer(context) {
      const { swapped, steps, batch, hidden, directions } = sizes(context);
      const { type } = input(context, 0);
      const all: Shape = swapped ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
      const last: Shape = swapped ? [batch, directions, hidden] : [directions, batch, hidden];
      return [tensor(type, all), tensor(type, last), tensor(type, last)];
    },
    macs(context) {
      const { steps, batch, width, hidden, directions } = sizes(context);
      return product([steps, batch, directions, gates, hidden, sum([width, hidden])]);
    },
  };
}

export const recurrents: Operators = {
  RNN: recurrent(1, -1),
  GRU: recurrent(3, -1),
  LSTM: recurrent(4, -1),
  /** Its weights are turned: R is [directions, hidden, 4 · hidden]. */
  'com.microsoft.DynamicQuantizeLSTM': recurrent(4, 1),
};
