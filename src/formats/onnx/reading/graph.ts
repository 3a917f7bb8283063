import { isFieldSet } from '@bufbuild/protobuf';
import type { DeclaredShape } from '../../../model/dataType';
import type { Attribute, Body, Graph, Node, Problem, Tensor, ValueInfo } from '../../../model/model';
import { bodyPath, type NodeId } from '../../../model/nodeId';
import type { Layout, OperatorKind } from '../../../model/operatorKind';
import { dataTypeOf } from '../dataTypes';
import { notedScope } from '../inference/notedScope';
import {
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type TensorShapeProto,
  TensorShapeProto_DimensionSchema,
  type TypeProto,
  type ValueInfoProto,
} from '../onnx_pb';
import { kindOf, layoutOf } from '../operators/kinds';
import { describeAttribute } from '../text/describeAttribute';
import { type Constant, constantNodeValue, denseConstant, sparseConstant } from './constants';

export interface OnnxNode extends Node {
  readonly proto: NodeProto;
  readonly bodies: readonly OnnxBody[];
}

export interface OnnxBody extends Body {
  readonly graph: OnnxGraph;
}

export interface OnnxGraph extends Graph {
  readonly proto: GraphProto | FunctionProto;
  readonly nodes: readonly OnnxNode[];
}

/** What is shared while the graphs of one file are built. */
export interface GraphContext {
  readonly path: string;
  /** The messages that hold the constants' values. */
  readonly values: WeakMap<Tensor, TensorProto>;
  report(problem: Problem): void;
  /** The definition of the model-local function that a node calls, if it calls one; `hidden`: it is not written out. */
  functionBody(proto: NodeProto, node: Caller): OnnxBody | null | 'hidden';
}

/** Which node calls, and where its bodies' ids go on: after the graphs among its attributes. */
export type Caller = Pick<Node, 'id' | 'name'> & { readonly graphs: number };

/** @param path how the ids of its nodes begin. */
export function buildGraph(proto: GraphProto, context: GraphContext, path = ''): OnnxGraph {
  const constants = new Map<string, Tensor>();
  for (const one of proto.initializer) {
    addConstant(constants, one.name, denseConstant(one.name, one, context), context);
  }
  for (const one of proto.sparseInitializer) {
    const name = one.values?.name ?? '';
    addConstant(constants, name, sparseConstant(name, one, context), context);
  }
  // Before IR version 4 every initializer is listed as an input too; later, those that a caller may replace.
  const stored = new Set([
    ...proto.initializer.map((one) => one.name),
    ...proto.sparseInitializer.map((one) => one.values?.name ?? ''),
  ]);
  const valueInfo = new Map<string, ValueInfo>();
  for (const one of [...proto.valueInfo, ...proto.output, ...proto.input]) {
    valueInfo.set(one.name, toValueInfo(one));
  }
  return {
    proto,
    name: proto.name,
    nodes: buildNodes(proto.node, constants, context, path),
    inputs: proto.input.filter((one) => !stored.has(one.name)).map(toValueInfo),
    outputs: proto.output.map(toValueInfo),
    valueInfo,
    constants,
  };
}

/** A function's inputs and outputs have names only: their types are those of the call. */
export function buildFunction(proto: FunctionProto, context: GraphContext, path: string): OnnxGraph {
  const constants = new Map<string, Tensor>();
  const untyped = (name: string): ValueInfo => ({ name, type: null, declaredShape: null });
  return {
    proto,
    name: proto.name,
    nodes: buildNodes(proto.node, constants, context, path),
    inputs: proto.input.map(untyped),
    outputs: proto.output.map(untyped),
    valueInfo: new Map(proto.valueInfo.map((one) => [one.name, toValueInfo(one)])),
    constants,
  };
}

function buildNodes(
  protos: readonly NodeProto[],
  constants: Map<string, Tensor>,
  context: GraphContext,
  path: string,
): OnnxNode[] {
  return protos.map((proto, index) => {
    const id = `${path}${index}`;
    const name = proto.name || proto.output.find((output) => output !== '') || proto.opType;
    if (proto.opType === 'Constant' && isDefaultDomain(proto.domain) && proto.output[0]) {
      addConstant(constants, proto.output[0], constantNodeValue(proto, { name, id }, context), context);
    }
    const called = context.functionBody(proto, { name, id, graphs: graphsOf(proto) });
    const bodies = bodiesOf(proto, id, called === 'hidden' ? null : called, context);
    return new NodeOfProto(proto, id, name, bodies, called === 'hidden', constants);
  });
}

/** Attributes are described when somebody looks at them: 100,000 nodes have half a million. */
class NodeOfProto implements OnnxNode {
  constructor(
    readonly proto: NodeProto,
    readonly id: NodeId,
    readonly name: string,
    readonly bodies: readonly OnnxBody[],
    readonly bodiesHidden: boolean,
    private readonly constants: ReadonlyMap<string, Tensor>,
  ) {}

  get op(): string {
    return isDefaultDomain(this.proto.domain)
      ? this.proto.opType
      : `${this.proto.domain}.${this.proto.opType}`;
  }

  get kind(): OperatorKind | null {
    return kindOf(this.proto, this.constants);
  }

  get layout(): Layout | undefined {
    return layoutOf(this.proto, this.kind);
  }

  get inputs(): readonly string[] {
    return this.proto.input;
  }

  get outputs(): readonly string[] {
    return this.proto.output;
  }

  get attributes(): readonly Attribute[] {
    return this.proto.attribute.map(describeAttribute);
  }

  get description(): string {
    return this.proto.docString;
  }

  get scope(): string {
    return notedScope(this.proto);
  }
}

const NO_BODIES: readonly OnnxBody[] = [];

function graphsOf({ attribute }: NodeProto): number {
  return attribute.reduce((count, { g, graphs }) => count + (g ? 1 : 0) + graphs.length, 0);
}

function bodiesOf(
  proto: NodeProto,
  id: NodeId,
  called: OnnxBody | null,
  context: GraphContext,
): readonly OnnxBody[] {
  const bodies: OnnxBody[] = [];
  const add = (role: string, graph: GraphProto) => {
    bodies.push({ role, graph: buildGraph(graph, context, bodyPath(id, role, bodies.length)) });
  };
  for (const attribute of proto.attribute) {
    if (attribute.g) add(attribute.name, attribute.g);
    attribute.graphs.forEach((graph, i) => {
      add(`${attribute.name}[${i}]`, graph);
    });
  }
  if (called) bodies.push(called);
  return bodies.length > 0 ? bodies : NO_BODIES;
}

function addConstant(
  constants: Map<string, Tensor>,
  name: string,
  constant: Constant | null,
  context: GraphContext,
): void {
  if (constants.has(name)) context.report({ message: `There is more than one tensor named '${name}'.` });
  if (!constant) return;
  constants.set(name, constant.tensor);
  context.values.set(constant.tensor, constant.proto);
}

function toValueInfo({ name, type }: ValueInfoProto): ValueInfo {
  // An optional tensor is that tensor, where it is there.
  const held = type?.optionalType?.elemType ?? type;
  const items = held?.sequenceType?.elemType;
  return { name, ...typeAndShape(held), ...(items && { items: typeAndShape(items) }) };
}

function typeAndShape(type: TypeProto | undefined): Pick<ValueInfo, 'type' | 'declaredShape'> {
  const tensor = type?.tensorType ?? type?.sparseTensorType;
  return {
    type: tensor ? dataTypeOf(tensor.elemType) : null,
    declaredShape: tensor?.shape ? declaredShape(tensor.shape) : null,
  };
}

/** What some exporters (Paddle's) call every length that they do not know: height and width are not the same for it. */
const UNKNOWN = '?';

function declaredShape(shape: TensorShapeProto): DeclaredShape {
  return shape.dim.map((dimension) => {
    if (dimension.dimParam !== '' && dimension.dimParam !== UNKNOWN) return dimension.dimParam;
    if (!isFieldSet(dimension, TensorShapeProto_DimensionSchema.field.dimValue)) return null;
    const value = Number(dimension.dimValue);
    return value >= 0 && Number.isSafeInteger(value) ? value : null;
  });
}

/** ONNX's own operators, which may be written either way (onnx.proto, OperatorSetIdProto). */
export function isDefaultDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}
