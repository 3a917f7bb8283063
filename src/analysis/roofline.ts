import { itemAt, present } from '../model/assert';
import type { InferredTensor } from '../model/inference';
import type { Graph } from '../model/model';
import { type OperatorKind, PICKERS } from '../model/operatorKind';
import { otherDevice } from '../protocol/deviceNames';
import { latenciesOf } from '../protocol/latencies';
import { NOT_TIMED } from '../protocol/profileMarks';
import type { ProfileReport } from '../protocol/reports';
import {
  type CeilingsReport,
  judge,
  type LayerRoofline,
  memoryCeiling,
  type RooflineReport,
} from '../protocol/roofline';
import { linksOf } from './details';
import type { Analysis } from './inspect';
import { find, type Row } from './rows';
import { tensorBytes } from './tensorBytes';

/** They give their input another shape or name: nothing need be moved. */
const VIEWS: ReadonlySet<OperatorKind | null> = new Set(['reshape', 'identity', 'constant']);

/**
 * Every layer's work beside its time: MACs for each byte moved, what it reached a second, and what the ceilings let it
 * reach. Layers that the engine folded into another are counted with that one.
 *
 * @param profile null: nothing was measured, so the work alone is known
 * @param ceilings those of the profile's engine, threads and processor; null: not measured
 */
export function roofline(
  analysis: Analysis,
  profile: ProfileReport | null,
  ceilings: CeilingsReport | null,
): RooflineReport {
  const usable = profile !== null && ceilings !== null && areOf(ceilings, profile) ? ceilings : null;
  const times = latenciesOf(analysis.rows, profile);
  const layers = groups(analysis, profile).map(({ owner, members }): LayerRoofline => {
    const { id, name, op } = itemAt(analysis.rows, owner);
    const macs = sum(members.map(({ index }) => itemAt(analysis.rows, index).macs));
    const movedBytes = movedBy(analysis, members);
    const medianMs = times[owner]?.medianMs ?? null;
    const rate = (work: number | null) =>
      work === null || medianMs === null || medianMs <= 0 ? null : (1000 * work) / medianMs;
    const numbers = macs === null || macs === 0 ? null : numbersOf(members);
    const work = {
      macs,
      movedBytes,
      medianMs,
      macsCeiling: usable === null || numbers === null ? null : usable[numbers],
      bytesCeiling: usable === null || movedBytes === null ? null : memoryCeiling(usable, movedBytes),
    };
    return {
      ...{ id, name, op },
      ...work,
      intensity: macs === null || movedBytes === null || movedBytes === 0 ? null : macs / movedBytes,
      macsPerSecond: rate(macs),
      bytesPerSecond: rate(movedBytes),
      ...judge(work),
    };
  });
  const unknown = layers.some(({ bound }) => bound !== null) ? null : whyUnknown(profile, usable);
  return { ceilings: usable, ...(unknown === null ? {} : { unknown }), layers };
}

/** Whether ceilings were reached by what ran a profile. */
export function areOf(ceilings: CeilingsReport, profile: ProfileReport): boolean {
  return (
    otherDevice(profile) === null &&
    ceilings.engine === profile.engine &&
    ceilings.threads === profile.threads &&
    ceilings.cpu === profile.cpu
  );
}

function whyUnknown(profile: ProfileReport | null, ceilings: CeilingsReport | null): string {
  if (profile === null) return 'No layer was timed yet: profile the latency first.';
  const device = otherDevice(profile);
  if (device !== null) return `What ${device} can reach at most was not measured.`;
  if (!profile.layers.some(({ medianMs }) => medianMs !== null))
    return (
      profile.notes?.find((note) => note.startsWith(NOT_TIMED)) ??
      'The engine does not say what each layer takes.'
    );
  if (ceilings === null) return 'What this computer can reach at most was not measured.';
  return 'The work of the timed layers is not known.';
}

interface Group {
  /** Index of the row that holds the time. */
  readonly owner: number;
  readonly members: readonly Row[];
}

/** Each row with those that were folded into it; without a profile each for itself. */
function groups({ nodes, rows }: Analysis, profile: ProfileReport | null): Group[] {
  const latencies = latenciesOf(rows, profile);
  const byId = new Map(rows.map(({ id, index }) => [id, index]));
  const owner = (index: number): number => {
    const seen = new Set<number>();
    for (let at = index; ; ) {
      seen.add(at);
      const next = byId.get(latencies[at]?.fusedIntoId ?? '');
      // What a file says of itself may lead in a circle.
      if (next === undefined || seen.has(next)) return at;
      at = next;
    }
  };
  const members = new Map<number, Row[]>();
  for (const row of nodes) {
    const holder = owner(row.index);
    const group = members.get(holder);
    if (group) group.push(row);
    else members.set(holder, [row]);
  }
  return [...members].sort(([a], [b]) => a - b).map(([holder, group]) => ({ owner: holder, members: group }));
}

/** `LayerRoofline.movedBytes`. */
function movedBy(analysis: Analysis, members: readonly Row[]): number | null {
  if (members.some(({ entry }) => entry.bodies.length > 0 || entry.node.bodiesHidden)) return null;
  const [only] = members;
  if (members.length === 1 && VIEWS.has(present(only, 'layer').entry.node.kind)) return 0;
  const inside = new Set(members.map(({ index }) => index));
  const taken = new Map<InferredTensor, number | null>();
  const given = new Map<InferredTensor, number | null>();
  const weights = new Map<object, number>();
  for (const row of members) {
    const { node } = row.entry;
    if (node.parametersUnknown) return null;
    const outputs = node.outputs.flatMap((name) => row.graph.inferred.tensors.get(name) ?? []);
    for (const tensor of outputs)
      if (!tensor.constant && leaves(analysis, row, tensor.name, inside))
        given.set(tensor, tensorBytes(tensor));
    const most = PICKERS.has(node.kind) ? sum(outputs.map(tensorBytes)) : Number.POSITIVE_INFINITY;
    const atMost = (bytes: number | null) => (bytes === null || most === null ? null : Math.min(bytes, most));
    for (const name of node.inputs) {
      const found = name === '' ? null : find(name, row.graph);
      if (found === null || found.tensor.constant) continue;
      const producer = linksOf(analysis).get(found.graph)?.producers.get(name);
      if (producer === undefined || !inside.has(producer))
        taken.set(found.tensor, atMost(tensorBytes(found.tensor)));
    }
    for (const { tensor } of row.graph.parameters.get(row.position) ?? []) {
      const bytes = atMost(tensor.bytes);
      if (bytes === null) return null;
      weights.set(tensor, bytes);
    }
  }
  return sum([...taken.values(), ...given.values(), ...weights.values()]);
}

/** Somebody outside takes it, or nobody at all: then it is an output. */
function leaves(analysis: Analysis, { graph }: Row, name: string, inside: ReadonlySet<number>): boolean {
  if (outputsOf(graph.inferred.graph).has(name)) return true;
  const users = linksOf(analysis).get(graph)?.consumers.get(name) ?? [];
  return users.length === 0 || users.some((index) => !inside.has(index));
}

const outputNames = new WeakMap<Graph, ReadonlySet<string>>();

/** Asked for every tensor of a graph, and there may be as many outputs. */
function outputsOf(graph: Graph): ReadonlySet<string> {
  const known = outputNames.get(graph) ?? new Set(graph.outputs.map(({ name }) => name));
  outputNames.set(graph, known);
  return known;
}

const BYTES: ReadonlySet<string | null | undefined> = new Set(['int8', 'uint8']);
const FLOATS: ReadonlySet<string | null | undefined> = new Set(['float32', 'float16', 'bfloat16']);

/**
 * In which numbers a layer multiplies: by what it takes itself, or, where quantizing and its inverse were folded into it,
 * by what comes in from outside. null: not known, as of float activations with integer weights, which engines multiply
 * in either.
 */
function numbersOf(members: readonly Row[]): 'float' | 'int8' | null {
  const outside = comingIn(members);
  const kinds = members
    .filter(({ entry }) => (entry.macs ?? 0) > 0)
    .map((row) => {
      const [activations, weights] = row.entry.node.inputs.map((name) => find(name, row.graph)?.tensor);
      if (BYTES.has(activations?.type)) return 'int8';
      if (!FLOATS.has(activations?.type)) return null;
      if (outside.length > 0 && outside.every(({ type }) => BYTES.has(type))) return 'int8';
      return weights === undefined || FLOATS.has(weights.type) ? 'float' : null;
    });
  const [first = null] = kinds;
  return kinds.every((kind) => kind === first) ? first : null;
}

/** Tensors that are no constants and that none of the members gives. */
function comingIn(members: readonly Row[]): InferredTensor[] {
  const given = new Set(
    members.flatMap(({ entry, graph }) => entry.node.outputs.map((name) => graph.inferred.tensors.get(name))),
  );
  return members.flatMap(({ entry, graph }) =>
    entry.node.inputs.flatMap((name) => {
      const tensor = find(name, graph)?.tensor;
      return tensor === undefined || tensor.constant || given.has(tensor) ? [] : [tensor];
    }),
  );
}

/** null as soon as a part is not known. */
function sum(parts: readonly (number | null)[]): number | null {
  let total = 0;
  for (const part of parts) {
    if (part === null) return null;
    total += part;
  }
  return total;
}
