import { ModelError } from '../../../model/modelError';
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../attributes';
import { makeAttribute, makeFloatTensor, makeInt64Tensor, makeNode } from '../make';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx_pb';
import { bodiesOf, graphOf, isDefaultDomain, nodeName, operator, opsetOf } from './protos';

/**
 * The operator set that rewriting works on: the first whose QuantizeLinear takes a scale a channel, and whose
 * MaxPool (12) and Resize take 8-bit integers. Models of 7 to 12 are written anew for it, models above keep theirs.
 */
export const WORKING_OPSET = 13;

/** Below this, Add and its like broadcast by attributes of their own. */
export const OLDEST_OPSET = 7;

/** Why a model cannot be written for the working operator set, in a sentence; null when it can. */
export function opsetRefusal(opset: number, nodes: readonly NodeProto[]): string | null {
  if (opset >= WORKING_OPSET) return null;
  if (opset < OLDEST_OPSET)
    return `It is written for operator set ${opset}; export it anew for ${OLDEST_OPSET} or later.`;
  for (const node of nodes) {
    const op = operator(node);
    if (op === 'Scan' && opset < 9)
      return `Node ${nodeName(node)} is a Scan of operator set ${opset}, which works differently from today's.`;
    if (op === 'BatchNormalization' && intAttribute(node, 'spatial', 1) === 0)
      return `Node ${nodeName(node)} normalizes each position by itself (spatial = 0), which later operator sets lack.`;
    const inner = opsetRefusal(
      opset,
      bodiesOf(node).flatMap((body) => body.node),
    );
    if (inner !== null) return inner;
  }
  return null;
}

/** Rank of a tensor, where it is known. */
export type RankOf = (tensor: string) => number | undefined;

/**
 * Writes the nodes for the working operator set, by ONNX's list of changes
 * (https://github.com/onnx/onnx/blob/main/docs/Changelog.md). Operators that only took more types or more
 * shapes from version to version stay as they are. Does nothing where `opsetRefusal` says why not.
 */
export function raiseOpset(proto: ModelProto, rankOf: RankOf): void {
  const from = opsetOf(proto);
  const graph = graphOf(proto);
  if (from >= WORKING_OPSET || opsetRefusal(from, graph.node) !== null) return;
  const names = new Set<string>();
  collect(graph, names);
  convertGraph(graph, from, names, rankOf);
  for (const entry of proto.opsetImport)
    if (isDefaultDomain(entry.domain)) entry.version = BigInt(WORKING_OPSET);
}

function convertGraph(graph: GraphProto, from: number, taken: Set<string>, rankOf: RankOf): void {
  graph.node = graph.node.flatMap((node) => {
    const names = new Names(node, taken);
    const converted = convert(node, from, names, rankOf);
    for (const body of bodiesOf(node)) convertGraph(body, from, taken, rankOf);
    return [...names.constants, ...converted];
  });
}

function collect(graph: GraphProto, names: Set<string>): void {
  for (const input of graph.input) names.add(input.name);
  for (const tensor of graph.initializer) names.add(tensor.name);
  for (const node of graph.node) {
    for (const output of node.output) names.add(output);
    for (const body of bodiesOf(node)) collect(body, names);
  }
}

/** Makes what were attributes into constants that a node reads. */
class Names {
  readonly constants: NodeProto[] = [];

  constructor(
    private readonly node: NodeProto,
    private readonly taken: Set<string>,
  ) {}

  fresh(role: string): string {
    const base = `${nodeName(this.node)}_${role}`;
    let name = base;
    for (let n = 1; this.taken.has(name); n++) name = `${base}_${n}`;
    this.taken.add(name);
    return name;
  }

  constant(role: string, value: TensorProto): string {
    const name = this.fresh(role);
    this.constants.push(makeNode('Constant', [], [name], { value }, { name }));
    return name;
  }

  ints(role: string, values: readonly number[]): string {
    return this.constant(role, makeInt64Tensor('', [values.length], values));
  }

  scalar(role: string, value: number): string {
    return this.constant(role, makeFloatTensor('', [], [value]));
  }
}

/** The node, or those that take its place. */
function convert(node: NodeProto, from: number, names: Names, rankOf: RankOf): NodeProto[] {
  switch (operator(node)) {
    case 'Upsample':
    case 'Resize':
      if (from < 11) convertResize(node, from, names);
      break;
    case 'Slice':
      if (from < 10) convertSlice(node, names);
      break;
    case 'TopK':
      if (from < 10) setInput(node, 1, names.ints('k', [takeInt(node, 'k')]));
      break;
    case 'Clip':
      if (from < 11) convertClip(node, names);
      break;
    case 'Pad':
      if (from < 11) {
        setInput(node, 1, names.ints('pads', takeInts(node, 'pads') ?? []));
        const value = floatAttribute(node, 'value', 0);
        drop(node, 'value');
        if (value !== 0) setInput(node, 2, names.scalar('value', value));
      }
      break;
    case 'Scatter':
      node.opType = 'ScatterElements';
      break;
    case 'Dropout':
      if (from < 12) {
        setInput(node, 1, names.scalar('ratio', floatAttribute(node, 'ratio', 0.5)));
        drop(node, 'ratio');
      }
      break;
    case 'BatchNormalization':
      drop(node, 'spatial');
      break;
    case 'Squeeze':
    case 'Unsqueeze':
    case 'ReduceSum': {
      const axes = takeInts(node, 'axes');
      if (axes !== undefined) setInput(node, 1, names.ints('axes', axes));
      break;
    }
    case 'Split': {
      const split = takeInts(node, 'split');
      if (split !== undefined) setInput(node, 1, names.ints('split', split));
      break;
    }
    case 'Softmax':
    case 'LogSoftmax':
    case 'Hardmax':
      return convertSoftmax(node, names, rankOf(node.input[0] ?? ''));
  }
  return [node];
}

/** Upsample (7, 9) and Resize-10 place pixels as `asymmetric` does, and take the lower neighbour when they enlarge. */
function convertResize(node: NodeProto, from: number, names: Names): void {
  const data = node.input[0] ?? '';
  let scales = node.input[1] ?? '';
  if (node.opType === 'Upsample' && from < 9) {
    const values = floatsAttribute(node, 'scales') ?? [];
    drop(node, 'scales');
    scales = names.constant('scales', makeFloatTensor('', [values.length], values));
  }
  const mode = stringAttribute(node, 'mode', 'nearest');
  drop(node, 'mode');
  node.opType = 'Resize';
  node.input = [data, '', scales];
  node.attribute.push(
    makeAttribute('mode', mode === 'bilinear' ? 'linear' : mode),
    makeAttribute('coordinate_transformation_mode', 'asymmetric'),
    makeAttribute('nearest_mode', 'floor'),
  );
}

function convertSlice(node: NodeProto, names: Names): void {
  const starts = takeInts(node, 'starts') ?? [];
  const ends = takeInts(node, 'ends') ?? [];
  const axes = takeInts(node, 'axes') ?? starts.map((_, index) => index);
  node.input = [
    node.input[0] ?? '',
    names.ints('starts', starts),
    names.ints('ends', ends.map(clampEnd)),
    names.ints('axes', axes),
  ];
}

/** Ends of 2^63 − 1 stand for `to the end`; as a double that is 2^63, which int64 cannot hold. */
function clampEnd(end: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, end));
}

function convertClip(node: NodeProto, names: Names): void {
  const min = floatAttribute(node, 'min');
  const max = floatAttribute(node, 'max');
  drop(node, 'min');
  drop(node, 'max');
  if (min !== undefined) setInput(node, 1, names.scalar('min', min));
  if (max !== undefined) setInput(node, 2, names.scalar('max', max));
}

/**
 * Before 13, Softmax and its like worked on a matrix: dimensions from `axis` on were one. So the tensor is
 * flattened there, worked on along its last axis, and given its shape again.
 */
function convertSoftmax(node: NodeProto, names: Names, rank: number | undefined): NodeProto[] {
  const axis = intAttribute(node, 'axis', 1);
  drop(node, 'axis');
  node.attribute.push(makeAttribute('axis', -1));
  if (axis === -1 || axis + 1 === rank) return [node];
  const data = node.input[0] ?? '';
  const result = node.output[0] ?? '';
  const [shape, matrix, soft] = [names.fresh('shape'), names.fresh('matrix'), names.fresh('rows')];
  node.input = [matrix];
  node.output = [soft];
  return [
    makeNode('Shape', [data], [shape], {}, { name: shape }),
    makeNode('Flatten', [data], [matrix], { axis }, { name: matrix }),
    node,
    makeNode('Reshape', [soft, shape], [result], {}, { name: result }),
  ];
}

function setInput(node: NodeProto, index: number, name: string): void {
  while (node.input.length <= index) node.input.push('');
  node.input[index] = name;
}

function drop(node: NodeProto, name: string): void {
  node.attribute = node.attribute.filter((attribute) => attribute.name !== name);
}

function takeInts(node: NodeProto, name: string): number[] | undefined {
  const values = intsAttribute(node, name);
  drop(node, name);
  return values;
}

function takeInt(node: NodeProto, name: string): number {
  const value = intAttribute(node, name);
  drop(node, name);
  if (value === undefined) throw new ModelError(`Node ${nodeName(node)} has no attribute ${name}.`);
  return value;
}
