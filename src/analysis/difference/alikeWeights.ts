import { itemAt } from '../../model/assert';
import type { Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import type { EnteredGraph } from '../rows';
import { squeezed } from './layout';
import { realValues, type Values } from './realValues';
import { isSameDirection } from './sameDirection';
import type { Side, SideRow } from './side';
import { digestOf, distance, isAlike, isAsNear, isEqual, type WeightDigest } from './weightDigest';

/**
 * Elements of weights that are read to find layers by them: one or two seconds of work, 256 MB at a time at most
 * (CWE-789).
 */
const MAX_ELEMENTS = 2 ** 26;
/** Pairs of weights that are compared with one another: 1,000 layers of one shape, a second of work (CWE-407). */
const MAX_PAIRS = 2 ** 20;
/**
 * Elements that are compared with one another where digests leave several layers, or doubt: a second of work
 * (CWE-407).
 */
const MAX_VERIFIED = 2 ** 24;

/** Layers of the two models whose weights are the same, up to layout, scale of channels and rounding. */
export interface Alike {
  readonly rows: readonly SideRow[];
  readonly others: readonly SideRow[];
}

/**
 * Finds layers by their largest weight. Small weights are read first, so that of a huge model as many layers as
 * possible are found; those whose weights were not read are simply not found here.
 */
export class AlikeWeights {
  private elements = MAX_ELEMENTS;
  private pairs = MAX_PAIRS;
  private verified = MAX_VERIFIED;
  private readonly digests = new Map<Tensor, WeightDigest | null>();

  constructor(
    private readonly before: Side,
    private readonly after: Side,
  ) {}

  groups(rows: readonly SideRow[], others: readonly SideRow[]): Alike[] {
    const [ofBefore, ofAfter] = [bySizes(rows), bySizes(others)];
    const common = [...ofBefore]
      .flatMap(([key, ours]) => {
        const theirs = ofAfter.get(key);
        return theirs === undefined ? [] : [{ ours, theirs, elements: elementsOf([...ours, ...theirs]) }];
      })
      .sort((a, b) => a.elements - b.elements);
    return common.flatMap(({ ours, theirs, elements }) => {
      const pairs = ours.length * theirs.length;
      if (elements > this.elements || pairs > this.pairs) return [];
      this.elements -= elements;
      this.pairs -= pairs;
      return this.within(ours, theirs);
    });
  }

  private within(ours: readonly Weighted[], theirs: readonly Weighted[]): Alike[] {
    const known = (side: Side, list: readonly Weighted[]) =>
      list.flatMap(({ row, tensor }) => {
        const digest = this.digest(side, row, tensor);
        return digest === null ? [] : [{ row, tensor, digest }];
      });
    const [a, b] = [known(this.before, ours), known(this.after, theirs)];
    const distances = a.map((one) => b.map((other) => distance(one.digest, other.digest)));
    return connected(a, b, linksOf(b, distances)).flatMap((group) => this.refined(group));
  }

  /** Digests that are the same may be of several weights: sines and cosines. These are told apart element by element. */
  private refined({ ours, theirs }: Linked): Alike[] {
    const [first, second] = [itemAt(ours, 0), itemAt(theirs, 0)];
    const single = ours.length === 1 && theirs.length === 1;
    const group = { rows: ours.map(({ row }) => row), others: theirs.map(({ row }) => row) };
    if (single && isEqual(distance(first.digest, second.digest))) return [group];
    const tensors = (list: readonly Digested[]) => new Set(list.map(({ tensor }) => tensor));
    const [a, b] = [tensors(ours), tensors(theirs)];
    const work = a.size * b.size * size(first.tensor);
    if (work > this.verified) return single ? [] : [group];
    this.verified -= work;
    const [valuesOfA, valuesOfB] = [valuesBy(this.before, ours), valuesBy(this.after, theirs)];
    const same = new Map<Tensor, Set<Tensor>>();
    for (const one of a) {
      const alike = [...b].filter((other) =>
        isSameDirection(valuesOfA.get(one), one.shape, valuesOfB.get(other), other.shape),
      );
      same.set(one, new Set(alike));
    }
    const linked = (i: number, j: number) =>
      same.get(itemAt(ours, i).tensor)?.has(itemAt(theirs, j).tensor) ?? false;
    const groups = connected(ours, theirs, linked).map(({ ours: rows, theirs: others }) => ({
      rows: rows.map(({ row }) => row),
      others: others.map(({ row }) => row),
    }));
    // Nothing the same, element by element: what is multiplied lies in another order, as behind a Flatten.
    return groups.length > 0 || single ? groups : [group];
  }

  private digest(side: Side, { place }: SideRow, tensor: Tensor): WeightDigest | null {
    let digest = this.digests.get(tensor);
    if (digest === undefined) {
      digest = read(side, place, tensor);
      this.digests.set(tensor, digest);
    }
    return digest;
  }
}

interface Weighted {
  readonly row: SideRow;
  readonly tensor: Tensor;
}

interface Digested extends Weighted {
  readonly digest: WeightDigest;
}

/** Rows by the sizes of their largest weight in any order; vectors, which many operators have, by operator too. */
function bySizes(rows: readonly SideRow[]): Map<string, Weighted[]> {
  const groups = new Map<string, Weighted[]>();
  for (const row of rows) {
    const tensor = largestWeight(row);
    const sizes = tensor === null ? [] : squeezed(tensor.shape).sort((a, b) => a - b);
    // A single number is like every other one.
    if (tensor === null || sizes.length === 0) continue;
    const key = sizes.length === 1 ? `${sizes} ${row.family}` : `${sizes}`;
    const group = groups.get(key);
    if (group) group.push({ row, tensor });
    else groups.set(key, [{ row, tensor }]);
  }
  return groups;
}

/** The weight that tells a layer from others; null where it has none. */
export function largestWeight({ place: { graph, position } }: SideRow): Tensor | null {
  let largest: Tensor | null = null;
  for (const { tensor } of graph.parameters.get(position) ?? []) {
    if (largest === null || size(tensor) > size(largest)) largest = tensor;
  }
  return largest;
}

function size({ shape }: Tensor): number {
  return shape.reduce((a, b) => a * b, 1);
}

function elementsOf(weights: readonly Weighted[]): number {
  return [...new Set(weights.map(({ tensor }) => tensor))].reduce((sum, tensor) => sum + size(tensor), 0);
}

/** null where the weights are not to be had. */
function read(side: Side, { graph }: SideRow['place'], tensor: Tensor): WeightDigest | null {
  const values = valuesOf(side, graph, tensor);
  return values === null ? null : digestOf(values, tensor.shape);
}

function valuesOf(side: Side, graph: EnteredGraph, tensor: Tensor): Values | null {
  try {
    const real = realValues(side, graph, tensor, size(tensor));
    return real?.values.length === size(tensor) ? real.values : null;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return null;
  }
}

function valuesBy(side: Side, list: readonly Digested[]): Map<Tensor, Values | null> {
  const values = new Map<Tensor, Values | null>();
  for (const { row, tensor } of list) {
    if (!values.has(tensor)) values.set(tensor, valuesOf(side, row.place.graph, tensor));
  }
  return values;
}

type Links = (ours: number, theirs: number) => boolean;

/** Whether two weights are as near to one another as either is to its nearest. */
function linksOf(theirs: readonly Digested[], distances: readonly (readonly number[])[]): Links {
  const nearest = distances.map((row) => row.reduce((a, b) => Math.min(a, b), 1));
  const nearestOfTheirs = theirs.map((_, j) =>
    distances.reduce((least, row) => Math.min(least, itemAt(row, j)), 1),
  );
  return (i, j) => {
    const between = itemAt(itemAt(distances, i), j);
    return (
      isAlike(between) &&
      isAsNear(between, itemAt(nearest, i)) &&
      isAsNear(between, itemAt(nearestOfTheirs, j))
    );
  };
}

interface Linked {
  readonly ours: readonly Digested[];
  readonly theirs: readonly Digested[];
}

/** Groups of layers that hang together by links, those without any left out. */
function connected(ours: readonly Digested[], theirs: readonly Digested[], linked: Links): Linked[] {
  const groups: Linked[] = [];
  const [left, leftOfTheirs] = [new Set(ours.keys()), new Set(theirs.keys())];
  for (const first of ours.keys()) {
    if (!left.delete(first)) continue;
    const members = [first];
    const found: number[] = [];
    for (const i of members) {
      for (const j of [...leftOfTheirs].filter((candidate) => linked(i, candidate))) {
        leftOfTheirs.delete(j);
        found.push(j);
        const more = [...left].filter((candidate) => linked(candidate, j));
        for (const next of more) left.delete(next);
        members.push(...more);
      }
    }
    if (found.length === 0) continue;
    const ascending = (indices: readonly number[]) => indices.toSorted((a, b) => a - b);
    groups.push({
      ours: ascending(members).map((i) => itemAt(ours, i)),
      theirs: ascending(found).map((j) => itemAt(theirs, j)),
    });
  }
  return groups;
}
