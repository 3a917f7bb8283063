import type { EditedOperator, GraphEditor } from './editor';
import { POLICIES } from './policy';

/** Where an operator has weights that can be stored in fewer bits, and the axis along which their scales change. */
export interface WeightPlace {
  readonly input: number;
  /** null: one scale for all. */
  readonly axis: number | null;
}

/** Fewer weights save less than their scales take: what TensorFlow's converter leaves as it is, too. */
export const FEW_WEIGHTS = 1024;

const from = (first: number, last: number, axis: number | null): WeightPlace[] =>
  Array.from({ length: last - first + 1 }, (_, at) => ({ input: first + at, axis }));

/** Gates' weights for the input and for the state, and the projection; biases and peepholes stay. */
const LSTM = [...from(1, 8, 0), { input: 16, axis: 0 }];

/** By operator, besides products with a policy of their own. */
const PLACES: ReadonlyMap<string, readonly WeightPlace[]> = new Map([
  ['CONV_3D', [{ input: 1, axis: 4 }]],
  ['CONV_3D_TRANSPOSE', [{ input: 1, axis: null }]],
  ['BATCH_MATMUL', from(0, 1, null)],
  ['EMBEDDING_LOOKUP', [{ input: 1, axis: 0 }]],
  ['GATHER', [{ input: 0, axis: 0 }]],
  ['LSTM', LSTM],
  ['UNIDIRECTIONAL_SEQUENCE_LSTM', LSTM],
  ['BIDIRECTIONAL_SEQUENCE_LSTM', [...from(1, 8, 0), ...from(18, 25, 0)]],
  ['RNN', from(1, 2, 0)],
  ['UNIDIRECTIONAL_SEQUENCE_RNN', from(1, 2, 0)],
  ['SVDF', from(1, 2, 0)],
]);

/** Versions of operators that multiply float activations by int8 weights with one scale (hybrid kernels). */
export const DYNAMIC_LSTM: ReadonlyMap<string, number> = new Map([
  ['LSTM', 4],
  ['UNIDIRECTIONAL_SEQUENCE_LSTM', 3],
]);

/** Peepholes and the coefficients of layer normalization, which those kernels want in other types. */
const LSTM_EXTRAS = [9, 10, 11, 20, 21, 22, 23];

/** The operator's stored float32 weights; without those that are so few that nothing is saved. */
export function weightsOf(editor: GraphEditor, operator: EditedOperator): WeightPlace[] {
  const product = POLICIES.get(operator.op)?.product;
  const places = product ? [{ input: product.weights, axis: product.axis }] : (PLACES.get(operator.op) ?? []);
  return places.filter(({ input }) => {
    const tensor = editor.constant(operator.inputs[input]);
    return tensor?.type === 'float32' && !tensor.sparse && tensor.storedElements >= FEW_WEIGHTS;
  });
}

/** Why an LSTM's kernel for int8 weights cannot take this one; null: it can. */
export function lstmRefusal(editor: GraphEditor, { inputs }: EditedOperator): string | null {
  if (LSTM_EXTRAS.some((at) => (inputs[at] ?? -1) >= 0))
    return 'its kernel for int8 weights knows no peepholes and no layer normalization';
  const gates = LSTM.filter(({ input }) => (inputs[input] ?? -1) >= 0);
  return gates.every(({ input }) => editor.constant(inputs[input])?.type === 'float32')
    ? null
    : 'its weights are not stored in float32';
}
