import type { Layout, ModelPlan, PlanNode, PlannedLayer, Range, Role } from '../formats/plan';
import { type Assignment, type LayerKey, type Precision, staysInFloat, withFloat } from '../model/precision';

/** For every node the best precision that it allows and `wanted` accepts, but for some that stay in float. */
export function assign(
  plan: ModelPlan,
  wanted: (precision: Precision) => boolean,
  float: Iterable<LayerKey> = [],
): Assignment {
  const assignment = new Map<LayerKey, Precision>();
  for (const { name, precisions } of plan.nodes) {
    const precision = precisions.find(wanted);
    if (precision !== undefined) assignment.set(name, precision);
  }
  return withFloat(assignment, float);
}

/** A node with a part in a graph of integers, and the precision that it is assigned. */
interface Candidate {
  readonly index: number;
  readonly node: PlanNode;
  readonly role: Role;
  readonly precision: Precision;
  /** Activations that it reads. */
  readonly data: readonly string[];
}

/** Which nodes are computed in integers by an assignment, and which tensors have such a form for it. */
export function layOut(plan: ModelPlan, assignment: Assignment): Layout {
  const candidates = new Map<PlanNode, Candidate>();
  const reasons = new Map<PlanNode, string>();
  for (const [index, node] of plan.nodes.entries()) {
    const { role, inputs } = node;
    const precision = assignment.get(node.name);
    if (staysInFloat(assignment, node.name)) continue;
    if (typeof role === 'string') reasons.set(node, role);
    else if (precision !== undefined && isStatic(precision)) {
      const data = role.data.map((at) => inputs[at] ?? '');
      candidates.set(node, { index, node, role, precision, data });
    }
  }
  const fed = feedsProduct(plan, candidates);
  const layers: PlannedLayer[] = [];
  const roots = new Map<string, string>();
  const fixedRanges = new Map<string, Range>();
  const made = new Set<string>();
  for (const [node, candidate] of candidates) {
    const reason = notWorthIt(candidate, made, roots, fed);
    if (reason !== null) {
      reasons.set(node, reason);
      continue;
    }
    const layer = plannedLayer(plan, candidate, assignment, fed);
    layers.push(layer);
    for (const name of candidate.data) if (!roots.has(name)) roots.set(name, name);
    if (candidate.role.kind === 'same-scale') {
      const root = roots.get(candidate.data[0] ?? '') ?? '';
      for (const name of node.outputs) if (name !== '') roots.set(name, root);
      for (const name of node.outputs) made.add(name);
    } else if (layer.quantizesOutput) {
      roots.set(layer.output, layer.output);
      made.add(layer.output);
      const { outputRange } = layer.role;
      if (outputRange !== undefined) fixedRanges.set(layer.output, outputRange);
    }
  }
  return { layers, roots, fixedRanges, reasons: ofInterest(plan, layers, reasons, roots) };
}

/** The layout without the layers for which there is no finite range. */
export function layOutFinite(
  plan: ModelPlan,
  assignment: Assignment,
  ranges: ReadonlyMap<string, Range>,
): Layout {
  const unusable = new Map<LayerKey, string>();
  for (;;) {
    const layout = layOut(plan, withFloat(assignment, unusable.keys()));
    const before = unusable.size;
    const rootOf = (tensor: string) => layout.roots.get(tensor) ?? tensor;
    const known = new Map([...ranges, ...layout.fixedRanges]);
    for (const layer of layout.layers) {
      const tensors = [...dataOf(plan, layer), ...(layer.quantizesOutput ? [layer.output] : [])];
      const bad = tensors.find((name) => !isUsable(known.get(rootOf(name))));
      if (bad === undefined) continue;
      unusable.set(
        layer.name,
        ranges.has(rootOf(bad))
          ? `no finite values of ${bad} were seen in calibration`
          : `${bad} is not known to hold float32`,
      );
    }
    if (unusable.size === before) return { ...layout, reasons: new Map([...layout.reasons, ...unusable]) };
  }
}

/**
 * Tensors whose range is needed, for a layout and for any in which more layers are in float: one calibration then
 * serves a whole search.
 */
export function tensorsToObserve(plan: ModelPlan, { layers, roots }: Layout): string[] {
  const tensors = new Set(roots.values());
  // Where a layer goes back to float, what it handed on must be quantized by itself.
  for (const layer of layers) {
    for (const name of dataOf(plan, layer)) tensors.add(name);
    if (layer.role.kind !== 'same-scale') tensors.add(layer.output);
    else for (const name of plan.nodes[layer.node]?.outputs ?? []) tensors.add(name);
  }
  tensors.delete('');
  return [...tensors];
}

/** Scales are set once, by calibration; not in every run. */
export function isStatic({ weights, activations }: Precision): boolean {
  return weights === 'int8' && (activations === 'uint8' || activations === 'int8');
}

function dataOf(plan: ModelPlan, { node, role }: PlannedLayer): string[] {
  return role.data.map((at) => plan.nodes[node]?.inputs[at] ?? '');
}

function isUsable(range: Range | undefined): boolean {
  return range !== undefined && Number.isFinite(range.min) && Number.isFinite(range.max);
}

function notWorthIt(
  { role, node, data }: Candidate,
  made: ReadonlySet<string>,
  roots: ReadonlyMap<string, string>,
  fed: Fed,
): string | null {
  switch (role.kind) {
    case 'product':
      return null;
    case 'pooling':
      return made.has(data[0] ?? '') ? null : FLOAT_INPUT;
    case 'same-scale':
      return roots.has(data[0] ?? '') || fed.directly.has(data[0] ?? '') ? null : FLOAT_INPUT;
    case 'arithmetic': {
      if (!data.some((name) => made.has(name))) return FLOAT_INPUT;
      // Past the last product 8 bits would cost accuracy and save nothing.
      return node.outputs.some((name) => fed.somehow.has(name)) ? null : LAST;
    }
  }
}

const FLOAT_INPUT = 'its input is float, and turning it into int8 would cost more than it saves';
const LAST = 'no convolution or matrix product follows, so its result would be turned back to float at once';

/** Tensors from which a product can be reached. */
interface Fed {
  /** A product reads it. */
  readonly directly: ReadonlySet<string>;
  /** Through nodes that can stay in 8 bits. */
  readonly inInt8: ReadonlySet<string>;
  /** Through any nodes. */
  readonly somehow: ReadonlySet<string>;
}

function feedsProduct(plan: ModelPlan, candidates: ReadonlyMap<PlanNode, Candidate>): Fed {
  const directly = new Set<string>();
  const inInt8 = new Set<string>();
  const somehow = new Set<string>();
  for (const node of [...plan.nodes].reverse()) {
    const candidate = candidates.get(node);
    const isProduct = candidate?.role.kind === 'product';
    if (isProduct) for (const name of candidate.data) directly.add(name);
    if (isProduct || node.outputs.some((name) => somehow.has(name)))
      for (const name of node.inputs) somehow.add(name);
    const staysInt8 = candidate !== undefined || node.clamp !== null;
    if (isProduct || (staysInt8 && node.outputs.some((name) => inInt8.has(name))))
      for (const name of candidate?.data ?? node.inputs.slice(0, 1)) inInt8.add(name);
  }
  return { directly, inInt8, somehow };
}

function plannedLayer(
  plan: ModelPlan,
  { index, node, role, precision }: Candidate,
  assignment: Assignment,
  fed: Fed,
): PlannedLayer {
  const rawOutput = node.outputs[0] ?? '';
  const plain = {
    node: index,
    role,
    precision,
    name: node.name,
    rawOutput,
    output: rawOutput,
    activation: null,
    clamp: null,
    quantizesOutput: true,
  };
  if (role.kind === 'same-scale') return plain;
  if (role.givesFloat && !fed.inInt8.has(rawOutput)) return { ...plain, quantizesOutput: false };
  const next = node.onlyReader === null ? undefined : plan.nodes[node.onlyReader];
  if (next === undefined || next.clamp === null || staysInFloat(assignment, next.name)) return plain;
  return { ...plain, output: next.outputs[0] ?? '', activation: node.onlyReader, clamp: next.clamp };
}

/** Of all nodes in float, those that an 8-bit tensor meets, and products. */
function ofInterest(
  plan: ModelPlan,
  layers: readonly PlannedLayer[],
  reasons: ReadonlyMap<PlanNode, string>,
  roots: ReadonlyMap<string, string>,
): ReadonlyMap<LayerKey, string> {
  const planned = new Set(layers.flatMap(({ node, activation }) => [node, activation]));
  const result = new Map<LayerKey, string>();
  for (const [index, node] of plan.nodes.entries()) {
    const reason = reasons.get(node);
    if (reason === undefined || planned.has(index)) continue;
    const meets = [...node.inputs, ...node.outputs].some((name) => roots.has(name));
    if (node.mention === 'always' || (node.mention === 'beside int8' && meets)) result.set(node.name, reason);
  }
  return result;
}
