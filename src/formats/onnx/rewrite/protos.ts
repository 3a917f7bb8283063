import { clone, create } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import type { InferredGraph, InferredTensor } from '../../../model/inference';
import { ModelError } from '../../../model/modelError';
import type { ModelFile } from '../../format';
import { dataTypeNumber, dataTypeOf } from '../dataTypes';
import { OnnxFile } from '../file';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from '../onnx_pb';

/** Numbers of element types in onnx.proto. */
export const FLOAT = dataTypeNumber('float32');
export const FLOAT16 = dataTypeNumber('float16');

/** Operators of these domains are ONNX's own. */
const DEFAULT_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx']);

/** Whether operators of a domain are ONNX's own. */
export function isDefaultDomain(domain: string): boolean {
  return DEFAULT_DOMAINS.has(domain);
}

/** The file's message, to be changed. */
export function copyOf(file: ModelFile): ModelProto {
  return clone(ModelProtoSchema, onnxFile(file).proto);
}

/** The main graph of a model; an empty one where it has none. */
export function graphOf(proto: ModelProto): GraphProto {
  proto.graph ??= create(GraphProtoSchema);
  return proto.graph;
}

/** Version of ONNX's own operators that a model is written for. */
export function opsetOf(proto: ModelProto): number {
  const own = proto.opsetImport.find((entry) => DEFAULT_DOMAINS.has(entry.domain));
  return Number(own?.version ?? 1n);
}

/** The file as what it is. @throws ModelError for one of another format. */
export function onnxFile(file: ModelFile): OnnxFile {
  if (file instanceof OnnxFile) return file;
  throw new ModelError('This is not an ONNX file, so it cannot be rewritten as one.', {
    file: file.model.file,
  });
}

/** Operator type, with its domain unless it is ONNX's own. */
export function operator(node: NodeProto): string {
  return DEFAULT_DOMAINS.has(node.domain) ? node.opType : `${node.domain}.${node.opType}`;
}

/** As `Node.name` of the neutral model. */
export function nodeName(node: NodeProto): string {
  return node.name !== '' ? node.name : (node.output.find((output) => output !== '') ?? '');
}

/** Sizes of a stored tensor. */
export function shapeOf(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/** How many elements a stored tensor has by its shape. */
export function elements(tensor: TensorProto): number {
  return shapeOf(tensor).reduce((product, dimension) => product * dimension, 1);
}

/** Element type of a stored tensor. @throws ModelError for one that is not known. */
export function typeOf(tensor: TensorProto): DataType {
  const type = dataTypeOf(tensor.dataType);
  if (type === null)
    throw new ModelError(`Tensor ${tensor.name} has element type ${tensor.dataType}, which is not known.`);
  return type;
}

/** Graphs inside a node. */
export function bodiesOf(node: NodeProto): GraphProto[] {
  return namedBodiesOf(node).map(({ body }) => body);
}

/** The same with what the neutral model calls them. */
export function namedBodiesOf(node: NodeProto): { role: string; body: GraphProto }[] {
  return node.attribute.flatMap(({ name, g, graphs }) => [
    ...(g ? [{ role: name, body: g }] : []),
    ...graphs.map((body, index) => ({ role: `${name}[${index}]`, body })),
  ]);
}

/** What is known of the tensors of a graph and of those in its bodies; of several of one name, the first. */
export function tensorsOf(graph: InferredGraph): Map<string, InferredTensor> {
  const tensors = new Map<string, InferredTensor>();
  const graphs = [graph];
  for (const one of graphs) {
    for (const [name, tensor] of one.tensors) if (!tensors.has(name)) tensors.set(name, tensor);
    for (const { bodies } of one.nodes) graphs.push(...bodies);
  }
  return tensors;
}
