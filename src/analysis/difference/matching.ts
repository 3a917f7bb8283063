import { ModelError } from '../../model/modelError';
import { align, ascending, type Match } from './alignment';
import { attributeKey } from './attributes';
import { bodiesOf, producerOf, type Side, type SideRow } from './side';

/** Rows of the first model with the same layer of the second. */
export type Partners = Map<SideRow, SideRow>;

/** First elements of a weight that tell it from others of its shape. */
const FINGERPRINT_ELEMENTS = 16;

/** Exporters number tensors: one layer more, and every number behind it means another tensor. */
const NUMBERED = /^\d+$/;

/**
 * Finds the layers of one model in another: by the names of their output tensors, then by order, operator and shape,
 * then by the layers that they follow. Operators are told by what they do, whatever the two formats call them.
 */
export function matchLayers(before: Side, after: Side): Partners {
  const partners: Partners = new Map();
  const [ofBefore, ofAfter] = [bodiesOf(before), bodiesOf(after)];
  const queue: [SideRow[], SideRow[]][] = [[ofBefore.main, ofAfter.main]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [rows, others] = next;
    const found = new Matching(before, after, rows, others).partners;
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

/** Of the nodes of one graph and of the graph that it is compared with. */
class Matching {
  readonly partners: Partners = new Map();
  private readonly taken = new Set<SideRow>();

  constructor(
    private readonly before: Side,
    private readonly after: Side,
    private readonly rows: readonly SideRow[],
    private readonly others: readonly SideRow[],
  ) {
    const outputs = (row: SideRow) =>
      row.place.entry.node.outputs.filter((name) => name !== '' && !NUMBERED.test(name));
    this.byName((row) => outputs(row).map((name) => `${row.family}:${name}`));
    this.byName(({ family, figures: { name } }) => (NUMBERED.test(name) ? [] : [`${family}:${name}`]));
    // Layers with weights may have become other operators; without, it is a conversion that took the name over.
    this.byName((row) => (row.figures.parameters !== 0 ? outputs(row) : []));
    if (before.file.format === after.file.format) this.byOrder((row, side) => contentOf(row, side));
    this.byOrder(({ family, sizes }) => `${family} ${sizes}`);
    this.byProducers();
    this.byOrder(({ family }) => family);
  }

  private pair(row: SideRow, other: SideRow): void {
    this.partners.set(row, other);
    this.taken.add(other);
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

  /** Aligns what is left between the layers that are matched already. */
  private byOrder(keyOf: (row: SideRow, side: Side) => string): void {
    for (const [rows, others] of this.gaps()) {
      const a = rows.map((row) => keyOf(row, this.before));
      const b = others.map((other) => keyOf(other, this.after));
      for (const [i, j] of align(a, b)) this.pair(rows[i] as SideRow, others[j] as SideRow);
    }
  }

  /** Rows without a partner in runs between pairs that lie in the same order in both models. */
  private gaps(): [SideRow[], SideRow[]][] {
    const position = new Map(this.others.map((other, index) => [other, index]));
    const pairs = this.rows.flatMap((row, index): Match[] => {
      const other = this.partners.get(row);
      return other === undefined ? [] : [[index, position.get(other) ?? 0]];
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
    const followers = new Map<SideRow, SideRow[]>();
    for (const other of this.others) {
      if (this.taken.has(other)) continue;
      for (const producer of producersOf(other, this.after)) {
        const list = followers.get(producer);
        if (list) list.push(other);
        else followers.set(producer, [other]);
      }
    }
    for (const row of this.rows) {
      if (this.partners.has(row)) continue;
      const partner = producersOf(row, this.before)
        .flatMap((producer) => followers.get(this.partners.get(producer) ?? producer) ?? [])
        .find((other) => !this.taken.has(other) && other.family === row.family && other.sizes === row.sizes);
      if (partner !== undefined) this.pair(row, partner);
    }
  }
}

function producersOf({ place }: SideRow, side: Side): SideRow[] {
  return place.entry.node.inputs.flatMap((name) => producerOf(side, place.graph, name) ?? []);
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
