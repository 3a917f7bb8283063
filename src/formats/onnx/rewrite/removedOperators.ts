import { floatAttribute, floatsAttribute, intAttribute, intsAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeInt64Tensor, makeNode } from '../writing/make';
import { nodeName, operator } from './protos';

/** What takes the place of a node: constants with names of their own. */
export interface Constants {
  constant(role: string, value: TensorProto): string;
  fresh(role: string): string;
}

/** Operators of ONNX's first, experimental sets that no later one has, and that no engine can run under another name. */
const WITHOUT_SUCCESSOR: ReadonlySet<string> = new Set([
  'ATen',
  'ConstantFill',
  'GivenTensorFill',
  'GRUUnit',
]);

/** Why a node cannot be written for later operator sets, in a sentence; null when it can. */
export function removalOf(node: NodeProto): string | null {
  return WITHOUT_SUCCESSOR.has(operator(node))
    ? `Node ${nodeName(node)} is an experimental ${node.opType}, which later operator sets lack.`
    : null;
}

/** A node of an operator that later sets lack, in those that they have; null for all others. */
export function withoutRemoved(node: NodeProto, names: Constants): NodeProto[] | null {
  const [data = ''] = node.input;
  const [output = ''] = node.output;
  const name = nodeName(node);
  const scalar = (role: string, value: number) => names.constant(role, makeFloatTensor('', [], [value]));
  const ints = (role: string, values: readonly number[]) =>
    names.constant(role, makeInt64Tensor('', [values.length], values));
  /** A chain of nodes from the input to the output; the last one has the node's own name. */
  const chain = (...steps: readonly (readonly [op: string, ...more: string[]])[]): NodeProto[] => {
    let from = data;
    return steps.map(([op, ...more], index) => {
      const last = index === steps.length - 1;
      const to = last ? output : names.fresh(op.toLowerCase());
      const made = makeNode(op, [from, ...more], [to], {}, { name: last ? name : to });
      from = to;
      return made;
    });
  };
  const factor = (attribute: string) => scalar(attribute, floatAttribute(node, attribute, 1));
  switch (operator(node)) {
    case 'ImageScaler': {
      const bias = floatsAttribute(node, 'bias') ?? [];
      const added = names.constant('bias', makeFloatTensor('', [bias.length, 1, 1], bias));
      return chain(['Mul', factor('scale')], ...(bias.length > 0 ? [['Add', added] as const] : []));
    }
    case 'Scale':
      return chain(['Mul', factor('scale')]);
    case 'Affine':
      return chain(['Mul', factor('alpha')], ['Add', scalar('beta', floatAttribute(node, 'beta', 0))]);
    case 'ScaledTanh':
      return chain(['Mul', factor('beta')], ['Tanh'], ['Mul', factor('alpha')]);
    case 'ParametricSoftplus':
      return chain(['Mul', factor('beta')], ['Softplus'], ['Mul', factor('alpha')]);
    case 'DynamicSlice':
      return [makeNode('Slice', node.input, [output], {}, { name })];
    case 'Crop': {
      const [left = 0, top = 0, right = 0, bottom = 0] = intsAttribute(node, 'border') ?? [];
      const size = intsAttribute(node, 'scale');
      const [height = 0, width = 0] = size ?? [];
      const end = (border: number) => (border > 0 ? -border : Number.MAX_SAFE_INTEGER);
      const ends = size ? [top + height, left + width] : [end(bottom), end(right)];
      return chain(['Slice', ints('starts', [top, left]), ints('ends', ends), ints('axes', [2, 3])]);
    }
    case 'MeanVarianceNormalization':
      return normalization(node, names);
    default:
      return null;
  }
}

/** Before operator set 9 it normalized images: all of a batch together, each channel by itself or all of them. */
function normalization(node: NodeProto, names: Constants): NodeProto[] | null {
  const across = intAttribute(node, 'across_channels');
  const variance = intAttribute(node, 'normalize_variance');
  if (across === undefined && variance === undefined) return null;
  const axes = across ? [0, 1, 2, 3] : [0, 2, 3];
  const [data = ''] = node.input;
  const [output = ''] = node.output;
  const name = nodeName(node);
  if (variance !== 0) return [makeNode('MeanVarianceNormalization', [data], [output], { axes }, { name })];
  const mean = names.fresh('mean');
  return [
    makeNode('ReduceMean', [data], [mean], { axes, keepdims: 1 }, { name: mean }),
    makeNode('Sub', [data, mean], [output], {}, { name }),
  ];
}
