import type { NodeProto } from '../onnx_pb';
import type { GraphEditor } from './editor';
import { type Candidate, clampOf, classify, isPassing } from './layers';
import { nodeName, operator } from './protos';

/** A node that is computed in 8 bits. */
export interface PlannedLayer extends Candidate {
  readonly name: string;
  readonly rawOutput: string;
  /** After the activation function that the output's range does the work of. */
  readonly output: string;
  readonly activation: NodeProto | null;
  /** The range that it limits to. */
  readonly clamp: { min: number; max: number } | null;
  /** false: its result goes on in float, straight from the sums in 32 bits. */
  readonly quantizesOutput: boolean;
}

export interface Plan {
  /** In execution order. */
  readonly layers: readonly PlannedLayer[];
  /** For each tensor that has an 8-bit form, the one whose range gives its scale and zero point. */
  readonly roots: ReadonlyMap<string, string>;
  /** Nodes that stay in float though the caller did not ask for it. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Which nodes are computed in 8 bits, and which tensors have an 8-bit form for it. */
export function planInt8(editor: GraphEditor, keep: ReadonlySet<string>): Plan {
  const nodes = editor.nodes();
  const candidates = new Map<NodeProto, Candidate>();
  const reasons = new Map<string, string>();
  for (const node of nodes) {
    if (keep.has(nodeName(node))) continue;
    const result = classify(editor, node);
    if (typeof result === 'string') reasons.set(nodeName(node), result);
    else candidates.set(node, result);
  }
  const fed = feedsProduct(editor, nodes, candidates);
  const layers: PlannedLayer[] = [];
  const roots = new Map<string, string>();
  const made = new Set<string>();
  for (const node of nodes) {
    const candidate = candidates.get(node);
    if (candidate === undefined) continue;
    const data = candidate.data.map((index) => node.input[index] ?? '');
    const reason = notWorthIt(candidate, data, made, roots, fed);
    if (reason !== null) {
      reasons.set(nodeName(node), reason);
      continue;
    }
    const layer = plannedLayer(editor, candidate, keep, fed);
    layers.push(layer);
    for (const name of data) if (!roots.has(name)) roots.set(name, name);
    if (candidate.kind === 'passing') {
      const root = roots.get(data[0] ?? '') ?? '';
      for (const name of node.output) if (name !== '') roots.set(name, root);
      for (const name of node.output) made.add(name);
    } else if (layer.quantizesOutput) {
      roots.set(layer.output, layer.output);
      made.add(layer.output);
    }
  }
  return { layers, roots, reasons: ofInterest(editor, nodes, layers, reasons, roots) };
}

function notWorthIt(
  candidate: Candidate,
  data: readonly string[],
  made: ReadonlySet<string>,
  roots: ReadonlyMap<string, string>,
  fed: Fed,
): string | null {
  switch (candidate.kind) {
    case 'product':
      return null;
    case 'pooling':
      return made.has(data[0] ?? '') ? null : FLOAT_INPUT;
    case 'passing':
      return roots.has(data[0] ?? '') || fed.directly.has(data[0] ?? '') ? null : FLOAT_INPUT;
    case 'arithmetic': {
      if (!data.some((name) => made.has(name))) return FLOAT_INPUT;
      // Past the last product 8 bits would cost accuracy and save nothing.
      return candidate.node.output.some((name) => fed.somehow.has(name)) ? null : LAST;
    }
  }
}

const FLOAT_INPUT = 'its input is float, and turning it into int8 would cost more than it saves';
const LAST = 'no convolution or matrix product follows, so its result would be turned back to float at once';

/**
 * Tensors whose range is needed, for these layers in float and for any larger set of them: one calibration then
 * serves a whole search.
 */
export function tensorsWithRange(editor: GraphEditor, keep: ReadonlySet<string>): string[] {
  const { layers, roots } = planInt8(editor, keep);
  const tensors = new Set(roots.values());
  // Where a layer goes back to float, what it handed on must be quantized by itself.
  for (const layer of layers) {
    for (const index of layer.data) tensors.add(layer.node.input[index] ?? '');
    if (layer.kind === 'passing') for (const name of layer.node.output) tensors.add(name);
    else tensors.add(layer.output);
  }
  tensors.delete('');
  return [...tensors];
}

/** Tensors from which a product can be reached. */
interface Fed {
  /** A product reads it. */
  readonly directly: ReadonlySet<string>;
  /** Through nodes that can stay in 8 bits. */
  readonly inInt8: ReadonlySet<string>;
  /** Through any nodes. */
  readonly somehow: ReadonlySet<string>;
}

function feedsProduct(
  editor: GraphEditor,
  nodes: readonly NodeProto[],
  candidates: ReadonlyMap<NodeProto, Candidate>,
): Fed {
  const directly = new Set<string>();
  const inInt8 = new Set<string>();
  const somehow = new Set<string>();
  for (const node of [...nodes].reverse()) {
    const candidate = candidates.get(node);
    const data = candidate?.data.map((index) => node.input[index] ?? '') ?? [];
    if (candidate?.kind === 'product') for (const name of data) directly.add(name);
    const isProduct = candidate?.kind === 'product';
    if (isProduct || node.output.some((name) => somehow.has(name)))
      for (const name of node.input) somehow.add(name);
    const staysInt8 = candidate !== undefined || clampOf(editor, node) !== null;
    if (isProduct || (staysInt8 && node.output.some((name) => inInt8.has(name))))
      for (const name of candidate ? data : node.input.slice(0, 1)) inInt8.add(name);
  }
  return { directly, inInt8, somehow };
}

function plannedLayer(
  editor: GraphEditor,
  candidate: Candidate,
  keep: ReadonlySet<string>,
  fed: Fed,
): PlannedLayer {
  const { node, kind } = candidate;
  const rawOutput = node.output[0] ?? '';
  const name = nodeName(node);
  const plain = { ...candidate, name, rawOutput, output: rawOutput, activation: null, clamp: null };
  if (kind === 'passing') return { ...plain, quantizesOutput: true };
  // Gemm and MatMul can give float; a convolution in 8 bits cannot.
  const canGiveFloat = kind === 'product' && operator(node) !== 'Conv';
  if (canGiveFloat && !fed.inInt8.has(rawOutput)) return { ...plain, quantizesOutput: false };
  const next = editor.onlyConsumer(rawOutput);
  const clamp = next && !keep.has(nodeName(next)) ? clampOf(editor, next) : null;
  if (next === undefined || clamp === null) return { ...plain, quantizesOutput: true };
  return { ...plain, output: next.output[0] ?? '', activation: next, clamp, quantizesOutput: true };
}

/** Of all nodes in float, those that an 8-bit tensor meets, and products: nobody asks about shape arithmetic. */
function ofInterest(
  editor: GraphEditor,
  nodes: readonly NodeProto[],
  layers: readonly PlannedLayer[],
  reasons: ReadonlyMap<string, string>,
  roots: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const planned = new Set(layers.flatMap((layer) => [layer.node, layer.activation]));
  const result = new Map<string, string>();
  for (const node of nodes) {
    const reason = reasons.get(nodeName(node));
    if (reason === undefined || planned.has(node)) continue;
    const meets = [...node.input, ...node.output].some((name) => roots.has(name));
    const computes = !isPassing(node) && !SHAPES.has(operator(node));
    if ((meets && computes) || hasWeights(editor, node)) result.set(nodeName(node), reason);
  }
  return result;
}

const SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size']);
const WEIGHTED: ReadonlySet<string> = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'LSTM',
  'GRU',
  'RNN',
]);

function hasWeights(editor: GraphEditor, node: NodeProto): boolean {
  return WEIGHTED.has(operator(node)) && node.input.slice(1).some((name) => editor.constant(name));
}
