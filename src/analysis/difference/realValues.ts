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
  const read = (name: string | undefined): ArrayLike<number> | null => {
    const found = name ? find(name, graph) : null;
    const stored = found?.graph.inferred.graph.constants.get(name ?? '');
    return stored === undefined ? null : side.file.readTensor(stored).values;
  };
  const scales = read(scale);
  if (scales === null) return 'unknown';
  const zeroPoints = zeroPoint ? read(zeroPoint) : [0];
  if (zeroPoints === null) return 'unknown';
  const blockSize = Number(attributeOf(node.attributes, 'block_size') ?? 0) || 1;
  const axis = Number(attributeOf(node.attributes, 'axis') ?? use.axis);
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

/** What says how a quantized tensor is decoded. */
interface DecodingUse {
  /** With the attributes that say it. */
  readonly node: Node;
  /** Names of tensors; no zero point is 0. */
  readonly scale: string | undefined;
  readonly zeroPoint: string | undefined;
  /** Where the operator's scales lie along unless an attribute says it. */
  readonly axis: number;
}

/** Operators that take quantized tensors: which input, and which are its scale and its zero point. */
const DECODING: Readonly<
  Record<string, readonly [data: number, scale: number, zeroPoint: number, axis: number][]>
> = {
  DequantizeLinear: [[0, 1, 2, 1]],
  QLinearConv: [[3, 4, 5, 0]],
  QLinearMatMul: [[3, 4, 5, -1]],
  MatMulIntegerToFloat: [[1, 3, 5, -1]],
  DynamicQuantizeMatMul: [[1, 2, 3, -1]],
  QAttention: [[1, 4, 7, -1]],
};
const DECODING_BY_OP = new Map(Object.entries(DECODING));

/** Products of integers, which are scaled behind: where their weights' scales lie along. */
const INTEGER_PRODUCTS: ReadonlyMap<string, number> = new Map([
  ['MatMulInteger', -1],
  ['ConvInteger', 0],
]);

const cache = new WeakMap<Graph, ReadonlyMap<string, DecodingUse>>();

/** By name of a quantized tensor. ONNX: DequantizeLinear, or operators that take quantized weights themselves. */
function usesOf(graph: Graph): ReadonlyMap<string, DecodingUse> {
  let uses = cache.get(graph);
  if (uses === undefined) {
    const found = new Map<string, DecodingUse>();
    let factors: Factors | undefined;
    for (const node of graph.nodes) {
      const op = node.op.slice(node.op.lastIndexOf('.') + 1);
      for (const [data, scale, zeroPoint, axis] of DECODING_BY_OP.get(op) ?? []) {
        const [name, ...of] = [data, scale, zeroPoint].map((input) => node.inputs[input]);
        if (name) found.set(name, { node, scale: of[0], zeroPoint: of[1], axis });
      }
      const axis = INTEGER_PRODUCTS.get(op);
      const [, weight, , zeroPoint] = node.inputs;
      if (axis === undefined || !weight) continue;
      factors ??= new Factors(graph);
      found.set(weight, { node, scale: factors.constantBehind(node), zeroPoint, axis });
    }
    uses = found;
    cache.set(graph, uses);
  }
  return uses;
}

/** By what a product of integers is multiplied, once it is cast to float. */
class Factors {
  private readonly users = new Map<string, Node>();
  private readonly producers = new Map<string, Node>();

  constructor(private readonly graph: Graph) {
    for (const node of graph.nodes) {
      for (const input of node.inputs) if (!this.users.has(input)) this.users.set(input, node);
      for (const output of node.outputs) this.producers.set(output, node);
    }
  }

  /** The constant among the two scales, whose product it is multiplied by. */
  constantBehind(node: Node): string | undefined {
    const cast = this.userOf(node, 'Cast');
    const scaling = cast && this.userOf(cast, 'Mul');
    const factor = scaling?.inputs.find((input) => input !== cast?.outputs[0]);
    const product = factor === undefined ? undefined : this.producers.get(factor);
    if (product?.op !== 'Mul') return undefined;
    const constants = product.inputs.filter((input) => this.graph.constants.has(input));
    return constants.length === 1 ? constants[0] : undefined;
  }

  private userOf({ outputs }: Node, op: string): Node | undefined {
    const user = this.users.get(outputs[0] ?? '');
    return user?.op === op ? user : undefined;
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
    const zeroPoint = zeroPoints.length === 1 ? zeroPoints[0] : zeroPoints[slice];
    values[index] = (scales[slice] ?? 0) * ((stored[index] ?? 0) - (zeroPoint ?? 0));
  }
  return values;
}
