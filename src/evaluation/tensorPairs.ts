import { placesOf } from '../analysis/difference/anchors';
import type { Differences, DifferentLayer } from '../analysis/difference/differences';
import { ACTIVATIONS, CONVERSIONS, type Family, LINEAR } from '../analysis/difference/families';
import { activates } from '../analysis/difference/folding';
import type { Side, SideRow } from '../analysis/difference/side';
import { equalizedName, isEqualized } from '../formats/equalized';
import { itemAt } from '../model/assert';
import { isFloat } from '../model/dataType';
import type { TensorPair } from './layerSqnr';

/**
 * Tensors of real numbers, quantized or not, that both models give and that mean the same in both: what matched layers
 * give, behind those that one of the models has as layers of their own and the other one folded into it; else tensors
 * of the same name. What only one of the models computes, such as a sum before the bias that the other one adds in the
 * same layer, is in no pair.
 *
 * @returns in the order of the first model, each of its tensors once.
 */
export function tensorPairs(differences: Differences): TensorPair[] {
  const { before, after } = differences;
  const made = producersByName(after);
  const matched = matchedTensors(differences);
  const taken = new Set<string>();
  return before.rows.filter(isMain).flatMap((row) =>
    outputsOf(row).flatMap((name): TensorPair[] => {
      const partner = partnerOf(name, matched, made);
      if (partner === undefined || taken.has(name) || !isReal(before, name) || !isReal(after, partner))
        return [];
      const permutation = permutationOf(
        { side: before, name, row },
        { side: after, name: partner, row: made.get(partner) },
      );
      if (permutation === null) return [];
      taken.add(name);
      const asItIs = permutation.every((axis, index) => axis === index);
      const equalized = isEqualized(partner) !== isEqualized(name);
      return [
        {
          before: name,
          after: partner,
          ...(!asItIs && { permutation }),
          ...(equalized && { equalized: row.place.entry.node.layout ?? before.file.format.layout }),
        },
      ];
    }),
  );
}

interface Matched {
  /** By tensor of the first model: the one of the second that means the same. */
  readonly partners: ReadonlyMap<string, string>;
  /** Tensors of the first model that the second one does not compute, whatever it calls its own. */
  readonly alone: ReadonlySet<string>;
  /** Layers of the second model that have a partner. */
  readonly others: ReadonlySet<SideRow>;
}

function partnerOf(
  name: string,
  { partners, alone, others }: Matched,
  made: ReadonlyMap<string, SideRow>,
): string | undefined {
  if (alone.has(name)) return undefined;
  // A conversion behind the layer may have taken the name over: then that is what the next layers get.
  const taken = [name, equalizedName(name)].find((one) => {
    const maker = made.get(one);
    return maker !== undefined && !others.has(maker);
  });
  return taken ?? partners.get(name);
}

function matchedTensors(differences: Differences): Matched {
  const { layers } = differences;
  const getTheSame = inputsCompared(differences);
  const [partners, alone, others] = [new Map<string, string>(), new Set<string>(), new Set<SideRow>()];
  const folded = foldedInto(layers);
  for (const { row, other, report } of layers) {
    if (row === null || other === null || !isMain(row) || !isMain(other)) continue;
    others.add(other);
    const [ofBefore, ofAfter] = [folded.before.get(row) ?? [], folded.after.get(row) ?? []];
    const [from, to] = [
      [row, ...ofBefore],
      [other, ...ofAfter],
    ];
    const [end, otherEnd] = [from.at(-1) as SideRow, to.at(-1) as SideRow];
    const linear = [...ofBefore, ...ofAfter].some(({ family }) => LINEAR.has(family));
    const lacksWeights = report.weights.some(({ before, after }) => before === null || after === null);
    // A bias that only one has is in a layer of the other one that was found elsewhere.
    const alike = applies(from) === applies(to) && (linear || !lacksWeights) && getTheSame(row, other);
    const names = outputsOf(otherEnd);
    for (const [index, name] of outputsOf(end).entries()) {
      const partner = names[index];
      if (alike && partner !== undefined) partners.set(name, partner);
    }
    for (const one of from.slice(0, -1)) for (const name of outputsOf(one)) alone.add(name);
    // Where only activations were left out, both give under one name what is before them.
    const leftOut = ofBefore.length > 0 && ofAfter.length === 0 && !linear;
    if (!leftOut || activates(row) !== activates(other)) continue;
    for (const [index, name] of outputsOf(row).entries()) {
      const namesake = outputsOf(other)[index];
      if (namesake !== name && namesake !== equalizedName(name)) continue;
      alone.delete(name);
      partners.set(name, namesake);
    }
  }
  return { partners, alone, others };
}

/**
 * Whether matched layers of two formats get the same, as far as it is known: layers with weights are known by these, or
 * by their names; others by the layers before them, past conversions and what is folded. Within a format names and
 * settings tell.
 */
function inputsCompared({ before, after, layers }: Differences): (row: SideRow, other: SideRow) => boolean {
  if (before.file.format === after.file.format) return () => true;
  const anchors = new Map<SideRow, string | undefined>();
  for (const [index, { row, other, into }] of layers.entries()) {
    for (const one of [row, other]) {
      if (one === null) continue;
      const alone = row === null || other === null;
      const passes = alone && (into !== null || CONVERSIONS.has(one.family));
      anchors.set(one, passes ? undefined : String(index));
    }
  }
  const placesIn = (side: Side) => placesOf(side, side.rows.filter(isMain), (row) => anchors.get(row));
  const places = { before: placesIn(before), after: placesIn(after) };
  return (row, other) => {
    if (row.figures.parameters !== 0 || outputsOf(row)[0] === outputsOf(other)[0]) return true;
    if (SELECTING.has(row.family) || SELECTING.has(other.family)) return false;
    return places.before.get(row)?.above === places.after.get(other)?.above;
  };
}

/** Operators that only say which elements go where, each format in its own way. */
const SELECTING: ReadonlySet<Family> = new Set<Family>([
  ...(['reshape', 'transpose', 'slice', 'split', 'gather', 'gather of slices', 'stack', 'unstack'] as const),
  ...(['padding', 'tile', 'broadcast', 'reversal', 'space to batch', 'batch to space'] as const),
]);

/** By the layer of the first model whose pair does their work: what was folded into it behind it, in order. */
function foldedInto(layers: readonly DifferentLayer[]) {
  const folded = { before: new Map<SideRow, SideRow[]>(), after: new Map<SideRow, SideRow[]>() };
  for (const { row, other, into } of layers) {
    const own = row ?? other;
    if (own === null || into === null) continue;
    if (!ACTIVATIONS.has(own.family) && !LINEAR.has(own.family)) continue;
    const side = row === null ? folded.after : folded.before;
    const list = side.get(into);
    if (list) list.push(own);
    else side.set(into, [own]);
  }
  return folded;
}

/** Whether an activation is applied at the end of layers that follow one another. */
function applies(rows: readonly SideRow[]): boolean {
  return rows.some((row) => activates(row) || ACTIVATIONS.has(row.family));
}

function producersByName({ rows }: Side): Map<string, SideRow> {
  return new Map(rows.filter(isMain).flatMap((row) => outputsOf(row).map((name) => [name, row] as const)));
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

/** A tensor of a model, and the row that gives it. */
interface Given {
  readonly side: Side;
  readonly name: string;
  readonly row: SideRow | undefined;
}

/**
 * The order of the second tensor's axes in which it lies like the first one: as it is, or with the channels moved
 * where one format has them before the places and the other one behind them. null where neither fits the sizes.
 */
function permutationOf(before: Given, after: Given): number[] | null {
  const shapeOf = ({ side, name }: Given) =>
    side.analysis.inference.graph.tensors.get(name)?.shape?.map((size) => size ?? -1);
  const [from, to] = [shapeOf(before), shapeOf(after)];
  const channelsLast = ({ side, row }: Given) =>
    (row?.place.entry.node.layout ?? side.file.format.layout) === 'channels last';
  const moved = channelsLast(before) !== channelsLast(after);
  if (from === undefined || to === undefined) return moved ? null : [];
  const axes = to.map((_, axis) => axis);
  const candidates = [axes];
  // Without places there are no channels to move; sequences and volumes are like images.
  if (moved && axes.length >= 3) {
    const places = axes.slice(1, -1);
    const last = axes.length - 1;
    candidates.unshift(
      channelsLast(after) ? [0, last, ...places] : [0, ...places.map((axis) => axis + 1), 1],
    );
  }
  const sizes = (shape: readonly number[]) => shape.filter((size) => size !== 1).join();
  return candidates.find((order) => sizes(order.map((axis) => itemAt(to, axis))) === sizes(from)) ?? null;
}
