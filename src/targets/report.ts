import type { Analysis } from '../analysis/inspect';
import type { Row } from '../analysis/rows';
import { workOfNode } from '../analysis/work';
import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { InferredGraph, InferredNode } from '../model/inference';
import type { TargetChange, TargetLayer, TargetReport } from '../protocol/targets';
import { check } from './checks';
import { Layer } from './layer';
import { microMemory } from './micro/memory';
import { type PlacedNode, partitionsOf } from './partitions';
import { type LayerTable, open, type Refusal, refused, type Target } from './target';

/** Changes that are listed: a model with more has them by the thousand. */
const MAX_CHANGES = 12;

/** What a target says of a model, as a whole and layer by layer. Nothing is run; of weights nothing is read. */
export function targetReport(
  file: ModelFile,
  { nodes, inference }: Pick<Analysis, 'nodes' | 'inference'>,
  target: Target,
): TargetReport {
  const table = target.layers?.[file.format.id];
  const layers = table === undefined ? null : judged(file, nodes, table, target);
  const { graph } = inference;
  return {
    ...check(file, target),
    place: target.place,
    otherwise: target.otherwise,
    sources: target.sources.map((source) => ({ ...source })),
    ...(target.caution !== undefined && { caution: target.caution }),
    layers,
    ...(layers !== null && { summary: summaryOf(layers, nodes), changes: changesOf(layers) }),
    ...(target.memory === 'micro' && { memory: microMemory(graph) }),
  };
}

function judged(file: ModelFile, rows: readonly Row[], table: LayerTable, target: Target): TargetLayer[] {
  const producers = new Map<InferredGraph, ReadonlyMap<string, InferredNode>>();
  const producersOf = (graph: InferredGraph) => {
    const known =
      producers.get(graph) ??
      new Map(graph.nodes.flatMap((entry) => entry.node.outputs.map((name) => [name, entry])));
    producers.set(graph, known);
    return known;
  };
  let before = true;
  return rows.map((row): TargetLayer => {
    const { entry, graph, id, depth } = row;
    const { node } = entry;
    const { total, atLeast } = workOfNode({ ...entry, bodies: [] }, ({ macs }) => macs);
    const base = { id, name: node.name, op: node.op, depth, macs: total, knownMacs: atLeast };
    const outputs = node.outputs.filter((name) => name !== '');
    if (outputs.length > 0 && outputs.every((name) => graph.inferred.tensors.get(name)?.constant)) {
      return { ...base, where: 'constant' };
    }
    const layer = new Layer(row, file, producersOf(graph.inferred));
    let found = refusalOf(layer, table, target);
    if (found === null && !before && target.firstPartOnly !== undefined && depth === 0) {
      found = { rule: 'first-part', ...refused(target.firstPartOnly) };
    }
    if (found?.status === 'falls back' && depth === 0) before = false;
    if (found === null) return { ...base, where: 'there' };
    const { status, ...why } = found;
    return { ...base, where: status, ...why };
  });
}

/** The first that refuses; what is only unclear is said where nothing refuses. */
function refusalOf(layer: Layer, table: LayerTable, target: Target): (Refusal & { rule: string }) | null {
  const { op } = layer;
  const own = Object.hasOwn(table.operators, op) ? table.operators[op] : table.any;
  if (own === undefined) {
    const said = table.open !== undefined && Object.hasOwn(table.open, op) ? table.open[op] : undefined;
    if (said !== undefined) return { rule: 'operator', ...open(said) };
    const reason = `${op} is not among the operators of ${target.name}.`;
    return {
      rule: 'operator',
      ...(table.others === 'unknown' ? open(reason) : refused(reason, `Replace ${op}.`)),
    };
  }
  let unclear: (Refusal & { rule: string }) | null = null;
  for (const { id, check } of [...(table.every ?? []), ...own]) {
    const verdict = check(layer);
    if (verdict?.status === 'falls back') return { rule: id, ...verdict };
    if (verdict !== null) unclear ??= { rule: id, ...verdict };
  }
  return unclear;
}

/** The layers of the main graph that are no constants, each with what is used in its bodies. */
function placedNodes(layers: readonly TargetLayer[], rows: readonly Row[]): PlacedNode[] {
  const placed: { inputs: string[]; outputs: string[]; there: boolean }[] = [];
  let owner: string[] = [];
  for (const [index, { depth, where }] of layers.entries()) {
    const { node } = itemAt(rows, index).entry;
    if (depth > 0) {
      owner.push(...node.inputs);
      continue;
    }
    owner = [...node.inputs];
    if (where === 'constant') continue;
    placed.push({ inputs: owner, outputs: [...node.outputs], there: where === 'there' });
  }
  return placed;
}

function summaryOf(
  layers: readonly TargetLayer[],
  rows: readonly Row[],
): NonNullable<TargetReport['summary']> {
  const count = (where: TargetLayer['where']) => layers.filter((layer) => layer.where === where).length;
  const macs = (some: readonly TargetLayer[]) => some.reduce((sum, { knownMacs }) => sum + knownMacs, 0);
  const all = macs(layers);
  const complete = layers.every((layer) => layer.macs !== null);
  const there = macs(layers.filter(({ where }) => where === 'there'));
  const unknown = macs(layers.filter(({ where }) => where === 'unknown'));
  const parts = partitionsOf(placedNodes(layers, rows));
  return {
    there: count('there'),
    fallsBack: count('falls back'),
    unknown: count('unknown'),
    macs: complete ? all : null,
    knownMacs: all,
    macsThere: there,
    share: complete && all > 0 ? there / all : null,
    atLeast: unknown > 0 || count('unknown') > 0,
    partitions: parts.filter(({ there: on }) => on).length,
    switches: Math.max(0, parts.length - 1),
  };
}

function changesOf(layers: readonly TargetLayer[]): TargetChange[] {
  const found = new Map<string, TargetChange>();
  for (const { where, fix, rule, op, id, knownMacs } of layers) {
    if (where !== 'falls back' || fix === undefined || rule === undefined) continue;
    const key = `${rule} ${fix}`;
    const change = found.get(key) ?? { rule, fix, ops: [], layers: 0, macs: 0, first: id };
    if (!change.ops.includes(op)) change.ops.push(op);
    change.layers++;
    change.macs += knownMacs;
    found.set(key, change);
  }
  return [...found.values()].sort((a, b) => b.macs - a.macs || b.layers - a.layers).slice(0, MAX_CHANGES);
}
