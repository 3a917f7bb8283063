import { itemAt, present } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { align, ascending, type Match } from './alignment';
import { AlikeWeights, largestWeight } from './alikeWeights';
import { type Place, placesOf } from './anchors';
import { attributeKey } from './attributes';
import { CONVERSIONS } from './families';
import { squeezed } from './layout';
import { bodiesOf, producersOf, type Side, type SideRow } from './side';

/** Rows of the first model with the same layer of the second. */
export type Partners = Map<SideRow, SideRow>;

/** First elements of a weight that tell it from others of its shape. */
const FINGERPRINT_ELEMENTS = 16;
/** Rounds in which layers are found beside those of the round before. */
const MAX_ROUNDS = 16;

/** Exporters number tensors: one layer more, and every number behind it means another tensor. */
const NUMBERED = /^\d+$/;

/**
 * Finds the layers of one model in another. Between formats by their weights, within a format by the names of their
 * output tensors, and by the other one then; what is left by the layers around them, and by order, operator and
 * shape. Operators are told by what they do, whatever the two formats call them. The order of the models does not
 * matter.
 */
export function matchLayers(before: Side, after: Side): Partners {
  if (comesFirst(after, before)) {
    return new Map([...matchLayers(after, before)].map(([row, other]) => [other, row]));
  }
  const partners: Partners = new Map();
  const [ofBefore, ofAfter] = [bodiesOf(before), bodiesOf(after)];
  const weights = new AlikeWeights(before, after);
  const queue: [SideRow[], SideRow[]][] = [[ofBefore.main, ofAfter.main]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [rows, others] = next;
    const found = new Matching(before, after, rows, others, weights).partners;
    for (const [row, other] of found) {
      partners.set(row, other);
      const bodies = ofAfter.of.get(other.index) ?? [];
      for (const [index, body] of (ofBefore.of.get(row.index) ?? []).entries()) {
        const otherBody = bodies[index];
        if (otherBody !== undefined) queue.push([body, otherBody]);
      }
    }
  }
  return partners;
}

/** Any order will do, as long as the same of two models is always looked for in the other. */
function comesFirst(a: Side, b: Side): boolean {
  if (a.rows.length !== b.rows.length) return a.rows.length < b.rows.length;
  const text = ({ figures: { op, name }, sizes }: SideRow) => `${op} ${sizes} ${name}`;
  for (const [index, row] of a.rows.entries()) {
    const [one, other] = [text(row), text(itemAt(b.rows, index))];
    if (one !== other) return one < other;
  }
  return a.file.model.file < b.file.model.file;
}

/** Of the nodes of one graph and of the graph that it is compared with. */
class Matching {
  readonly partners: Partners = new Map();
  private readonly taken = new Map<SideRow, SideRow>();
  /** Rows of both models that have the same weights have the same label. */
  private readonly labels = new Map<SideRow, string>();

  constructor(
    private readonly before: Side,
    private readonly after: Side,
    private readonly rows: readonly SideRow[],
    private readonly others: readonly SideRow[],
    private readonly weights: AlikeWeights,
  ) {
    if (before.file.format === after.file.format) {
      this.byNames();
      this.byWeights();
      this.byOrder((row, side) => contentOf(row, side));
    } else {
      this.byWeights();
      this.byNames();
    }
    this.byOrder((row) => (row.figures.macs === 0 ? null : `${familyAndSizes(row)} ${weightSizes(row)}`));
    this.byPlace(familyAndSizes);
    this.byOrder(familyAndSizes);
    this.byProducers();
    this.byOrder(({ family }) => family);
  }

  private pair(row: SideRow, other: SideRow): void {
    this.partners.set(row, other);
    this.taken.set(other, row);
  }

  private byNames(): void {
    const outputs = (row: SideRow) =>
      row.place.entry.node.outputs.filter((name) => name !== '' && !NUMBERED.test(name));
    this.byName((row) => outputs(row).map((name) => `${row.family}:${name}`));
    this.byName(({ family, figures: { name } }) => (NUMBERED.test(name) ? [] : [`${family}:${name}`]));
    // Layers may have become other operators, unless it is a conversion that took the name over. So does what took an
    // addition or a normalization into its own weights, which are of other sizes.
    const converts = ({ family }: SideRow) => CONVERSIONS.has(family);
    this.byName((row) => (converts(row) ? [] : outputs(row).map((name) => `${weightSizes(row)}:${name}`)));
  }

  private byName(keysOf: (row: SideRow) => string[]): void {
    const index = new Map<string, SideRow>();
    for (const other of this.others) {
      if (this.taken.has(other)) continue;
      for (const key of keysOf(other)) if (!index.has(key)) index.set(key, other);
    }
    for (const row of this.rows) {
      if (this.partners.has(row)) continue;
      const partner = keysOf(row)
        .map((key) => index.get(key))
        .find((other) => other !== undefined && !this.taken.has(other));
      if (partner !== undefined) this.pair(row, partner);
    }
  }

  /** By weights that are the same; where several layers have them, by the layers around them, then by order. */
  private byWeights(): void {
    const alike = this.weights.groups(this.left, this.leftOfOthers);
    for (const [index, { rows, others }] of alike.entries()) {
      for (const row of [...rows, ...others]) this.labels.set(row, `weights ${index}`);
    }
    const label = (row: SideRow) => this.labels.get(row) ?? null;
    const exactly = (row: SideRow) => label(row) && `${label(row)} ${familyAndSizes(row)}`;
    this.byUnique(exactly);
    this.byUnique(label);
    this.byPlace(exactly);
    this.byPlace(label);
    this.byOrder(exactly);
    this.byOrder(label);
  }

  private get left(): SideRow[] {
    return this.rows.filter((row) => !this.partners.has(row));
  }

  private get leftOfOthers(): SideRow[] {
    return this.others.filter((other) => !this.taken.has(other));
  }

  /** Pairs rows whose key no other row of their model has. */
  private byUnique(keyOf: (row: SideRow, side: 'before' | 'after') => string | null): void {
    const unique = (rows: readonly SideRow[], side: 'before' | 'after') => {
      const found = new Map<string, SideRow | null>();
      for (const row of rows) {
        const key = keyOf(row, side);
        if (key !== null) found.set(key, found.has(key) ? null : row);
      }
      return found;
    };
    const others = unique(this.leftOfOthers, 'after');
    for (const [key, row] of unique(this.left, 'before')) {
      const other = others.get(key);
      if (row !== null && other) this.pair(row, other);
    }
  }

  /** By the nearest layers before and behind them that are matched, outwards from these; null is not looked for. */
  private byPlace(labelOf: (row: SideRow) => string | null): void {
    const ways: ((place: Place) => string)[] = [
      ({ above, below }) => `${above} > ${below}`,
      ({ above }) => `${above} >`,
      ({ below }) => `> ${below}`,
    ];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = this.partners.size;
      const numbers = new Map([...this.partners.keys()].map((row, index) => [row, String(index)]));
      const places = {
        before: placesOf(this.before, this.rows, (row) => numbers.get(row)),
        after: placesOf(this.after, this.others, (other) => {
          const row = this.taken.get(other);
          return row && numbers.get(row);
        }),
      };
      for (const way of ways) {
        this.byUnique((row, side) => {
          const label = labelOf(row);
          return label && `${label} ${way(places[side].get(row) as Place)}`;
        });
        // What both sides say comes before what one of them says.
        if (this.partners.size > found) break;
      }
      if (this.partners.size === found) return;
    }
  }

  /** Aligns what is left between the layers that are matched already; null is passed over. */
  private byOrder(keyOf: (row: SideRow, side: Side) => string | null): void {
    const keyed = (rows: readonly SideRow[], side: Side) =>
      rows.flatMap((row) => {
        const key = keyOf(row, side);
        return key === null ? [] : [{ row, key }];
      });
    for (const [rows, others] of this.gaps()) {
      const [a, b] = [keyed(rows, this.before), keyed(others, this.after)];
      const keys = (list: typeof a) => list.map(({ key }) => key);
      for (const [i, j] of align(keys(a), keys(b))) this.pair(itemAt(a, i).row, itemAt(b, j).row);
    }
  }

  /** Rows without a partner in runs between pairs that lie in the same order in both models. */
  private gaps(): [SideRow[], SideRow[]][] {
    const position = new Map(this.others.map((other, index) => [other, index]));
    const pairs = this.rows.flatMap((row, index): Match[] => {
      const other = this.partners.get(row);
      return other === undefined ? [] : [[index, present(position.get(other), 'position')]];
    });
    const gaps: [SideRow[], SideRow[]][] = [];
    let [x, y] = [0, 0];
    for (const [i, j] of [...ascending(pairs), [this.rows.length, this.others.length] as const]) {
      const rows = this.rows.slice(x, i).filter((row) => !this.partners.has(row));
      const others = this.others.slice(y, j).filter((other) => !this.taken.has(other));
      if (rows.length > 0 && others.length > 0) gaps.push([rows, others]);
      [x, y] = [i + 1, j + 1];
    }
    return gaps;
  }

  /** Branches may be written in another order: what follows the same layers and does the same is the same. */
  private byProducers(): void {
    const followers = new Map<string, SideRow[]>();
    const keyOf = (producer: SideRow, row: SideRow) => `${producer.index} ${familyAndSizes(row)}`;
    for (const other of this.leftOfOthers) {
      for (const producer of new Set(producersOf(this.after, other))) {
        const list = followers.get(keyOf(producer, other));
        if (list) list.push(other);
        else followers.set(keyOf(producer, other), [other]);
      }
    }
    for (const list of followers.values()) list.reverse();
    for (const row of this.left) {
      for (const producer of new Set(producersOf(this.before, row))) {
        const partner = this.partners.get(producer);
        const list = partner && followers.get(keyOf(partner, row));
        while (list?.length && this.taken.has(list.at(-1) as SideRow)) list.pop();
        const other = list?.pop();
        if (other === undefined) continue;
        this.pair(row, other);
        break;
      }
    }
  }
}

function familyAndSizes({ family, sizes }: SideRow): string {
  return `${family} ${sizes}`;
}

/** Of the largest one, in any order; '' where there is none, or it is not known. */
function weightSizes(row: SideRow): string {
  const tensor = largestWeight(row);
  return tensor === null
    ? ''
    : squeezed(tensor.shape)
        .sort((a, b) => a - b)
        .join('x');
}

/** What tells a layer from others of its operator and shape: its attributes and the beginnings of its weights. */
function contentOf({ figures, place }: SideRow, { file }: Side): string {
  const weights = (place.graph.parameters.get(place.position) ?? []).map(({ tensor }) => {
    try {
      const { values } = file.readTensor(tensor, FINGERPRINT_ELEMENTS);
      return `${tensor.type} ${tensor.shape} ${values.join()}`;
    } catch (error) {
      // Weights that are not there tell nothing.
      if (!(error instanceof ModelError)) throw error;
      return `${tensor.type} ${tensor.shape}`;
    }
  });
  const shapes = figures.outputs.map(({ type, shape }) => `${type} ${shape}`);
  return JSON.stringify([figures.op, shapes, place.entry.node.attributes.map(attributeKey), weights.sort()]);
}
