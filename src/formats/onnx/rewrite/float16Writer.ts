import { isFieldSet } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import { LARGEST_HALF } from '../../../model/float16';
import type { NodeId } from '../../../model/nodeId';
import type { Assignment } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { Range } from '../../plan';
import { attributeOf, tensorAttribute } from '../attributes';
import { AttributeProtoSchema, type GraphProto, type NodeProto, type TensorProto } from '../onnx_pb';
import { makeNode, makeTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { floatPorts } from './float16Types';
import { HalfWeight, SMALLEST_NORMAL, STANDS_FOR_INFINITY } from './halfWeights';
import { bodiesOf, elements, FLOAT, FLOAT16, nodeName, operator, shapeOf, tensorsOf } from './protos';

/** Operators in which each element of a constant is a factor of its own: what vanishes takes its channel with it. */
const FACTORS: ReadonlySet<string> = new Set(['Mul', 'Div', 'Pow']);

/** A weight that is needed in both types is stored once, in float32, from this size on: a Cast costs about as many bytes. */
const STORED_ONCE_ELEMENTS = 64;

/** Operators whose sums of squares are never seen as a tensor, so that they can overflow where inputs and outputs do not. */
const SQUARES: ReadonlySet<string> = new Set([
  'GlobalLpPool',
  'InstanceNormalization',
  'LpNormalization',
  'LpPool',
  'MeanVarianceNormalization',
  'ReduceL2',
]);

/** A constant that was looked at, and made float16 in one go, since nearly all can be. */
interface Looked {
  readonly weight: HalfWeight;
  readonly half: TensorProto;
}

/**
 * Writes nodes with weights and activations in float16. What is not float16 stays float32, with a Cast at the border:
 * inputs and outputs of the graph, all other nodes, and those that float16 cannot serve, by their type or because values
 * that were seen, or constants, overflow or vanish in it. (An engine that computes float16 models in float32 would not
 * show it.)
 */
export class Float16Writer {
  private readonly typeOf: (tensor: string) => DataType | null;
  /** Tensors that were float32 and are float16 now. */
  private readonly halves = new Set<string>();
  /** By graph: what a body makes is not seen outside it. */
  private readonly casts = new Map<GraphProto, Map<string, string>>();
  private readonly constants = new Map<string, string>();
  /** By name. */
  private readonly looked = new Map<string, Looked>();
  /** Constants that something reads in float32. */
  private readonly neededInFloat = new Set<string>();

  constructor(
    private readonly editor: GraphEditor,
    file: ModelFile,
    private readonly ranges: ReadonlyMap<string, Range>,
  ) {
    const tensors = tensorsOf(file.infer({ dims: {}, shapes: {} }).graph);
    // What was quantized before has tensors that the file does not know: other nodes read the float32 ones alone.
    this.typeOf = (tensor) =>
      tensors.get(tensor)?.type ??
      (editor.producer(tensor)?.opType === 'DequantizeLinear' ? 'float32' : null);
  }

  /**
   * @param left ids of the nodes that are no other precision's: those in float16, and those that nothing was said of
   * @param kept gets the nodes that stay in float32 though nobody asked for it, with the reason
   */
  write(assignment: Assignment, left: ReadonlyMap<NodeProto, NodeId>, kept: Map<NodeId, string>): void {
    const nodes = this.editor.allNodes();
    const inFloat = new Set<NodeProto>();
    for (const node of nodes) {
      const id = left.get(node);
      const reason = id === undefined ? '' : this.reasonForFloat(node);
      if (id !== undefined && reason === null && assignment.has(id)) continue;
      inFloat.add(node);
      if (id !== undefined && reason && this.touchesFloat(node)) kept.set(id, reason);
    }
    for (const name of this.editor.constantNames())
      if (this.editor.isOutput(name) || this.editor.consumers(name).some((node) => inFloat.has(node)))
        this.neededInFloat.add(name);
    for (const node of nodes) {
      if (inFloat.has(node)) this.inFloat(node);
      else this.toHalf(node);
    }
    this.updateValueInfo();
  }

  /** Null where the node can work in float16. */
  private reasonForFloat(node: NodeProto): string | null {
    if (bodiesOf(node).length > 0) return 'what its bodies take and give stays float32';
    const ports = floatPorts(node, this.editor.opset);
    if (typeof ports === 'string') return ports;
    const names = [...node.input, ...node.output].filter((name) => name !== '');
    const known = (name: string) => this.editor.constant(name) !== undefined || this.typeOf(name) !== null;
    if (!names.every(known)) return 'the types of its tensors are not known';
    // What another graph reads stays float32; what a node reads of another graph therefore is.
    if (node.output.some((name) => this.editor.isCaptured(name)))
      return 'a body reads its tensors in float32';
    const halves = [
      ...node.input.filter((_, index) => !ports.inputs?.includes(index)),
      ...node.output.filter((_, index) => !ports.outputs?.includes(index)),
    ].filter((name) => name !== '' && this.isFloat(name));
    if (halves.length === 0 && this.touchesFloat(node)) return `${operator(node)} does not take float16`;
    for (const name of halves) {
      const problem = this.problemOf(name, node);
      if (problem !== null) return problem;
    }
    return null;
  }

  /** Why a float32 tensor of a node cannot be float16, else null. */
  private problemOf(name: string, node: NodeProto): string | null {
    const tensor = this.editor.constant(name);
    if (tensor !== undefined) return this.lookAt(tensor).weight.problem(FACTORS.has(operator(node)));
    const range = this.ranges.get(name);
    if (range === undefined) return null;
    const size = largestOf(range);
    if (size > LARGEST_HALF) return `values of ${name} reach ${size.toPrecision(2)}, past float16's 65,504`;
    if (size > 0 && size < SMALLEST_NORMAL)
      return `values of ${name} stay below ${size.toPrecision(2)}, where float16 has few digits left`;
    const squares = SQUARES.has(node.opType) && node.input.includes(name);
    if (squares && size > 0 && (size ** 2 > LARGEST_HALF || size ** 2 < SMALLEST_NORMAL))
      return `squares of ${name} do not fit float16`;
    return null;
  }

  private touchesFloat(node: NodeProto): boolean {
    return [...node.input, ...node.output].some((name) => this.isFloat(name));
  }

  private isFloat(name: string): boolean {
    const tensor = this.editor.constant(name);
    if (tensor !== undefined) return tensor.dataType === FLOAT;
    return this.halves.has(name) || this.typeOf(name) === 'float32';
  }

  private toHalf(node: NodeProto): void {
    const { editor } = this;
    const ports = floatPorts(node, editor.opset);
    if (typeof ports === 'string') throw new Error(`${nodeName(node)} cannot be float16.`);
    for (const [index, name] of node.input.entries()) {
      if (name === '' || !this.isFloat(name)) continue;
      if (ports.inputs?.includes(index)) {
        if (this.halves.has(name)) editor.setInput(node, index, this.cast(node, name, 'float'));
        continue;
      }
      const tensor = editor.constant(name);
      if (tensor) editor.setInput(node, index, this.constant(node, tensor));
      else if (!this.halves.has(name)) editor.setInput(node, index, this.cast(node, name, 'half'));
    }
    this.convertAttributes(node);
    for (const [index, name] of node.output.entries()) {
      if (name === '' || !this.isFloat(name) || ports.outputs?.includes(index)) continue;
      if (!editor.isOutput(name)) {
        this.halves.add(name);
        continue;
      }
      // The graph's output stays float32 under its name; the rest of the graph reads the tensor before the Cast.
      const half = editor.uniqueName(`${name}_half`);
      const readers = editor.consumers(name);
      editor.setOutput(node, index, half);
      for (const reader of readers)
        for (const [at, input] of reader.input.entries())
          if (input === name) editor.setInput(reader, at, half);
      editor.insertAfter(node, makeNode('Cast', [half], [name], { to: FLOAT }, { name: `${name}_cast` }));
      this.halves.add(half);
    }
  }

  private inFloat(node: NodeProto): void {
    for (const [index, name] of node.input.entries())
      if (this.halves.has(name)) this.editor.setInput(node, index, this.cast(node, name, 'float'));
  }

  private cast(node: NodeProto, name: string, to: 'float' | 'half'): string {
    const graph = this.editor.graphOf(node);
    const own = this.casts.get(graph) ?? new Map<string, string>();
    this.casts.set(graph, own);
    const key = `${to} ${name}`;
    const known = own.get(key);
    if (known !== undefined) return known;
    const result = this.editor.uniqueName(`${name}_${to}`);
    const type = to === 'half' ? FLOAT16 : FLOAT;
    this.editor.insertBefore(
      node,
      makeNode('Cast', [name], [result], { to: type }, { name: `${result}_cast` }),
    );
    own.set(key, result);
    return result;
  }

  private constant(node: NodeProto, tensor: TensorProto): string {
    if (this.neededInFloat.has(tensor.name) && elements(tensor) >= STORED_ONCE_ELEMENTS)
      return this.cast(node, tensor.name, 'half');
    const known = this.constants.get(tensor.name);
    if (known !== undefined) return known;
    const name = this.editor.uniqueName(`${tensor.name}_half`);
    const { half } = this.lookAt(tensor);
    half.name = name;
    this.editor.setConstant(half);
    this.constants.set(tensor.name, name);
    return name;
  }

  private lookAt(tensor: TensorProto): Looked {
    const known = this.looked.get(tensor.name) ?? this.converted(tensor);
    this.looked.set(tensor.name, known);
    return known;
  }

  private converted(tensor: TensorProto): Looked {
    const weight = new HalfWeight(tensor);
    const half = makeTensor(tensor.name, 'float16', shapeOf(tensor), new Uint8Array(0));
    this.editor.fill(half, weight.parts(), 2 * elements(tensor));
    return { weight, half };
  }

  /** Types that a node names in its attributes. */
  private convertAttributes(node: NodeProto): void {
    if (node.opType === 'Cast') {
      const to = attributeOf(node, 'to');
      if (to && to.i === BigInt(FLOAT)) to.i = BigInt(FLOAT16);
    }
    if (node.opType !== 'ConstantOfShape') return;
    const value = tensorAttribute(node, 'value');
    const attribute = attributeOf(node, 'value');
    if (value === undefined) {
      node.attribute.push(
        ...makeNode('', [], [], { value: makeTensor('', 'float16', [1], new Uint8Array(2)) }).attribute,
      );
    } else if (attribute && value.dataType === FLOAT && isFieldSet(attribute, AttributeProtoSchema.field.t))
      attribute.t = this.converted(value).half;
  }

  private updateValueInfo(): void {
    const graphs = new Set(this.editor.allNodes().map((node) => this.editor.graphOf(node)));
    for (const info of [...graphs].flatMap(({ valueInfo }) => valueInfo)) {
      const type = info.type?.tensorType;
      if (type?.elemType === FLOAT && this.halves.has(info.name)) type.elemType = FLOAT16;
    }
  }
}

/** Infinities, and what stands for them, are the same in both types. */
function largestOf({ min, max }: Range): number {
  const sizes = [Math.abs(min), Math.abs(max)].filter((size) => size < STANDS_FOR_INFINITY);
  return Math.max(0, ...sizes);
}
