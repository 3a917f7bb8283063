import { itemAt, present } from '../../../model/assert';
import { floatAttribute, intAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import { makeFloatTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { nodeName, operator, shapeOf } from './protos';

/** A product with a constant matrix, MatMul or Gemm: x · weight · factor + bias. */
export interface Matrix {
  /** [inputs, outputs], or stacked ones of which these are the last two axes. */
  readonly weight: TensorProto;
  /** The weight is [outputs, inputs]. */
  readonly turned: boolean;
  readonly factor: number;
  /** Name of a stored tensor; null: none. */
  readonly bias: string | null;
}

/** The product that a node is, as the policy says that it is one; beta of Gemm goes into a bias of its own. */
export function matrixOf(editor: GraphEditor, node: NodeProto): Matrix {
  const weight = constantInput(editor, node, 1);
  if (operator(node) !== 'Gemm') return { weight, turned: false, factor: 1, bias: null };
  return {
    weight,
    turned: isTurned(node),
    factor: floatAttribute(node, 'alpha', 1),
    bias: biasOf(editor, node),
  };
}

/** A stored tensor that a node reads, as the policy says that it does. */
export function constantInput(editor: GraphEditor, node: NodeProto, index: number): TensorProto {
  return present(editor.constant(itemAt(node.input, index)), `input ${index} of node ${nodeName(node)}`);
}

/** The weights of a Gemm are [outputs, inputs]; those of a MatMul never. */
export function isTurned(node: NodeProto): boolean {
  return operator(node) === 'Gemm' && intAttribute(node, 'transB', 0) !== 0;
}

function biasOf(editor: GraphEditor, node: NodeProto): string | null {
  const bias = editor.constant(node.input[2] ?? '');
  const beta = floatAttribute(node, 'beta', 1);
  if (bias === undefined || beta === 1) return bias?.name ?? null;
  const name = editor.uniqueName(`${nodeName(node)}_bias`);
  const scaled = editor.values(bias).map((value) => value * beta);
  editor.setConstant(makeFloatTensor(name, shapeOf(bias), scaled));
  return name;
}
