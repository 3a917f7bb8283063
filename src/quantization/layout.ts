import type { Layout, ModelPlan, PlanNode, PlannedLayer, Range, Role } from '../formats/plan';
import { itemAt, present } from '../model/assert';
import type { NodeId } from '../model/nodeId';
import {
  type Assignment,
  type Precision,
  type Scheme,
  schemeOf,
  staysInFloat,
  withFloat,
} from '../model/precision';
import { factsOf, type Recipe } from '../protocol/recipes';

/** For every node the best precision that it allows and `wanted` accepts, but for some that stay in float. */
export function assign(
  plan: ModelPlan,
  wanted: (precision: Precision) => boolean,
  float: Iterable<NodeId> = [],
): Assignment {
  return withFloat(
    assigned(plan, ({ precisions }) => precisions.find(wanted)),
    float,
  );
}

/**
 * What a recipe makes of every node, but for some that stay in float: the first precision of the node that stores
 * weights as the recipe likes best.
 * @param activations one of the types that the recipe leaves open; null: whichever a node has first
 */
export function assignRecipe(
  plan: ModelPlan,
  recipe: Recipe,
  float: Iterable<NodeId>,
  activations: Precision['activations'] | null = null,
): Assignment {
  const facts = factsOf(recipe);
  const types: readonly string[] = activations === null ? facts.activations : [activations];
  const fitting = ({ precisions }: PlanNode) => {
    const computed = precisions.filter((one) => types.includes(one.activations));
    const stored = (facts.weights ?? []).map((type) => computed.find(({ weights }) => weights === type));
    return stored.find((one) => one !== undefined);
  };
  return withFloat(assigned(plan, fitting), float);
}

/** What layers are that a recipe makes. */
export function schemesOf(recipe: Recipe): Set<Scheme> {
  const { weights, activations } = factsOf(recipe);
  const stored = (weights ?? ['float32']) as readonly Precision['weights'][];
  const computed = activations as readonly Precision['activations'][];
  return new Set(
    stored.flatMap((type) =>
      computed.map((how) => schemeOf({ weights: type, activations: how, granularity: 'tensor' })),
    ),
  );
}

/** Its weights, whose layers compute in float or by ranges of each run, can be rounded by what data give their layers. */
export function roundsByData(recipe: Recipe): boolean {
  const schemes = schemesOf(recipe);
  return schemes.has('weights') || schemes.has('dynamic');
}

function assigned(plan: ModelPlan, precisionOf: (node: PlanNode) => Precision | undefined): Assignment {
  const assignment = new Map<NodeId, Precision>();
  for (const node of plan.nodes) {
    const precision = precisionOf(node);
    if (precision !== undefined) assignment.set(node.id, precision);
  }
  return assignment;
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

/**
 * Which nodes are computed in integers with static scales by an assignment, and which tensors have such a form for it;
 * all else is as the assignment has it. Names are those of tensors of the cleaned model.
 * @param asked schemes that nodes are told why they do not have, besides those of the assignment
 */
export function layOut(plan: ModelPlan, assignment: Assignment, asked: Iterable<Scheme> = []): Layout {
  const candidates = new Map<PlanNode, Candidate>();
  const reasons = new Map<PlanNode, Reason>();
  const schemes = new Set([...asked, ...[...assignment.values()].map(schemeOf)]);
  schemes.delete('float32');
  for (const [index, node] of plan.nodes.entries()) {
    const precision = assignment.get(node.id);
    if (precision !== undefined && isStatic(precision)) {
      const role = present(node.role, `role in integers of node ${node.id}`);
      const data = role.data.map((at) => itemAt(node.inputs, at));
      candidates.set(node, { index, node, role, precision, data });
    } else if (precision === undefined) {
      const reason = refusalOf(node, schemes);
      if (reason !== null) reasons.set(node, reason);
    }
  }
  const fed = feedsProduct(plan, candidates);
  const layers: PlannedLayer[] = [];
  const roots = new Map<string, string>();
  const fixedRanges = new Map<string, Range>();
  const made = new Set<string>();
  for (const [node, candidate] of candidates) {
    const reason = notWorthIt(plan, candidate, made, roots, fed);
    if (reason !== null) {
      reasons.set(node, { reason, always: false });
      continue;
    }
    const layer = plannedLayer(plan, candidate, assignment, fed);
    layers.push(layer);
    for (const name of candidate.data) if (!roots.has(name)) roots.set(name, name);
    if (candidate.role.kind === 'same-scale') {
      const data = itemAt(candidate.data, 0);
      const root = present(roots.get(data), `range of ${data}`);
      for (const name of node.outputs) if (name !== '') roots.set(name, root);
      for (const name of node.outputs) made.add(name);
    } else if (layer.quantizesOutput) {
      roots.set(layer.output, layer.output);
      made.add(layer.output);
      const { outputRange } = layer.role;
      if (outputRange !== undefined) fixedRanges.set(layer.output, outputRange);
    }
  }
  return {
    assignment,
    schemes,
    layers,
    roots,
    fixedRanges,
    reasons: ofInterest(plan, layers, reasons, roots),
  };
}

const SCHEMES: readonly Scheme[] = ['static', 'dynamic', 'weights', 'float16'];

interface Reason {
  readonly reason: string;
  /** It is told whatever is beside the node. */
  readonly always: boolean;
}

/** Why a node has no precision of these schemes; null: no reason is known. */
function refusalOf({ refusals }: PlanNode, schemes: ReadonlySet<Scheme>): Reason | null {
  for (const scheme of SCHEMES) {
    const reason = refusals[scheme];
    if (reason !== undefined && schemes.has(scheme)) return { reason, always: scheme !== 'static' };
  }
  return null;
}

/** The layout without the layers for which there is no finite range, by tensor as calibration found them. */
export function layOutFinite(
  plan: ModelPlan,
  assignment: Assignment,
  ranges: ReadonlyMap<string, Range>,
  asked: Iterable<Scheme>,
): Layout {
  const unusable = new Map<NodeId, string>();
  for (;;) {
    const layout = layOut(plan, withFloat(assignment, unusable.keys()), asked);
    const before = unusable.size;
    const rootOf = (tensor: string) => layout.roots.get(tensor) ?? tensor;
    const known = new Map([...ranges, ...layout.fixedRanges]);
    for (const layer of layout.layers) {
      const tensors = [...dataOf(plan, layer), ...(layer.quantizesOutput ? [layer.output] : [])];
      const bad = tensors.find((name) => !isUsable(known.get(rootOf(name))));
      if (bad === undefined) continue;
      unusable.set(
        layer.id,
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
    else for (const name of itemAt(plan.nodes, layer.node).outputs) tensors.add(name);
  }
  tensors.delete('');
  return [...tensors];
}

/**
 * The range that the integers of each root cover: what its kernel demands, else what was measured, within what the
 * activation function that is folded into its layer lets through. Ranges of all other tensors stay as they are.
 */
export function rangesOf(layout: Layout, measured: ReadonlyMap<string, Range>): Map<string, Range> {
  const ranges = new Map([...measured, ...layout.fixedRanges]);
  for (const { output, clamp, quantizesOutput } of layout.layers) {
    const range = ranges.get(output);
    if (clamp === null || !quantizesOutput || range === undefined) continue;
    ranges.set(output, { min: Math.max(range.min, clamp.min), max: Math.min(range.max, clamp.max) });
  }
  return ranges;
}

/** Scales of activations are set once, by calibration; not in every run. */
export function isStatic(precision: Precision): boolean {
  return schemeOf(precision) === 'static';
}

function dataOf(plan: ModelPlan, { node, role }: PlannedLayer): string[] {
  return role.data.map((at) => itemAt(itemAt(plan.nodes, node).inputs, at));
}

function isUsable(range: Range | undefined): boolean {
  return range !== undefined && Number.isFinite(range.min) && Number.isFinite(range.max);
}

function notWorthIt(
  { integersThroughout }: ModelPlan,
  { role, node, data }: Candidate,
  made: ReadonlySet<string>,
  roots: ReadonlyMap<string, string>,
  fed: Fed,
): string | null {
  if (integersThroughout && (role.kind !== 'same-scale' || node.outputs.some((name) => fed.inInt8.has(name))))
    return null;
  switch (role.kind) {
    case 'product':
      return null;
    case 'pooling':
      return made.has(itemAt(data, 0)) ? null : FLOAT_INPUT;
    case 'same-scale':
      return roots.has(itemAt(data, 0)) || fed.directly.has(itemAt(data, 0)) ? null : FLOAT_INPUT;
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
  const rawOutput = itemAt(node.outputs, 0);
  const plain = {
    node: index,
    role,
    precision,
    id: node.id,
    name: node.name,
    rawOutput,
    output: rawOutput,
    activation: null,
    clamp: null,
    quantizesOutput: true,
  };
  if (role.kind === 'same-scale') return plain;
  if (role.givesFloat && !fed.inInt8.has(rawOutput)) return { ...plain, quantizesOutput: false };
  const next = node.onlyReader === null ? null : itemAt(plan.nodes, node.onlyReader);
  if (next === null || next.clamp === null || staysInFloat(assignment, next.id)) return plain;
  return { ...plain, output: itemAt(next.outputs, 0), activation: node.onlyReader, clamp: next.clamp };
}

/** Of all nodes in float: products, those that an 8-bit tensor meets, and all that other schemes refuse. */
function ofInterest(
  plan: ModelPlan,
  layers: readonly PlannedLayer[],
  reasons: ReadonlyMap<PlanNode, Reason>,
  roots: ReadonlyMap<string, string>,
): ReadonlyMap<NodeId, string> {
  const planned = new Set(layers.flatMap(({ node, activation }) => [node, activation]));
  const result = new Map<NodeId, string>();
  for (const [index, node] of plan.nodes.entries()) {
    const told = reasons.get(node);
    if (told === undefined || planned.has(index)) continue;
    const meets = [...node.inputs, ...node.outputs].some((name) => roots.has(name));
    if (told.always || node.mention === 'always' || (node.mention === 'beside int8' && meets))
      result.set(node.id, told.reason);
  }
  return result;
}
