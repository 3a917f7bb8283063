import { itemAt } from '../../model/assert';
import type { DeclaredShape } from '../../model/dataType';
import type { Attribute, Body, Graph, Node, Problem, Tensor, ValueInfo } from '../../model/model';
import { about, type NodeId } from '../../model/nodeId';
import type { Layout, OperatorKind } from '../../model/operatorKind';
import type { Constants } from './constants';
import { dataTypeOf } from './dataTypes';
import { operatorName } from './operatorName';
import { kindOf, layoutOf } from './operators/kinds';
import { attributesOf } from './options';
import { quantizationOf } from './quantization';
import type { ModelTable, OperatorTable, SubGraphTable, TensorTable } from './tables';
import { tensorNames } from './tensorNames';

export interface TfliteGraph extends Graph {
  readonly table: SubGraphTable;
  readonly nodes: readonly TfliteNode[];
  /** By index of the tensor. */
  readonly tensorNames: readonly string[];
}

export interface TfliteNode extends Node {
  readonly table: OperatorTable;
  readonly bodies: readonly TfliteBody[];
}

export interface TfliteBody extends Body {
  readonly graph: TfliteGraph;
}

/** Graphs that an operator calls; `hidden`: there are others, which are not shown. */
export interface Bodies {
  readonly bodies: readonly TfliteBody[];
  readonly hidden: boolean;
}

/** What is shared while the graphs of one file are built. */
export interface GraphContext {
  readonly model: ModelTable;
  readonly constants: Constants;
  report(problem: Problem): void;
  /** Graphs that an operator calls. */
  bodies(operator: OperatorTable, caller: Pick<Node, 'id' | 'name'>): Bodies;
}

/** @param path how the ids of its nodes begin. */
export function buildGraph(table: SubGraphTable, context: GraphContext, path: string): TfliteGraph {
  const names = tensorNames(table);
  const tensors = table.tensors ?? [];
  const given = new Set([
    ...(table.inputs ?? []),
    ...(table.operators ?? []).flatMap(({ outputs = [] }) => outputs),
  ]);
  const constants = new Map<string, Tensor>();
  const valueInfo = new Map<string, ValueInfo>();
  for (const [index, tensor] of tensors.entries()) {
    const name = itemAt(names, index);
    valueInfo.set(name, toValueInfo(tensor, name, names));
    // A tensor without elements needs no buffer.
    const empty = tensor.shape?.includes(0) && !given.has(index);
    if (tensor.isVariable || !(context.constants.isStored(tensor) || empty)) continue;
    const constant = context.constants.tensor(tensor, name, names);
    if (constant) constants.set(name, constant);
  }
  const named = (indices: readonly number[] = []) =>
    indices.flatMap((index) => valueInfo.get(names[index] ?? '') ?? []);
  return {
    table,
    name: table.name ?? '',
    tensorNames: names,
    nodes: (table.operators ?? []).map((operator, index) => buildNode(operator, index, names, context, path)),
    inputs: named(table.inputs),
    outputs: named(table.outputs),
    valueInfo,
    constants,
  };
}

function buildNode(
  table: OperatorTable,
  index: number,
  names: readonly string[],
  context: GraphContext,
  path: string,
): TfliteNode {
  const op = operatorName(context.model, table);
  const outputs = namesOf(table.outputs, names);
  // Operators have no names of their own; one without outputs (an assignment) is named after its place.
  const name = outputs.find((output) => output !== '') ?? `${op}_${index}`;
  const id = `${path}${index}`;
  const outside = [...(table.inputs ?? []), ...(table.outputs ?? [])].find((one) => one >= names.length);
  if (outside !== undefined) {
    const message = `'${name}' uses the tensor ${outside}, which does not exist.`;
    context.report({ message, ...about({ name, id }) });
  }
  const { bodies, hidden } = context.bodies(table, { name, id });
  const version = context.model.operatorCodes?.[table.opcodeIndex ?? 0]?.version ?? 1;
  return new NodeOfTable(table, id, name, op, version, namesOf(table.inputs, names), outputs, bodies, hidden);
}

function namesOf(indices: readonly number[] = [], names: readonly string[]): string[] {
  return indices.map((index) => names[index] ?? '');
}

/** Attributes are described when somebody looks at them: those of custom operators are read from the file. */
class NodeOfTable implements TfliteNode {
  constructor(
    readonly table: OperatorTable,
    readonly id: NodeId,
    readonly name: string,
    readonly op: string,
    readonly version: number,
    readonly inputs: readonly string[],
    readonly outputs: readonly string[],
    readonly bodies: readonly TfliteBody[],
    readonly bodiesHidden: boolean,
  ) {}

  get kind(): OperatorKind | null {
    return kindOf(this.op);
  }

  get layout(): Layout | undefined {
    return layoutOf(this.op);
  }

  get attributes(): readonly Attribute[] {
    return attributesOf(this.table);
  }
}

function toValueInfo(tensor: TensorTable, name: string, names: readonly string[]): ValueInfo {
  const quantization = quantizationOf(tensor, names);
  return {
    name,
    type: dataTypeOf(tensor.type),
    declaredShape: declaredShape(tensor),
    statedShape: tensor.shape ?? [],
    ...(quantization && { quantization }),
  };
}

/** Dimensions that the signature leaves open are null; the shape then states some size for them, mostly 1. */
function declaredShape({ shape = [], shapeSignature }: TensorTable): DeclaredShape {
  const stated = shapeSignature?.length === shape.length ? shapeSignature : shape;
  return stated.map((dimension) => (dimension < 0 ? null : dimension));
}
