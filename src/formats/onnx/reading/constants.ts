import { create } from '@bufbuild/protobuf';
import { byteLength, type DataType } from '../../../model/dataType';
import type { Node, Problem, Tensor, TensorLocation } from '../../../model/model';
import { about, type ProblemPlace } from '../../../model/nodeId';
import { dataTypeNumber, dataTypeOf } from '../dataTypes';
import {
  type AttributeProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
  TensorProtoSchema,
} from '../onnx_pb';
import { makeFloatTensor, makeTensor } from '../writing/make';
import { EXTERNAL } from './externalData';
import { elementsOf, storageOf, storageProblem } from './tensorData';

/** A tensor of the model and the message that holds its values (of a sparse one: those that are stored). */
export interface Constant {
  readonly tensor: Tensor;
  readonly proto: TensorProto;
}

/** What reading a constant needs to know of the file. */
export interface ConstantContext {
  readonly path: string;
  report(problem: Problem): void;
}

/** A stored tensor; null, and a problem is reported, where its type or shape makes no sense. */
export function denseConstant(
  name: string,
  proto: TensorProto,
  context: ConstantContext,
  place: ProblemPlace = {},
): Constant | null {
  const type = dataTypeOf(proto.dataType);
  const count = elementsOf(proto.dims);
  if (type === null || count === null) {
    const what = type === null ? `data type ${proto.dataType}, which is unknown` : 'an impossible shape';
    context.report({ message: `The tensor '${name}' has ${what}.`, ...place });
    return null;
  }
  check(name, proto, type, count, context, place);
  return {
    proto,
    tensor: {
      name,
      type,
      shape: proto.dims.map(Number),
      bytes: storedBytes(proto, type, count),
      storedElements: count,
      sparse: false,
      location: locationOf(proto),
    },
  };
}

/** A tensor of which values and their places are stored; null, and a problem is reported, as for a dense one. */
export function sparseConstant(
  name: string,
  proto: SparseTensorProto,
  context: ConstantContext,
  place: ProblemPlace = {},
): Constant | null {
  if (!proto.values) {
    context.report({ message: `The sparse tensor '${name}' has no values.`, ...place });
    return null;
  }
  const values = denseConstant(name, proto.values, context, place);
  const indices = proto.indices ? denseConstant(name, proto.indices, context, place) : null;
  if (!values || elementsOf(proto.dims) === null) return null;
  return {
    proto: proto.values,
    tensor: {
      ...values.tensor,
      shape: proto.dims.map(Number),
      bytes: values.tensor.bytes + (indices?.tensor.bytes ?? 0),
      sparse: true,
    },
  };
}

/**
 * The value of a Constant node, whichever of its attributes states it
 * (https://onnx.ai/onnx/operators/onnx__Constant.html); null where a function's caller sets it.
 */
export function constantNodeValue(
  { attribute: attributes, output: [name = ''] }: NodeProto,
  node: Pick<Node, 'name' | 'id'>,
  context: ConstantContext,
): Constant | null {
  const place = about(node);
  for (const attribute of attributes) {
    if (attribute.refAttrName !== '') return null;
    if (attribute.name === 'value' && attribute.t) return denseConstant(name, attribute.t, context, place);
    if (attribute.name === 'sparse_value' && attribute.sparseTensor) {
      return sparseConstant(name, attribute.sparseTensor, context, place);
    }
    const proto = plainValue(name, attribute);
    if (proto) return denseConstant(name, proto, context, place);
  }
  context.report({ message: `The Constant '${node.name}' has no value.`, ...place });
  return null;
}

function plainValue(name: string, attribute: AttributeProto): TensorProto | null {
  switch (attribute.name) {
    case 'value_float':
      return makeFloatTensor(name, [], [attribute.f]);
    case 'value_floats':
      return makeFloatTensor(name, [attribute.floats.length], attribute.floats);
    case 'value_int':
      return integers(name, [], [attribute.i]);
    case 'value_ints':
      return integers(name, [attribute.ints.length], attribute.ints);
    case 'value_string':
      return strings(name, [], [attribute.s]);
    case 'value_strings':
      return strings(name, [attribute.strings.length], attribute.strings);
    default:
      return null;
  }
}

function integers(name: string, shape: readonly number[], values: readonly bigint[]): TensorProto {
  return makeTensor(name, 'int64', shape, new Uint8Array(BigInt64Array.from(values).buffer));
}

function strings(name: string, shape: readonly number[], stringData: Uint8Array[]): TensorProto {
  const dims = shape.map(BigInt);
  return create(TensorProtoSchema, { name, dims, dataType: dataTypeNumber('string'), stringData });
}

/** Bytes of the elements as a file keeps them raw; for strings the sum of their lengths. */
function storedBytes(proto: TensorProto, type: DataType, count: number): number {
  return byteLength(type, count) ?? proto.stringData.reduce((sum, one) => sum + one.length, 0);
}

/** null where the elements lie within the structure, among other fields, and were read with it. */
function locationOf(proto: TensorProto): TensorLocation | null {
  const [first] = proto.payload;
  if (!first) return null;
  const length = proto.payload.reduce((sum, payload) => sum + Number(payload.length), 0);
  return { file: first.path, offset: Number(first.offset), length };
}

function check(
  name: string,
  proto: TensorProto,
  type: DataType,
  count: number,
  context: ConstantContext,
  place: ProblemPlace,
): void {
  const problem = dataProblem(proto, type, count);
  if (problem) context.report({ message: `The tensor '${name}' ${problem}.`, ...place });
}

function dataProblem(proto: TensorProto, type: DataType, count: number): string | null {
  if (type === 'string') {
    const stored = proto.stringData.length;
    return stored === count ? null : `has ${stored} strings where its shape needs ${count}`;
  }
  const storage = storageOf(proto);
  if (storage) return storageProblem(type, count, storage);
  // External data that could not be found was reported when it was looked for.
  return count === 0 || proto.dataLocation === EXTERNAL ? null : 'has no data';
}
