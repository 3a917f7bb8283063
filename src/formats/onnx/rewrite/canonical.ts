import { intAttribute, intsAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { FLOAT, nodeName, operator, shapeOf } from './protos';

/** Rank of a tensor, where it is known. */
type RankOf = (tensor: string) => number | undefined;

/** Writes what has several spellings in the one that engines have the better kernels for. */
export function canonicalize(editor: GraphEditor, rankOf: RankOf): void {
  for (const node of editor.nodes()) {
    if (operator(node) === 'ReduceMean') meanToPool(editor, node, rankOf);
    else if (operator(node) === 'MatMul') matMulToGemm(editor, node, rankOf);
    else if (operator(node) === 'MaxPool') activationFirst(editor, node);
  }
}

/** The mean over all of an image is GlobalAveragePool, which has an 8-bit kernel where ReduceMean has none. */
function meanToPool(editor: GraphEditor, node: NodeProto, rankOf: RankOf): void {
  const [data = ''] = node.input;
  const [output = ''] = node.output;
  const rank = rankOf(data);
  // Rank 3 is left alone: it is far more often a normalization over features than an image of one dimension.
  if (rank === undefined || rank < 4) return;
  const stored = node.input[1] ? editor.constantValues(node.input[1]) : intsAttribute(node, 'axes');
  if (!stored) return;
  const axes = new Set(Array.from(stored, (axis) => (axis < 0 ? axis + rank : axis)));
  if (axes.size !== rank - 2 || axes.has(0) || axes.has(1)) return;
  const name = nodeName(node);
  const keeps = intAttribute(node, 'keepdims', 1) === 1;
  const pooled = keeps ? output : editor.uniqueName(`${output}_pooled`);
  const pool = makeNode('GlobalAveragePool', [data], [pooled], {}, { name });
  editor.remove(node);
  editor.standFor(pool, node);
  editor.insertBefore(node, pool);
  if (!keeps)
    editor.insertBefore(
      node,
      makeNode('Flatten', [pooled], [output], { axis: 1 }, { name: `${name}_flatten` }),
    );
}

/** A matrix product and the bias behind it are one Gemm. */
function matMulToGemm(editor: GraphEditor, node: NodeProto, rankOf: RankOf): void {
  const [data = '', weights = ''] = node.input;
  const [product = ''] = node.output;
  const matrix = editor.constant(weights);
  if (rankOf(data) !== 2 || matrix?.dataType !== FLOAT || matrix.dims.length !== 2) return;
  const next = editor.onlyConsumer(product);
  if (next === undefined || operator(next) !== 'Add') return;
  const bias = next.input[next.input[0] === product ? 1 : 0] ?? '';
  const stored = editor.constant(bias);
  const columns = shapeOf(matrix)[1] ?? 0;
  if (stored?.dataType !== FLOAT || stored.dims.length > 2) return;
  if (stored.dims.slice(0, -1).some((size) => size !== 1n) || stored.dims.at(-1) !== BigInt(columns)) return;
  const vector = editor.uniqueName(`${nodeName(node)}_bias`);
  editor.setConstant(makeFloatTensor(vector, [columns], editor.values(stored)));
  const gemm = makeNode('Gemm', [data, weights, vector], next.output, {}, { name: nodeName(node) });
  editor.remove(node);
  editor.remove(next);
  editor.standFor(gemm, node);
  editor.insertBefore(node, gemm);
}

/**
 * Relu behind a pooling by maximum goes before it, next to the convolution that can take it in: the largest of
 * what Relu leaves is what Relu leaves of the largest. It then costs nothing, however much larger the tensor is.
 */
function activationFirst(editor: GraphEditor, pool: NodeProto): void {
  const [data = ''] = pool.input;
  const [pooled = '', indices = ''] = pool.output;
  const relu = editor.onlyConsumer(pooled);
  const producer = editor.producer(data);
  if (relu === undefined || operator(relu) !== 'Relu' || indices !== '' || producer === undefined) return;
  if (operator(producer) !== 'Conv' || editor.onlyConsumer(data) !== pool) return;
  const result = relu.output[0] ?? '';
  const active = editor.uniqueName(`${data}_relu`);
  const earlier = makeNode('Relu', [data], [active], {}, { name: nodeName(relu) });
  editor.remove(relu);
  editor.standFor(earlier, relu);
  editor.insertBefore(pool, earlier);
  editor.setInput(pool, 0, active);
  editor.setOutput(pool, 0, result);
}
