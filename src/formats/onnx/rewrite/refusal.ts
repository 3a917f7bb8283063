import type { Inference } from '../../../model/inference';
import { factsOf, isCalibrated, type Recipe } from '../../../protocol/recipes';
import type { ModelFile } from '../../format';
import { HALVES_ALREADY } from '../../rewriter';
import type { NodeProto } from '../onnx_pb';
import { bodiesOf, isDefaultDomain, nodeName, onnxFile, operator, opsetOf } from './protos';
import { lookAt, opsetRefusal } from './raiseOpset';

/** Operators that only a quantized model has. */
const QUANTIZED =
  /^(com\.microsoft\.)?(Quantize|Dequantize|DynamicQuantize|QLinear|QGemm|QAttention|QMoE|QOrdered|MatMulInteger|ConvInteger|MatMulNBits|MatMulBnb4|GatherBlockQuantized|BlockwiseQuantize)/;

/** Domains whose operators ONNX Runtime brings. */
const ENGINE_DOMAINS: ReadonlySet<string> = new Set([
  'ai.onnx.ml',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'ai.onnx.training',
  'com.microsoft',
]);

/** What an engine writes when it stores a model as it is laid out for one kind of processor. */
const LAYOUT_DOMAIN = 'com.microsoft.nchwc';

/** The first that has DynamicQuantizeLinear. */
const FIRST_DYNAMIC_OPSET = 11;

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);
const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'com.microsoft.FusedConv']);
const PRODUCTS: ReadonlySet<string> = new Set([
  'MatMul',
  'Gemm',
  'com.microsoft.FusedMatMul',
  'com.microsoft.FusedGemm',
  'com.microsoft.Attention',
]);

/** Operators that each recipe makes smaller; others are not made of this format. */
const TARGETS: Partial<Record<Recipe, ReadonlySet<string>>> = {
  int8: new Set(['Conv', 'Gemm', 'MatMul', 'com.microsoft.FusedConv']),
  'int8-dynamic': new Set(['Gemm', 'MatMul', 'LSTM', 'com.microsoft.Attention']),
  'int8-weights': new Set(['Conv', 'Gemm', 'MatMul', 'com.microsoft.FusedConv']),
  'int4-weights': new Set(['Gemm', 'MatMul']),
};

const NO_INT16 =
  'ONNX Runtime has no kernels for activations in 16-bit integers: it computes such layers in float and converts around them, which is slower than float alone.';

/** Why a model cannot be quantized, in a sentence for people; null when it can. */
export function refusal(file: ModelFile, recipe: Recipe): string | null {
  if (factsOf(recipe).activations.includes('int16')) return NO_INT16;
  const { proto } = onnxFile(file);
  const nodes = proto.graph?.node ?? [];
  const functions = new Set(proto.functions.map(({ domain, name }) => `${domain}.${name}`));
  const all = [...withBodies(nodes), ...proto.functions.flatMap((definition) => withBodies(definition.node))];
  for (const node of all) {
    const op = operator(node);
    if (node.domain === LAYOUT_DOMAIN)
      return `The model was saved as ONNX Runtime lays it out for one processor (${op}); quantize the model that it was made from.`;
    if (isDefaultDomain(node.domain) || ENGINE_DOMAINS.has(node.domain) || functions.has(op)) continue;
    return `Node ${nodeName(node)} is a ${node.opType} of the domain ${node.domain}, which ONNX Runtime cannot run.`;
  }
  if (recipe === 'float32') return null;
  const quantized = all.find((node) => QUANTIZED.test(operator(node)));
  if (quantized)
    return `The model is quantized already: node ${nodeName(quantized)} is a ${operator(quantized)}.`;
  if (recipe === 'float16') return float16Refusal(file);
  if (recipe !== 'int8-dynamic' || opsetOf(proto) < FIRST_DYNAMIC_OPSET) {
    let inference: Inference | undefined;
    const look = lookAt(file, () => {
      inference ??= file.infer({ dims: {}, shapes: {} });
      return inference;
    });
    const reason = opsetRefusal(opsetOf(proto), nodes, look);
    if (reason !== null) return `The model cannot be quantized to ${recipe}. ${reason}`;
  }
  const targets = TARGETS[recipe === 'int8-all' ? 'int8' : recipe];
  const looked = isCalibrated(recipe) ? nodes : withBodies(nodes);
  if (targets === undefined || looked.some((node) => targets.has(operator(node)))) return null;
  return withBodies(nodes).some((node) => targets.has(operator(node)))
    ? `All layers that could be quantized are in bodies of control flow, where ranges are not observed; int8-dynamic, int8-weights, int4-weights and float16 need none.`
    : `The model has none of the operators that ${recipe} quantizes (${[...targets].filter((op) => !op.includes('.')).join(', ')}).`;
}

function float16Refusal(file: ModelFile): string | null {
  const graphs = [file.model.graph];
  for (const { nodes } of graphs)
    for (const { bodies } of nodes) graphs.push(...bodies.map((body) => body.graph));
  // Sizes and the like are float32 beside weights of any type.
  const weights = graphs.flatMap((graph) => file.parameterTensors(graph).map(({ tensor }) => tensor.type));
  if (weights.includes('float16') && !weights.includes('float32')) return HALVES_ALREADY;
  const stored = graphs.flatMap(({ constants }) => [...constants.values()]);
  return stored.some(({ type }) => type === 'float32') ? null : 'The model has no float32 weights.';
}

/** The recipe that fits a model, and why. */
export function suggest(file: ModelFile): { recipe: Recipe; reason: string } {
  const nodes = withBodies(onnxFile(file).proto.graph?.node ?? []);
  const count = (ops: ReadonlySet<string>) => nodes.filter((node) => ops.has(operator(node))).length;
  const convolutions = count(CONVOLUTIONS);
  const recurrent = count(RECURRENT);
  const products = count(PRODUCTS);
  if (convolutions > 0 && convolutions >= products + recurrent)
    return { recipe: 'int8', reason: 'a convolutional network' };
  if (recurrent > 0) return { recipe: 'int8-dynamic', reason: 'a recurrent network' };
  if (products > 0) {
    const attends = nodes.some((node) => /Attention|Softmax|LayerNormalization/.test(node.opType));
    return {
      recipe: 'int8-dynamic',
      reason: attends ? 'a transformer-like network' : 'a network of matrix products',
    };
  }
  return { recipe: 'float16', reason: 'no convolution or matrix product in its main graph' };
}

/** Nodes and those of the bodies in them; the reader bounds how deep they nest. */
function withBodies(nodes: readonly NodeProto[]): NodeProto[] {
  return nodes.flatMap((node) => [node, ...bodiesOf(node).flatMap((body) => withBodies(body.node))]);
}
