import { closeSync } from 'node:fs';
import { openFile, readFully } from '../../formats/binary';
import { isEqualized } from '../../formats/equalized';
import type { Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { formatCount } from '../../protocol/numbers';
import type { WeightComparison, WeightSide } from '../../protocol/reports';
import type { EnteredGraph } from '../rows';
import { reportedDecibels, Sqnr } from '../sqnr';
import { equalizedDecibels } from './equalizedWeights';
import { nearestOrder, orders, reordered } from './layout';
import { realParts, realValues, scalesOf, type Values } from './realValues';
import type { Side, SideRow } from './side';

/**
 * Elements of one tensor that are decoded: 256 MB as numbers for the two of them, whatever their size (CWE-789).
 */
const MAX_ELEMENTS = 16 * 2 ** 20;
/** Elements of all tensors that differ and are decoded: some ten seconds of work (CWE-407). */
const MAX_DECODED = 256 * 2 ** 20;
/** One read of each file while bytes are compared. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** A weight of one of the models, with the graph that it is of. */
interface Weight {
  readonly tensor: Tensor;
  readonly graph: EnteredGraph;
  /** Its inputs are in groups, each with channels of its own. */
  readonly grouped: boolean;
}

/** Weights of another type (decibels): in another order of its dimensions one is not as near as this by chance. */
const SURELY_IN_ORDER = 20;

type Outcome = Pick<WeightComparison, 'identical' | 'sqnrDb' | 'elements' | 'equalized' | 'reason'>;

/** Of what is added to channels there is one number for each: nothing tells factor and offset from noise. */
export const MOVED =
  'biases of equalized channels were scaled and moved, which the layers around them make up for';
const EQUALIZED = 'their channels were equalized, which the layers around them make up for';

const UNKNOWN: Outcome = { identical: null, sqnrDb: null, elements: 0 };
/** Of other sizes, or in one of the models alone: there is nothing to compare element by element. */
const DIFFERENT: Outcome = { identical: false, sqnrDb: null, elements: 0 };

/** Compares the weights of layers; a tensor that several layers share is read once. */
export class WeightComparer {
  /** Why some weights were not compared, or not whole. */
  readonly reasons = new Set<string>();
  private readonly known = new Map<Tensor, Map<Tensor, Outcome>>();
  private decoded = 0;

  constructor(
    private readonly before: Side,
    private readonly after: Side,
  ) {}

  /** Weights of a layer that differ between the models, or of which it is not known whether they do. */
  differing(row: SideRow, other: SideRow): WeightComparison[] {
    const others = weightsOf(other);
    const left = new WeightsLeft(others);
    const compared = weightsOf(row).map((weight): WeightComparison => {
      const partner = left.take(weight.tensor);
      if (partner === undefined) {
        return { before: describe(weight.tensor), after: null, ...DIFFERENT };
      }
      return {
        before: describe(weight.tensor),
        after: describe(partner.tensor),
        ...this.compare(weight, partner),
      };
    });
    for (const { tensor } of others.filter((weight) => left.has(weight))) {
      compared.push({ before: null, after: describe(tensor), ...DIFFERENT });
    }
    return compared.filter(
      ({ identical, before, after }) => identical !== true || before?.type !== after?.type,
    );
  }

  private compare(before: Weight, after: Weight): Outcome {
    const known = this.known.get(before.tensor) ?? new Map<Tensor, Outcome>();
    this.known.set(before.tensor, known);
    let outcome = known.get(after.tensor);
    if (outcome === undefined) {
      outcome = this.read(before, after);
      known.set(after.tensor, outcome);
    }
    return outcome;
  }

  private read(before: Weight, after: Weight): Outcome {
    try {
      const { storedElements } = before.tensor;
      if (isEqualized(after.tensor.name) !== isEqualized(before.tensor.name))
        return this.broughtBack(before, after);
      // Equal indices may be of other tables.
      const compressed = isCompressed(this.before, before) || isCompressed(this.after, after);
      if (
        !compressed &&
        sameBytes(before.tensor, after.tensor) &&
        this.scales(before, this.before) === this.scales(after, this.after)
      ) {
        return { identical: true, sqnrDb: null, elements: storedElements };
      }
      const limit = Math.min(MAX_ELEMENTS, MAX_DECODED - this.decoded);
      if (!compressed && limit > 0 && this.sameStored(before, after, limit)) {
        return { identical: true, sqnrDb: null, elements: storedElements };
      }
      if (limit <= 0) {
        return this.unknown('too many of them differ to read them all');
      }
      const inOrder = storedElements <= limit ? this.inOrder(before, after) : null;
      if (inOrder !== null) return inOrder;
      const a = realValues(this.before, before.graph, before.tensor, limit);
      const b = realValues(this.after, after.graph, after.tensor, limit);
      if (a === null || b === null)
        return this.unknown('it is not known what their stored numbers stand for');
      this.decoded += a.values.length;
      return this.measure(before.tensor, a.values, after.tensor, b.values, a.complete && b.complete);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return this.unknown(error.message.replace(/\.$/, ''));
    }
  }

  /**
   * Of floats that lie in the same order in both files, part by part, so that large weights are never in memory; null
   * where they do not, or may not.
   */
  private inOrder(before: Weight, after: Weight): Outcome | null {
    const [from, to] = [before.tensor, after.tensor];
    if (this.before.file.format !== this.after.file.format || `${from.shape}` !== `${to.shape}`) return null;
    const a = realParts(this.before, before.graph, from);
    const b = realParts(this.after, after.graph, to);
    if (a === null || b === null) return null;
    const sqnr = new Sqnr();
    for (const [part, other] of pairs(a, b)) sqnr.add(part, other);
    const { decibels } = sqnr;
    if (decibels === null || (from.type !== to.type && decibels < SURELY_IN_ORDER)) return null;
    this.decoded += from.storedElements;
    const identical = decibels === Number.POSITIVE_INFINITY && sqnr.nonFinite === 0;
    return { identical, sqnrDb: reportedDecibels(decibels), elements: from.storedElements };
  }

  private unknown(reason: string): Outcome {
    this.reasons.add(reason);
    return { ...UNKNOWN, reason };
  }

  /** Of weights whose channels equalization multiplied, so that no number is what it was. */
  private broughtBack(before: Weight, after: Weight): Outcome {
    const [from, to] = [before.tensor, after.tensor];
    const limit = Math.min(MAX_ELEMENTS, MAX_DECODED - this.decoded);
    if (from.shape.length < 2) return this.unknown(MOVED);
    if (before.grouped || `${from.shape}` !== `${to.shape}` || from.storedElements > limit)
      return this.unknown(EQUALIZED);
    const a = realValues(this.before, before.graph, from, limit);
    const b = realValues(this.after, after.graph, to, limit);
    if (a === null || b === null || !a.complete || !b.complete) return this.unknown(EQUALIZED);
    this.decoded += a.values.length;
    const decibels = equalizedDecibels(a.values, b.values, from.shape);
    if (decibels === null) return this.unknown(EQUALIZED);
    return {
      identical: false,
      sqnrDb: reportedDecibels(decibels),
      elements: a.values.length,
      equalized: true,
    };
  }

  /** Of tensors that lie within the structure, whose bytes are not to be had. */
  private sameStored(before: Weight, after: Weight, limit: number): boolean {
    const [from, to] = [before.tensor, after.tensor];
    if (from.location !== null || to.location !== null || !sameKind(from, to)) return false;
    if (from.type === 'string') return false;
    const a = this.before.file.readTensor(from, limit);
    const b = this.after.file.readTensor(to, limit);
    if (!a.complete || !b.complete || a.values.length !== b.values.length) return false;
    const equal = a.values.every((value, index) => Object.is(value, b.values[index]));
    return equal && this.scales(before, this.before) === this.scales(after, this.after);
  }

  private scales({ tensor, graph }: Weight, side: Side): string {
    return scalesOf(side, graph, tensor);
  }

  private measure(from: Tensor, a: Values, to: Tensor, b: Values, complete: boolean): Outcome {
    if (a.length !== b.length) return DIFFERENT;
    if (!complete)
      this.reasons.add(`only the first ${formatCount(MAX_ELEMENTS)} elements of large ones were read`);
    const asTheyAre = `${from.shape}` === `${to.shape}`;
    // Other formats have other orders, and so have operators on integers.
    const mayBeReordered =
      complete && (this.before.file.format !== this.after.file.format || from.type !== to.type);
    const order = mayBeReordered
      ? nearestOrder(orders(from.shape, to.shape), a, from.shape, b)
      : asTheyAre
        ? from.shape.map((_, axis) => axis)
        : null;
    if (order === null) return DIFFERENT;
    const sqnr = new Sqnr();
    sqnr.add(mayBeReordered ? reordered(a, from.shape, order) : a, b);
    const { decibels } = sqnr;
    const equal = a.length === 0 || (decibels === Number.POSITIVE_INFINITY && sqnr.nonFinite === 0);
    // What was read of a tensor that is too large to be read whole says nothing of the rest.
    const identical = equal ? (complete ? true : null) : false;
    return { identical, sqnrDb: reportedDecibels(decibels), elements: a.length };
  }
}

function weightsOf({ place: { graph, position, entry } }: SideRow): Weight[] {
  const group = entry.node.attributes.find(({ name }) => name === 'group')?.value;
  return (graph.parameters.get(position) ?? []).map(({ tensor }) => {
    // Of a depthwise convolution each output has one input, so that its factors say all.
    const grouped = Number(group ?? 1) !== 1 && tensor.shape[1] !== 1;
    return { tensor, graph, grouped };
  });
}

/** What two sequences give in turns. */
function* pairs<T>(a: Iterable<T>, b: Iterable<T>): Generator<[T, T]> {
  const others = b[Symbol.iterator]();
  try {
    for (const one of a) {
      const other = others.next();
      if (other.done) return;
      yield [one, other.value];
    }
  } finally {
    others.return?.();
  }
}

/** Weights of a layer that have no partner yet. */
class WeightsLeft {
  private readonly left: Set<Weight>;
  /** By each key the weights that have it, the first one last; those that were taken are among them. */
  private readonly byKey = new Map<string, Weight[]>();

  constructor(weights: readonly Weight[]) {
    this.left = new Set(weights);
    for (const weight of weights.toReversed()) {
      for (const key of keysOf(weight.tensor)) {
        const list = this.byKey.get(key);
        if (list) list.push(weight);
        else this.byKey.set(key, [weight]);
      }
    }
  }

  has(weight: Weight): boolean {
    return this.left.has(weight);
  }

  /** By name, else the first with as many elements, else the first with as many dimensions: it was made larger. */
  take(tensor: Tensor): Weight | undefined {
    for (const key of keysOf(tensor)) {
      const list = this.byKey.get(key) ?? [];
      for (let weight = list.pop(); weight !== undefined; weight = list.pop()) {
        if (this.left.delete(weight)) return weight;
      }
    }
    return undefined;
  }
}

function keysOf({ name, shape }: Tensor): string[] {
  return [`name ${name}`, `sizes ${sorted(shape)}`, `dimensions ${shape.length}`];
}

function sorted(shape: readonly number[]): string {
  return shape
    .filter((size) => size !== 1)
    .sort((a, b) => a - b)
    .join();
}

function isCompressed({ file }: Side, { tensor }: Weight): boolean {
  return Boolean(file.decompressed?.(tensor));
}

function describe({ name, type, shape, bytes }: Tensor): WeightSide {
  return { name, type, shape: [...shape], bytes };
}

function sameKind(before: Tensor, after: Tensor): boolean {
  return (
    before.type === after.type && `${before.shape}` === `${after.shape}` && before.sparse === after.sparse
  );
}

/** Whether two tensors are the same byte for byte; read in pieces, however large they are. */
function sameBytes(before: Tensor, after: Tensor): boolean {
  const [a, b] = [before.location, after.location];
  if (a === null || b === null || a.length !== b.length) return false;
  if (!sameKind(before, after)) return false;
  if (a.file === b.file && a.offset === b.offset) return true;
  const first = openFile(a.file);
  try {
    const second = openFile(b.file);
    try {
      const size = Math.min(CHUNK_BYTES, a.length);
      const [x, y] = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)];
      for (let done = 0; done < a.length; done += CHUNK_BYTES) {
        const length = Math.min(CHUNK_BYTES, a.length - done);
        readFully(first, a.file, x, 0, length, a.offset + done);
        readFully(second, b.file, y, 0, length, b.offset + done);
        if (!x.subarray(0, length).equals(y.subarray(0, length))) return false;
      }
      return true;
    } finally {
      closeSync(second);
    }
  } finally {
    closeSync(first);
  }
}
