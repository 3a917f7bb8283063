import type { Inference } from '../../../model/inference';
import { ModelError } from '../../../model/modelError';
import type { ModelFile } from '../../format';
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../attributes';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../onnx_pb';
import { makeAttribute, makeFloatTensor, makeInt64Tensor, makeNode } from '../writing/make';
import { bodiesOf, graphOf, isDefaultDomain, nodeName, operator, opsetOf } from './protos';
import { removalOf, withoutRemoved } from './removedOperators';

/**
 * The operator set that rewriting works on: the first whose QuantizeLinear takes a scale a channel, and whose
 * MaxPool (12) and Resize take 8-bit integers. Models of 7 to 12 are written anew for it, models above keep theirs.
 */
export const WORKING_OPSET = 13;

/** Below this, Add and its like broadcast by attributes of their own. */
export const OLDEST_OPSET = 7;

/** Why a model cannot be written for the working operator set, in a sentence; null when it can. */
export function opsetRefusal(opset: number, nodes: readonly NodeProto[], look: Look): string | null {
  if (opset >= WORKING_OPSET) return null;
  if (opset < OLDEST_OPSET)
    return `It is written for operator set ${opset}; export it anew for ${OLDEST_OPSET} or later.`;
  for (const node of nodes) {
    const op = operator(node);
    if (op === 'Scan' && opset < 9)
      return `Node ${nodeName(node)} is a Scan of operator set ${opset}, which works differently from today's.`;
    if (op === 'BatchNormalization' && intAttribute(node, 'spatial', 1) === 0)
      return `Node ${nodeName(node)} normalizes each position by itself (spatial = 0), which later operator sets lack.`;
    if (op === 'Resize' && opset === 10 && isNearest(node) && !directionsOf(node, look))
      return `Node ${nodeName(node)} is a Resize of operator set 10 of which it is not known whether it enlarges or shrinks, which decides how it rounds.`;
    const removed = removalOf(node);
    if (removed !== null) return removed;
    const inner = opsetRefusal(
      opset,
      bodiesOf(node).flatMap((body) => body.node),
      look,
    );
    if (inner !== null) return inner;
  }
  return null;
}

/** What is known of a model's tensors before anything runs. */
export interface Look {
  readonly shapeOf: (tensor: string) => readonly (number | null)[] | undefined;
  /** Values of a stored tensor or Constant. */
  readonly valuesOf: (tensor: string) => ArrayLike<number> | undefined;
}

/** Inference is made when it is asked for: most models need none. */
export function lookAt(file: ModelFile, inference: () => Inference): Look {
  return {
    shapeOf: (tensor) => inference().graph.tensors.get(tensor)?.shape ?? undefined,
    valuesOf: (tensor) => {
      const stored = file.model.graph.constants.get(tensor);
      return stored && !stored.sparse ? file.readTensor(stored).values : undefined;
    },
  };
}

/**
 * Writes the nodes for the working operator set, by ONNX's list of changes
 * (https://github.com/onnx/onnx/blob/main/docs/Changelog.md). Operators that only took more types or more
 * shapes from version to version stay as they are. Does nothing where `opsetRefusal` says why not.
 */
export function raiseOpset(proto: ModelProto, look: Look): void {
  const from = opsetOf(proto);
  const graph = graphOf(proto);
  if (from >= WORKING_OPSET || opsetRefusal(from, graph.node, look) !== null) return;
  const names = new Set<string>();
  collect(graph, names);
  convertGraph(graph, from, names, look);
  for (const entry of proto.opsetImport)
    if (isDefaultDomain(entry.domain)) entry.version = BigInt(WORKING_OPSET);
}

function convertGraph(graph: GraphProto, from: number, taken: Set<string>, look: Look): void {
  graph.node = graph.node.flatMap((node) => {
    const names = new Names(node, taken);
    const converted = convert(node, from, names, look);
    for (const body of bodiesOf(node)) convertGraph(body, from, taken, look);
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
function convert(node: NodeProto, from: number, names: Names, look: Look): NodeProto[] {
  const replaced = withoutRemoved(node, names);
  if (replaced !== null) return replaced;
  switch (operator(node)) {
    case 'Upsample':
    case 'Resize':
      if (from < 11) return convertResize(node, from, names, look);
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
      return convertSoftmax(node, names, look.shapeOf(node.input[0] ?? '')?.length);
  }
  return [node];
}

function isNearest(node: NodeProto): boolean {
  return stringAttribute(node, 'mode', 'nearest') === 'nearest';
}

/** Whether each axis of a Resize of operator set 10 grows (1), shrinks (−1) or stays; null where it is not known. */
function directionsOf(node: NodeProto, look: Look): number[] | null {
  const [data = '', scales = ''] = node.input;
  const known = look.valuesOf(scales);
  if (known !== undefined) return Array.from(known, (scale) => Math.sign(scale - 1));
  const before = look.shapeOf(data);
  const after = look.shapeOf(node.output[0] ?? '');
  if (!before || before.length !== after?.length) return null;
  const sizes = before.map((size, axis) => [size, after[axis] ?? null] as const);
  // One that keeps its size has a scale of 1 or a little more: less would lose its last element.
  return sizes.every(([from, to]) => from !== null && to !== null)
    ? sizes.map(([from, to]) => Math.sign((to ?? 0) - (from ?? 0)) || 0)
    : null;
}

/**
 * Upsample (7, 9) and Resize-10 place pixels as `asymmetric` does. The nearest one is the lower neighbour along axes
 * that grow, the upper one along those that shrink; where there are both, two nodes do it.
 */
function convertResize(node: NodeProto, from: number, names: Names, look: Look): NodeProto[] {
  const data = node.input[0] ?? '';
  let scales = node.input[1] ?? '';
  const directions = node.opType === 'Resize' && isNearest(node) ? (directionsOf(node, look) ?? []) : [];
  if (node.opType === 'Upsample' && from < 9) {
    const values = floatsAttribute(node, 'scales') ?? [];
    drop(node, 'scales');
    scales = names.constant('scales', makeFloatTensor('', [values.length], values));
  }
  const mode = stringAttribute(node, 'mode', 'nearest');
  const resize = (input: string, by: string, output: string, name: string, nearest: 'floor' | 'ceil') => {
    const made = makeNode('Resize', [input, '', by], [output], {}, { name });
    made.attribute.push(
      makeAttribute('mode', mode === 'bilinear' ? 'linear' : mode),
      makeAttribute('coordinate_transformation_mode', 'asymmetric'),
      makeAttribute('nearest_mode', nearest),
    );
    return made;
  };
  const name = nodeName(node);
  const output = node.output[0] ?? '';
  const shrinks = directions.includes(-1);
  if (!shrinks || !directions.includes(1))
    return [resize(data, scales, output, name, shrinks ? 'ceil' : 'floor')];
  const one = names.scalar('one', 1);
  const smaller = names.fresh('smaller');
  const [less, more] = [names.fresh('shrinking'), names.fresh('growing')];
  return [
    makeNode('Min', [scales, one], [less], {}, { name: less }),
    makeNode('Max', [scales, one], [more], {}, { name: more }),
    resize(data, less, smaller, smaller, 'ceil'),
    resize(smaller, more, output, name, 'floor'),
  ];
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
