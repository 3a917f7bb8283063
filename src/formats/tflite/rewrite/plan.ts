import { itemAt } from '../../../model/assert';
import type { Tensor } from '../../../model/model';
import type { Precision } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { ModelPlan, PlanNode, Role } from '../../plan';
import { numberOption } from '../options';
import { scalingOf } from './channelwise';
import { type EditedOperator, GraphEditor } from './editor';
import { withoutIdleIslands } from './islands';
import { BETTER_IN_FLOAT, FOLDED_ACTIVATIONS, kindOf, POLICIES, type Policy, type Product } from './policy';
import { productOf } from './product';
import { DYNAMIC_LSTM, lstmRefusal, weightsOf } from './weights';

/** `Rewriter.plan`. */
export function planModel(cleaned: ModelFile): ModelPlan {
  const editor = new GraphEditor(cleaned);
  const { graph } = cleaned.model;
  const nodes = graph.nodes.map((node, index): PlanNode => {
    const operator = editor.operators[index] as EditedOperator;
    const role = roleOf(editor, operator);
    const weights = weightsOf(editor, operator);
    const dynamic = dynamicOf(editor, operator, weights.length > 0);
    return {
      id: node.id,
      name: node.name,
      inputs: node.inputs,
      outputs: node.outputs,
      precisions: [
        ...(typeof role === 'string' ? [] : staticPrecisions(operator, role)),
        ...(typeof dynamic === 'string' || dynamic === null ? [] : [dynamic]),
        ...(weights.length === 0 ? [] : WEIGHT_PRECISIONS),
      ],
      refusals: {
        ...(typeof role === 'string' && { static: role }),
        ...(typeof dynamic === 'string' && { dynamic }),
      },
      role: typeof role === 'string' ? null : role,
      // Activation functions are folded into layers by the file already.
      clamp: null,
      ...scalingOf(editor, operator),
      onlyReader: null,
      product: productOf(editor, operator),
      mention: mentionOf(editor, operator),
    };
  });
  return {
    integersThroughout: true,
    nodes: withoutIdleIslands(
      nodes,
      (name) => graph.constants.has(name),
      (index) => itemAt(editor.operators, index).op,
    ),
  };
}

const WEIGHT_PRECISIONS: readonly Precision[] = [
  { weights: 'int8', activations: 'float32', granularity: 'channel' },
  { weights: 'int4', activations: 'float32', granularity: 'channel' },
  { weights: 'float16', activations: 'float32', granularity: 'tensor' },
];

function staticPrecisions({ op }: EditedOperator, role: Role): Precision[] {
  const policy = POLICIES.get(op);
  const granularities = role.kind !== 'product' || policy?.product?.perTensor ? PER_TENSOR_TOO : PER_CHANNEL;
  const types = policy?.int16 === undefined ? INT8 : INT8_AND_INT16;
  return types.flatMap((activations) =>
    (role.kind === 'product' ? granularities : PER_TENSOR).map(
      (granularity): Precision => ({
        weights: 'int8',
        activations,
        granularity,
      }),
    ),
  );
}

const INT8 = ['int8'] as const;
const INT8_AND_INT16 = ['int8', 'int16'] as const;
const PER_CHANNEL = ['channel'] as const;
const PER_TENSOR = ['tensor'] as const;
const PER_TENSOR_TOO = ['channel', 'tensor'] as const;

/** The part of an operator in a graph of integers, else why it has none. */
function roleOf(editor: GraphEditor, operator: EditedOperator): Role | string {
  const { op } = operator;
  const policy = POLICIES.get(op);
  if (policy === undefined) return BETTER_IN_FLOAT.get(op) ?? `${op} has no int8 kernel`;
  const places = dataPlaces(operator, policy);
  const data = places.filter((at) => editor.constant(operator.inputs[at]) === undefined);
  const reason = plainRefusal(editor, operator, places, data);
  if (reason !== null) return reason;
  if (policy.scale === 'of the input' && !data.includes(places[0] ?? -1)) return CONSTANT;
  const product = policy.product;
  const refusal = product && productRefusal(editor, operator, product);
  if (refusal) return refusal;
  const rank = editor.tensor(operator.outputs[0] ?? 0).shape?.length ?? 0;
  return {
    kind: kindOf(policy),
    data,
    weightAxis: product?.axis ?? null,
    // The last axis; also where the layer has no bias, as the kernel then takes one.
    biasAxis: product ? rank - 1 : null,
    ...(policy.outputRange && { outputRange: policy.outputRange }),
    givesFloat: false,
  };
}

/** Places of all activations of an operator, constants among them. */
export function dataPlaces({ inputs }: Pick<EditedOperator, 'inputs'>, { data }: Policy): readonly number[] {
  return data === 'all' ? inputs.map((_, at) => at) : data;
}

const CONSTANT = 'its input is a constant';

function plainRefusal(
  editor: GraphEditor,
  operator: EditedOperator,
  places: readonly number[],
  data: readonly number[],
): string | null {
  const tensors = [...places.map((at) => operator.inputs[at] ?? -1), ...operator.outputs];
  if (tensors.some((index) => index < 0)) return 'it leaves out an input that its integer kernel needs';
  if (tensors.some((index) => (editor.tensor(index).type ?? 0) !== FLOAT32))
    return 'it does not work on float32';
  if (tensors.some((index) => editor.tensor(index).isVariable)) return 'it works on what the model remembers';
  if (data.length === 0) return 'its inputs are constants';
  const activation = numberOption(operator.table, 'fusedActivationFunction');
  return FOLDED_ACTIVATIONS.has(activation)
    ? null
    : 'no int8 kernel has the activation function that it holds';
}

const FLOAT32 = 0;

function productRefusal(
  editor: GraphEditor,
  { inputs, outputs }: EditedOperator,
  product: Product,
): string | null {
  const weights = editor.constant(inputs[product.weights]);
  if (weights === undefined) return 'its weights are computed while it runs';
  const refusal = storedRefusal(weights);
  if (refusal !== null) return refusal;
  const bias = inputs[product.bias] ?? -1;
  if (bias < 0) return null;
  const stored = editor.constant(bias);
  if (stored === undefined) return 'its bias is computed while it runs';
  const channels = weights.shape[product.axis];
  const given = editor.tensor(outputs[0] ?? 0).shape?.at(-1);
  return stored.type === 'float32' && stored.storedElements === channels && (given ?? channels) === channels
    ? null
    : 'its bias is not one float32 a channel';
}

function storedRefusal({ type, sparse, location }: Tensor): string | null {
  if (sparse) return 'its weights are stored sparsely';
  if (type !== 'float32') return 'its weights are not float32';
  return location === null ? 'its weights cannot be read' : null;
}

/** int8 weights with activations quantized in each run; why not; null: it has no weights, or too few. */
function dynamicOf(
  editor: GraphEditor,
  operator: EditedOperator,
  hasWeights: boolean,
): Precision | string | null {
  if (!hasWeights) return null;
  const { op } = operator;
  if (DYNAMIC_LSTM.has(op))
    return (
      lstmRefusal(editor, operator) ?? { weights: 'int8', activations: 'dynamic', granularity: 'tensor' }
    );
  const product = POLICIES.get(op)?.product;
  if (product?.dynamic)
    return {
      weights: 'int8',
      activations: 'dynamic',
      granularity: product.dynamicPerTensor && hasState(editor) ? 'tensor' : 'channel',
    };
  return `${op} has no kernel for int8 weights and float activations`;
}

/**
 * The graph remembers something from run to run. Only interpreters run such a model, older ones among them, that know no
 * product with float activations and a scale for each channel.
 */
function hasState({ tensors }: GraphEditor): boolean {
  return tensors.some(({ isVariable }) => isVariable);
}

function mentionOf(editor: GraphEditor, operator: EditedOperator): PlanNode['mention'] {
  if (weightsOf(editor, operator).length > 0) return 'always';
  const isFloat = operator.outputs.some(
    (index) => index >= 0 && (editor.tensor(index).type ?? 0) === FLOAT32,
  );
  return isFloat && POLICIES.get(operator.op)?.scale !== 'of the input' ? 'beside int8' : 'never';
}
