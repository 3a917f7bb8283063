import type { Differences } from '../analysis/difference/differences';
import { ACTIVATIONS, LINEAR } from '../analysis/difference/families';
import type { Side, SideRow } from '../analysis/difference/side';
import { isFloat } from '../model/dataType';
import type { TensorPair } from './layerSqnr';

/**
 * Tensors of real numbers, quantized or not, that both models give: those of the same name, else what matched layers
 * give, behind activations that one of the models has as layers of their own and the other one folded.
 *
 * @returns in the order of the first model, each of its tensors once.
 */
export function comparableTensors({ before, after, layers }: Differences): TensorPair[] {
  const made = new Set(after.rows.filter(isMain).flatMap(outputsOf));
  const ends = { before: lastFolded(layers, 'row'), after: lastFolded(layers, 'other') };
  const partners = new Map<string, string>();
  for (const { row, other } of layers) {
    if (row === null || other === null || !isMain(row) || !isMain(other)) continue;
    const names = outputsOf(ends.after.get(row.figures.name) ?? other);
    for (const [index, name] of outputsOf(ends.before.get(row.figures.name) ?? row).entries()) {
      const partner = names[index];
      if (partner !== undefined) partners.set(name, partner);
    }
  }
  const taken = new Set<string>();
  return before.rows
    .filter(isMain)
    .flatMap(outputsOf)
    .flatMap((name): TensorPair[] => {
      const partner = made.has(name) ? name : partners.get(name);
      if (partner === undefined || taken.has(name) || !isReal(before, name) || !isReal(after, partner))
        return [];
      taken.add(name);
      const permutation = permutationOf(before, name, after, partner);
      return [{ before: name, after: partner, ...(permutation && { permutation }) }];
    });
}

/** By the layer that does their work in the other model: the last one of those behind it. */
function lastFolded(layers: Differences['layers'], side: 'row' | 'other'): Map<string, SideRow> {
  const last = new Map<string, SideRow>();
  for (const { row, other, report } of layers) {
    const own = side === 'row' ? row : other;
    if (report.status !== 'folded' || own === null) continue;
    const into = (report.before?.layer ? report.after : report.before)?.fusedInto;
    if (into !== undefined && (ACTIVATIONS.has(own.family) || LINEAR.has(own.family))) last.set(into, own);
  }
  return last;
}

function isMain({ place }: SideRow): boolean {
  return place.parent === null;
}

function outputsOf({ place }: SideRow): readonly string[] {
  return place.entry.node.outputs.filter((name) => name !== '');
}

function isReal({ analysis }: Side, name: string): boolean {
  const { graph, tensors } = analysis.inference.graph;
  const tensor = tensors.get(name);
  if (tensor?.type == null || tensor.constant) return false;
  return isFloat(tensor.type) || graph.valueInfo.get(name)?.quantization !== undefined;
}

/** Where one format has the channels before the places and the other one behind them. */
function permutationOf(before: Side, name: string, after: Side, partner: string): number[] | undefined {
  const last = ({ file }: Side) => file.format.id === CHANNELS_LAST;
  if (last(before) === last(after)) return undefined;
  const rank = after.analysis.inference.graph.tensors.get(partner)?.shape?.length ?? 0;
  const own = before.analysis.inference.graph.tensors.get(name)?.shape?.length;
  // Without places there are no channels to move; sequences and volumes are like images.
  if (rank < 3 || rank !== own) return undefined;
  const places = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
  return last(after) ? [0, rank - 1, ...places] : [0, ...places.map((axis) => axis + 1), 1];
}

/** The format whose operators have the channels behind the places. */
const CHANNELS_LAST = 'tflite';
