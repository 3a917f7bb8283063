import type { Graph, Node, Tensor } from '../../model/model';
import type { Decoding } from '../format';

/** The node that decodes a tensor, and names of its scale and zero point ('' where there is none). */
interface Use {
  /** With the attributes that say it. */
  readonly node: Node;
  readonly scale: string;
  readonly zeroPoint: string;
  /** Where the operator's scales lie along unless an attribute says it. */
  readonly axis: number;
  /** It is a weight of a recurrent layer's gates. */
  readonly gates?: boolean;
}

/** Operators that decode a quantized tensor: inputs with the tensor, its scales and zero points, and the scales' axis. */
const DECODERS: ReadonlyMap<
  string,
  readonly (readonly [tensor: number, scale: number, zero: number, axis: number])[]
> = new Map([
  ['DequantizeLinear', [[0, 1, 2, 1]]],
  ['QLinearConv', [[3, 4, 5, 0]]],
  ['QLinearMatMul', [[3, 4, 5, -1]]],
  ['QGemm', [[3, 4, 5, -1]]],
  ['QAttention', [[1, 4, 7, -1]]],
  ['DynamicQuantizeMatMul', [[1, 2, 3, -1]]],
  ['MatMulIntegerToFloat', [[1, 3, 5, -1]]],
  [
    'DynamicQuantizeLSTM',
    [
      [1, 8, 9, -1],
      [2, 10, 11, -1],
    ],
  ],
]);

/** Operators that give sums of integers; what they stand for is said by a product behind them. Where the scales lie along. */
const INTEGER_PRODUCTS: ReadonlyMap<string, number> = new Map([
  ['MatMulInteger', -1],
  ['ConvInteger', 0],
]);

const cache = new WeakMap<Graph, ReadonlyMap<string, Use>>();

/**
 * What a stored tensor of a graph stands for, as the operators that read it say; null where none of them decodes it.
 * Source: the operators' definitions of ONNX and of ONNX Runtime's `com.microsoft`.
 */
export function decodingOf(graph: Graph, { name, shape }: Tensor): Decoding | null {
  const use = usesOf(graph).get(name);
  if (use === undefined) return null;
  const { node, scale, zeroPoint } = use;
  // Gates have scales in each direction: as if all that they read were one block.
  const [, ofGates = 1] = shape;
  if (use.gates && ofGates > 1) return { scale, zeroPoint, axis: 1, blockSize: ofGates };
  const setting = (key: string) => node.attributes.find((attribute) => attribute.name === key)?.value;
  // A block of no elements is ONNX's way to say that there are none.
  const blockSize = Number(setting('block_size') ?? 0) || 1;
  return { scale, zeroPoint, axis: Number(setting('axis') ?? use.axis), blockSize };
}

/** By name of a quantized tensor: what decodes it. */
function usesOf(graph: Graph): ReadonlyMap<string, Use> {
  let uses = cache.get(graph);
  if (uses === undefined) {
    const found = new Map<string, Use>();
    const wiring = new Wiring(graph);
    for (const node of graph.nodes) {
      const op = node.op.slice(node.op.lastIndexOf('.') + 1);
      const input = (index: number) => node.inputs[index] ?? '';
      for (const [tensor, scale, zeroPoint, axis] of DECODERS.get(op) ?? []) {
        if (input(tensor) === '') continue;
        const gates = op === 'DynamicQuantizeLSTM' ? { gates: true } : {};
        found.set(input(tensor), { node, scale: input(scale), zeroPoint: input(zeroPoint), axis, ...gates });
      }
      const axis = INTEGER_PRODUCTS.get(op);
      if (axis !== undefined && input(1) !== '')
        found.set(input(1), { node, scale: wiring.scaleBehind(node), zeroPoint: input(3), axis });
      // An embedding in integers: its rows are multiplied by their scales once they are looked up.
      const scale = op === 'Gather' ? wiring.scaleBehind(node) : '';
      if (scale !== '') found.set(input(0), { node, scale, zeroPoint: '', axis: 0 });
    }
    uses = found;
    cache.set(graph, uses);
  }
  return uses;
}

/** Who makes and who reads tensors; found out when somebody asks. */
class Wiring {
  #readers: Map<string, Node[]> | undefined;
  #makers: Map<string, Node> | undefined;

  constructor(private readonly graph: Graph) {}

  /** Of sums · (input's scale · weight's scale), or of rows · rows of scales, the stored one's name; '' where the product is another one. */
  scaleBehind(product: Node): string {
    const cast = this.only(product, 'Cast');
    const multiplied = cast && this.only(cast, 'Mul');
    const factor = multiplied?.inputs.find((name) => name !== cast?.outputs[0]) ?? '';
    if (this.graph.constants.has(factor)) return factor;
    const made = this.makers.get(factor);
    const stored =
      made?.op === 'Mul' || made?.op === 'Gather'
        ? made.inputs.filter((name) => this.graph.constants.has(name))
        : [];
    const [only = '', ...more] = stored;
    return more.length === 0 ? only : '';
  }

  /** The only reader of a node's first output, where it is such a node. */
  private only(node: Node, op: string): Node | undefined {
    const readers = this.readers.get(node.outputs[0] ?? '') ?? [];
    return readers.length === 1 && readers[0]?.op === op ? readers[0] : undefined;
  }

  private get readers(): Map<string, Node[]> {
    if (this.#readers === undefined) {
      this.#readers = new Map();
      for (const node of this.graph.nodes)
        for (const name of node.inputs) {
          const list = this.#readers.get(name);
          if (list) list.push(node);
          else this.#readers.set(name, [node]);
        }
    }
    return this.#readers;
  }

  private get makers(): Map<string, Node> {
    this.#makers ??= new Map(
      this.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
    );
    return this.#makers;
  }
}
