import type { Graph, Node, Quantization, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { type EnteredGraph, find } from '../rows';
import { attributeOf } from './attributes';
import type { Side } from './side';

export type Values = Float32Array | Float64Array;

/** What stored numbers stand for: real = scale · (stored − zero point), a scale for each slice or block. */
interface Scaling {
  readonly scales: ArrayLike<number>;
  readonly zeroPoints: ArrayLike<number>;
  /** null: one scale for all. */
  readonly axis: number | null;
  /** Neighbours along the axis that share a scale. */
  readonly blockSize: number;
}

/** `unknown`: there are scales, but where they are or how they apply is not known here. */
type FoundScaling = Scaling | 'none' | 'unknown';

export interface RealValues {
  readonly values: Values;
  readonly complete: boolean;
}

/**
 * The first `limit` elements of a weight as the real numbers that they stand for, decoded as the tensor's own
 * quantization or the operators around it say, or decompressed. null where that is not known, or the tensor is sparse.
 *
 * @throws ModelError when the elements cannot be read.
 */
export function realValues(
  side: Side,
  graph: EnteredGraph,
  tensor: Tensor,
  limit: number,
): RealValues | null {
  const decompress = side.file.decompressed?.(tensor);
  if (decompress) {
    if (tensor.shape.reduce((a, b) => a * b, 1) > limit) {
      throw new ModelError('some compressed weights are too large to be decompressed');
    }
    return { values: decompress(), complete: true };
  }
  if (tensor.sparse || tensor.type === 'string') return null;
  const scaling = scalingOf(side, graph, tensor);
  if (scaling === 'unknown') return null;
  const { values, complete } = side.file.readTensor(tensor, limit);
  return { values: scaling === 'none' ? values : scaled(values, tensor.shape, scaling), complete };
}

/** Scales and zero points as numbers, to tell whether equal bytes stand for equal weights. */
export function scalesOf(side: Side, graph: EnteredGraph, tensor: Tensor): string {
  const scaling = scalingOf(side, graph, tensor);
  if (typeof scaling === 'string') return scaling;
  return JSON.stringify([
    Array.from(scaling.scales),
    Array.from(scaling.zeroPoints),
    scaling.axis,
    scaling.blockSize,
  ]);
}

function scalingOf(side: Side, graph: EnteredGraph, tensor: Tensor): FoundScaling {
  const { quantization } = tensor;
  if (quantization !== undefined) return ofTensor(quantization, tensor);
  const use = usesOf(graph.inferred.graph).get(tensor.name);
  if (use === undefined) return isStoredReal(tensor) ? 'none' : 'unknown';
  const { node, scale, zeroPoint } = use;
  if (scale === '') return 'unknown';
  const read = (name: string): ArrayLike<number> | null => {
    const stored = find(name, graph)?.graph.inferred.graph.constants.get(name);
    return stored === undefined ? null : side.file.readTensor(stored).values;
  };
  const scales = read(scale);
  if (scales === null) return 'unknown';
  const zeroPoints = zeroPoint ? read(zeroPoint) : [0];
  if (zeroPoints === null) return 'unknown';
  // Gates of a recurrent layer have scales in each direction: as if all that they read were one block.
  const [, ofGates = 1] = tensor.shape;
  const gates = use.kind === 'gates' && ofGates > 1;
  const blockSize = gates ? ofGates : Number(attributeOf(node.attributes, 'block_size') ?? 0) || 1;
  const axis = gates ? 1 : Number(attributeOf(node.attributes, 'axis') ?? use.axis);
  const single = scales.length === 1 && blockSize === 1;
  return { scales, zeroPoints, axis: single ? null : axis, blockSize };
}

function isStoredReal({ type }: Tensor): boolean {
  // Wide integers stand for themselves; narrow ones are quantized by something that is not known here.
  return type.startsWith('float') || type === 'bfloat16' || type.endsWith('32') || type.endsWith('64');
}

function ofTensor({ scales, zeroPoints, axis, blockSize }: Quantization, { type }: Tensor): FoundScaling {
  if (scales.length === 0) return type.startsWith('float') ? 'none' : 'unknown';
  if (blockSize !== null || (axis === null && scales.length > 1)) return 'unknown';
  return { scales, zeroPoints, axis: scales.length === 1 ? null : axis, blockSize: 1 };
}

/** The node that decodes a quantized tensor, and names of its scale and zero point ('' where there is none). */
interface DecodingUse {
  /** With the attributes that say it. */
  readonly node: Node;
  readonly scale: string;
  readonly zeroPoint: string;
  /** Where the operator's scales lie along unless an attribute says it. */
  readonly axis: number;
  readonly kind?: 'gates';
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

const cache = new WeakMap<Graph, ReadonlyMap<string, DecodingUse>>();

/** By name of a quantized tensor: what decodes it. */
function usesOf(graph: Graph): ReadonlyMap<string, DecodingUse> {
  let uses = cache.get(graph);
  if (uses === undefined) {
    const found = new Map<string, DecodingUse>();
    const wiring = new Wiring(graph);
    for (const node of graph.nodes) {
      const op = node.op.slice(node.op.lastIndexOf('.') + 1);
      const input = (index: number) => node.inputs[index] ?? '';
      for (const [tensor, scale, zeroPoint, axis] of DECODERS.get(op) ?? []) {
        if (input(tensor) === '') continue;
        const kind = op === 'DynamicQuantizeLSTM' ? { kind: 'gates' as const } : {};
        found.set(input(tensor), { node, scale: input(scale), zeroPoint: input(zeroPoint), axis, ...kind });
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

function scaled(stored: Values, shape: readonly number[], scaling: Scaling): Values {
  const { scales, zeroPoints, blockSize } = scaling;
  const axis = scaling.axis === null ? null : (scaling.axis + shape.length) % Math.max(shape.length, 1);
  const length = axis === null ? 1 : (shape[axis] ?? 1);
  const inner = axis === null ? 1 : shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const blocks = Math.ceil(length / blockSize);
  // Scales of blocks have the tensor's own rank; those of slices lie along the axis alone.
  const blocked = blockSize > 1;
  const needed = axis === null ? 1 : blocked ? (stored.length / length / inner) * blocks * inner : length;
  if (scales.length < Math.floor(needed)) throw new ModelError('A quantized tensor has too few scales.');
  const zeroPointed = zeroPoints.length > 1;
  if (zeroPointed && zeroPoints.length < Math.floor(needed))
    throw new ModelError('A quantized tensor has too few zero points.');
  const values = new Float64Array(stored.length);
  for (let index = 0; index < stored.length; index++) {
    let slice = 0;
    if (axis !== null) {
      const along = Math.floor(index / inner) % length;
      slice = blocked
        ? (Math.floor(index / inner / length) * blocks + Math.floor(along / blockSize)) * inner +
          (index % inner)
        : along;
    }
    const zeroPoint = zeroPointed ? (zeroPoints[slice] ?? Number.NaN) : (zeroPoints[0] ?? 0);
    values[index] = (scales[slice] ?? Number.NaN) * ((stored[index] ?? Number.NaN) - zeroPoint);
  }
  return values;
}
