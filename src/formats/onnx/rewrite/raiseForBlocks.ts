import { attributeOf, intAttribute, intsAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { makeAttribute, makeInt64Tensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { isDefaultDomain, nodeName } from './protos';

/** The first operator set in which DequantizeLinear takes blocks, and 4 bits (https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html). */
export const BLOCKS_OPSET = 21;

/** The first version of the file format that has tensors of 4 bits. */
const FOUR_BITS_IR = 10n;

/** Take their axes as an input from 18 on. */
const REDUCTIONS: ReadonlySet<string> = new Set([
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSumSquare',
]);

/** Mean something else, or are written in another way, in a later set (https://github.com/onnx/onnx/blob/main/docs/Changelog.md). */
const CHANGED: ReadonlySet<string> = new Set(['DFT', 'GridSample', 'GroupNormalization', 'RoiAlign']);

/**
 * Writes a model of operator set 13 to 20 for the one that has weights in blocks. Operators that only took more types or
 * gained an attribute on the way stay as they are.
 * @returns why it cannot be, and then nothing was changed; null: it was, or is written for such a set already
 */
export function raiseForBlocks(editor: GraphEditor): string | null {
  const from = editor.opset;
  if (from >= BLOCKS_OPSET) return null;
  const nodes = editor.allNodes().filter((node) => isDefaultDomain(node.domain));
  const blocking = nodes.find(isChanged);
  if (blocking !== undefined)
    return `blocks of weights need operator set ${BLOCKS_OPSET}, in which ${nodeName(blocking)} (${blocking.opType}) would mean something else`;
  for (const node of nodes) {
    if (from < 18 && REDUCTIONS.has(node.opType)) axesAsInput(editor, node);
    const counted = attributeOf(node, 'num_outputs') !== undefined || (node.input[1] ?? '') !== '';
    if (from < 18 && node.opType === 'Split' && !counted)
      node.attribute.push(makeAttribute('num_outputs', node.output.length));
  }
  const { proto } = editor;
  for (const entry of proto.opsetImport)
    if (isDefaultDomain(entry.domain)) entry.version = BigInt(BLOCKS_OPSET);
  if (proto.irVersion < FOUR_BITS_IR) proto.irVersion = FOUR_BITS_IR;
  return null;
}

function isChanged(node: NodeProto): boolean {
  switch (node.opType) {
    case 'BatchNormalization':
      return node.output.length > 1;
    case 'AveragePool':
      return intAttribute(node, 'ceil_mode', 0) !== 0;
    default:
      return CHANGED.has(node.opType);
  }
}

function axesAsInput(editor: GraphEditor, node: NodeProto): void {
  const axes = intsAttribute(node, 'axes');
  if (axes === undefined) return;
  const name = editor.uniqueName(`${nodeName(node)}_axes`);
  editor.setConstant(makeInt64Tensor(name, [axes.length], axes));
  editor.setInput(node, 1, name);
  node.attribute = node.attribute.filter((attribute) => attribute.name !== 'axes');
}
