import { itemAt, present } from '../../../model/assert';
import { FLOAT16 } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { ModelPlan, PlanNode, Role } from '../../plan';
import type { NodeProto } from '../onnx_pb';
import { GraphEditor } from './editor';
import { floatPorts } from './float16Types';
import { NormalizationsAsConvolutions } from './normalizations';
import { clampOf, otherPrecisions, POLICIES, roleOf, staticPrecisions } from './policy';
import { productOf } from './product';
import { operator } from './protos';

/** What a normalization is once it is written as a convolution of one element a channel. */
const AS_CONVOLUTION: Role = { kind: 'product', data: [0], weightAxis: 0, biasAxis: 1, givesFloat: false };

/** `Rewriter.plan`. */
export function planModel(cleaned: ModelFile): ModelPlan {
  const editor = new GraphEditor(cleaned);
  const normalizations = new NormalizationsAsConvolutions(editor, cleaned);
  const nodes = editor.nodes();
  const indices = new Map(nodes.map((node, index) => [node, index]));
  return {
    nodes: nodes.map((node, index): PlanNode => {
      const role = normalizations.mapOf(node) === null ? roleOf(editor, node) : AS_CONVOLUTION;
      const reader = editor.onlyConsumer(node.output[0] ?? '');
      const { id, name } = itemAt(cleaned.model.graph.nodes, index);
      const { precisions, refusals } = otherPrecisions(editor, node);
      return {
        id,
        name,
        inputs: [...node.input],
        outputs: [...node.output],
        precisions: [
          ...(typeof role === 'string' ? [] : staticPrecisions(role)),
          ...precisions,
          ...(typeof floatPorts(node, editor.opset) === 'string' ? [] : [FLOAT16]),
        ],
        refusals: { ...refusals, ...(typeof role === 'string' ? { static: role } : {}) },
        role: typeof role === 'string' ? null : role,
        clamp: clampOf(editor, node),
        onlyReader: reader === undefined ? null : present(indices.get(reader), `index of ${reader.name}`),
        product: productOf(editor, node),
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
