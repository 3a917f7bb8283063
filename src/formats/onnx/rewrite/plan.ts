import { FLOAT16, type Precision } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { ModelPlan, PlanNode, Role } from '../../plan';
import type { NodeProto } from '../onnx_pb';
import { GraphEditor } from './editor';
import { floatPorts } from './float16Types';
import { NormalizationsAsConvolutions } from './normalizations';
import { clampOf, POLICIES, roleOf, staticPrecisions } from './policy';
import { nodeName, operator } from './protos';

/** int8 weights of a product whose input is quantized by its range in each run. */
function dynamic(role: Role | string): Precision {
  // Stacked matrices have one scale.
  const stacked = typeof role !== 'string' && role.kind === 'product' && role.weightAxis === null;
  return { weights: 'int8', activations: 'dynamic', granularity: stacked ? 'tensor' : 'channel' };
}

/** What a normalization is once it is written as a convolution of one element a channel. */
const AS_CONVOLUTION: Role = { kind: 'product', data: [0], weightAxis: 0, biasAxis: 1, givesFloat: false };

/** `Rewriter.plan`. */
export function planModel(cleaned: ModelFile): ModelPlan {
  const editor = new GraphEditor(cleaned);
  const normalizations = new NormalizationsAsConvolutions(editor, cleaned);
  const nodes = editor.nodes();
  const indices = new Map(nodes.map((node, index) => [node, index]));
  return {
    nodes: nodes.map((node): PlanNode => {
      const role = normalizations.mapOf(node) === null ? roleOf(editor, node) : AS_CONVOLUTION;
      const reader = editor.onlyConsumer(node.output[0] ?? '');
      return {
        name: nodeName(node),
        inputs: [...node.input],
        outputs: [...node.output],
        precisions: [
          ...(typeof role === 'string' ? [] : staticPrecisions(role)),
          ...(POLICIES.get(operator(node))?.dynamic === true ? [dynamic(role)] : []),
          ...(typeof floatPorts(node, editor.opset) === 'string' ? [] : [FLOAT16]),
        ],
        role,
        clamp: clampOf(editor, node),
        onlyReader: (reader && indices.get(reader)) ?? null,
        mention: mentionOf(editor, node),
      };
    }),
  };
}

const SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size']);
const WEIGHTED: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'LSTM',
  'GRU',
  'RNN',
]);

function mentionOf(editor: GraphEditor, node: NodeProto): PlanNode['mention'] {
  const op = operator(node);
  if (WEIGHTED.has(op) && node.input.slice(1).some((name) => editor.constant(name))) return 'always';
  return SHAPES.has(op) || POLICIES.get(op)?.static?.kind === 'same-scale' ? 'never' : 'beside int8';
}
