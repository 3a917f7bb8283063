import { rmSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { byteLength, elementCount } from '../../../model/dataType';
import type { Inference, InferredTensor } from '../../../model/inference';
import { ModelError } from '../../../model/modelError';
import type { Evaluate } from '../../rewriter';
import { intAttribute } from '../attributes';
import { dataTypeNumber } from '../dataTypes';
import { makeInt64Tensor, makeTensor } from '../make';
import { GraphProtoSchema, ModelProtoSchema, type NodeProto, ValueInfoProtoSchema } from '../onnx_pb';
import { writeModel } from '../writer';
import type { GraphEditor } from './editor';
import { bodiesOf, elements, isDefaultDomain, typeOf } from './protos';

/** A constant that is larger than what it is made of is only stored up to this size: ConstantOfShape, Expand … */
const FREE_BYTES = 64 * 1024;

/** Operators whose result is another one every time, or that exist to keep a weight small. */
const NOT_FOLDED: ReadonlySet<string> = new Set([
  'Constant',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'Dropout',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
]);

/**
 * Replaces nodes that depend on nothing but constants by their results. The engine computes them, in a model of
 * their own that lies beside the target for a moment.
 */
export async function foldConstants(
  editor: GraphEditor,
  inference: Inference,
  evaluate: Evaluate,
  scratch: string,
): Promise<void> {
  foldShapes(editor, inference);
  const folded = foldableNodes(editor, inference);
  if (folded.size === 0) return;
  const results = [...folded].flatMap((node) =>
    node.output.filter((name) => editor.consumers(name).some((reader) => !folded.has(reader))),
  );
  if (results.length > 0) {
    writeModel(constantModel(editor, folded, results, inference), scratch);
    try {
      const values = await evaluate(scratch);
      for (const name of results) {
        const value = values.get(name);
        if (value === undefined)
          throw new ModelError(`The engine did not give the constant ${name}.`, {
            file: editor.file.path,
          });
        editor.setConstant(makeTensor(name, value.type, value.shape, value.bytes));
      }
    } finally {
      rmSync(scratch, { force: true });
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

function foldableNodes(editor: GraphEditor, inference: Inference): Set<NodeProto> {
  const foldable = new Set<NodeProto>();
  for (const node of editor.nodes()) {
    if (!isDefaultDomain(node.domain) || NOT_FOLDED.has(node.opType) || bodiesOf(node).length > 0) continue;
    if (node.output.some((output) => editor.pinned(output))) continue;
    const known = node.input.every((input) => {
      const producer = editor.producer(input);
      return input === '' || editor.constant(input) !== undefined || (producer && foldable.has(producer));
    });
    if (!known) continue;
    const before = sum(node.input.map((input) => bytesOf(editor, inference, input)));
    const after = sum(node.output.map((output) => bytesOf(editor, inference, output)));
    if (after === null || before === null) continue;
    if (after <= Math.max(before, FREE_BYTES)) foldable.add(node);
  }
  return foldable;
}

function bytesOf(editor: GraphEditor, inference: Inference, name: string): number | null {
  if (name === '') return 0;
  const tensor = editor.constant(name);
  if (tensor !== undefined) return byteLength(typeOf(tensor), elements(tensor));
  const inferred = inference.graph.tensors.get(name);
  const count = elementCount(inferred?.shape ?? null);
  return inferred?.type && count !== null ? byteLength(inferred.type, count) : null;
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}

function constantModel(
  editor: GraphEditor,
  nodes: ReadonlySet<NodeProto>,
  results: readonly string[],
  inference: Inference,
) {
  const used = new Set([...nodes].flatMap((node) => node.input));
  const initializer = [...used].flatMap((name) => editor.constant(name) ?? []);
  const output = results.map((name) => outputInfo(name, inference.graph.tensors.get(name)));
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
