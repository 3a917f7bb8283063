import { mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { elementCount } from '../../../model/dataType';
import type { Inference, InferredTensor } from '../../../model/inference';
import { ModelError } from '../../../model/modelError';
import type { Evaluate } from '../../rewriter';
import { intAttribute } from '../attributes';
import { dataTypeNumber } from '../dataTypes';
import { GraphProtoSchema, ModelProtoSchema, type NodeProto, ValueInfoProtoSchema } from '../onnx_pb';
import { makeInt64Tensor, makeTensor } from '../writing/make';
import { writeModel } from '../writing/writer';
import type { GraphEditor } from './editor';
import { foldableNodes } from './foldable';
import { isDefaultDomain, tensorsOf } from './protos';

/** Folding makes nodes faster that run every time; it must not make the file larger by more than this part of it. */
const LARGEST_GROWTH = 0.02;

/**
 * Replaces nodes that depend on nothing but constants by their results. The engine computes them, in a model of
 * their own that lies in a folder beside the target for a moment. What it cannot compute stays as it is.
 */
export async function foldConstants(
  editor: GraphEditor,
  inference: Inference,
  evaluate: Evaluate,
  target: string,
): Promise<void> {
  foldShapes(editor, inference);
  const { fileBytes, externalFiles } = editor.file.model;
  const bytes = externalFiles.reduce((sum, file) => sum + (file.bytes ?? 0), fileBytes);
  const folded = foldableNodes(editor, inference, LARGEST_GROWTH * bytes);
  if (folded.size === 0) return;
  const results = [...folded].flatMap((node) =>
    node.output.filter((name) => editor.consumers(name).some((reader) => !folded.has(reader))),
  );
  if (results.length > 0) {
    const folder = mkdtempSync(join(dirname(target), 'constants-'));
    // Called as the target is: an engine's message would name it.
    const scratch = join(folder, basename(target));
    try {
      writeModel(constantModel(editor, folded, results, inference), scratch);
      const values = await evaluate(scratch);
      if (!results.every((name) => values.has(name))) return;
      for (const [name, { type, shape, bytes }] of values)
        editor.setConstant(makeTensor(name, type, shape, bytes));
    } catch (error) {
      if (error instanceof ModelError) return;
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  for (const node of folded) editor.remove(node);
}

/** Shape and Size of tensors whose shape no caller can change: only where the model has no open dimension at all. */
function foldShapes(editor: GraphEditor, inference: Inference): void {
  if (inference.dims.size > 0 || inference.assumedInputs.length > 0) return;
  for (const node of editor.nodes()) {
    const output = node.output[0] ?? '';
    if (!isDefaultDomain(node.domain) || editor.pinned(output)) continue;
    const shape = inference.graph.tensors.get(node.input[0] ?? '')?.shape;
    const count = elementCount(shape ?? null);
    if (!shape || count === null) continue;
    if (node.opType === 'Shape') {
      const part = shape.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end'));
      editor.setConstant(makeInt64Tensor(output, [part.length], part.map(Number)));
    } else if (node.opType === 'Size') {
      editor.setConstant(makeInt64Tensor(output, [], [count]));
    } else continue;
    editor.remove(node);
  }
}

function constantModel(
  editor: GraphEditor,
  nodes: ReadonlySet<NodeProto>,
  results: readonly string[],
  inference: Inference,
) {
  const used = new Set([...nodes].flatMap((node) => node.input));
  const initializer = [...used].flatMap((name) => editor.constant(name) ?? []);
  const tensors = tensorsOf(inference.graph);
  const output = results.map((name) => outputInfo(name, tensors.get(name)));
  return create(ModelProtoSchema, {
    irVersion: editor.proto.irVersion,
    opsetImport: editor.proto.opsetImport,
    graph: create(GraphProtoSchema, { name: 'constants', node: [...nodes], initializer, output }),
  });
}

function outputInfo(name: string, tensor: InferredTensor | undefined) {
  return create(ValueInfoProtoSchema, {
    name,
    ...(tensor?.type ? { type: { tensorType: { elemType: dataTypeNumber(tensor.type) } } } : {}),
  });
}
