import { tensor, type Value } from '../../value';
import { stringAttribute } from '../attributes';
import { type Context, input, type Operator, type Operators } from './operator';

/** Mean or sum over all, or a loss for each target; then what its logarithm was taken of. */
function loss(context: Context): readonly Value[] {
  const [scores, targets] = [input(context, 0), input(context, 1)];
  const each = stringAttribute(context.node, 'reduction', 'mean') === 'none';
  return [tensor(scores.type, each ? targets.shape : []), tensor(scores.type, scores.shape)];
}

/** Inputs: rate, step, then tensors, their gradients, and states of each; outputs: the new tensors and states. */
function optimizer(states: number): Operator {
  return {
    infer({ inputs }) {
      const tensors = inputs.slice(2);
      const count = Math.floor(tensors.length / (states + 2));
      const kept = [...tensors.slice(0, count), ...tensors.slice(2 * count)];
      return kept.map((one) => tensor(one?.type ?? null, one?.shape ?? null));
    },
  };
}

export const training: Operators = {
  NegativeLogLikelihoodLoss: { infer: loss, works: 'input' },
  SoftmaxCrossEntropyLoss: { infer: loss, works: 'input' },
  'ai.onnx.preview.training.Adagrad': optimizer(1),
  'ai.onnx.preview.training.Adam': optimizer(2),
  'ai.onnx.preview.training.Momentum': optimizer(1),
};
