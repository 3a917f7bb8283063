import { itemAt } from '../../../model/assert';
import type { Attribution, EngineRow } from '../../profiling';
import { align } from './alignment';
import type { Layer, Layers } from './layers';

/** pinned: the engine names the operator. own, helper: found by aligning. null: it belongs to no layer that can be told. */
export type RowRole = 'pinned' | 'own' | 'helper' | null;

export interface TfliteAttribution extends Attribution {
  /** For each row. */
  readonly roles: readonly RowRole[];
}

/** Operators that pad or square what they read themselves. */
const PADDING: ReadonlySet<string | null> = new Set(['convolution', 'depthwise convolution']);
const SQUARING: ReadonlySet<string | null> = new Set(['reduced sum', 'reduced mean']);
/** Functions that what comes before them computes as it writes its output. */
const CLAMPS: ReadonlySet<string | null> = new Set(['relu', 'clip']);
const CLAMPING: ReadonlySet<string | null> = new Set([
  'convolution',
  'depthwise convolution',
  'transposed convolution',
  'matrix product',
  'addition',
  'subtraction',
  'multiplication',
  'division',
  'average pooling',
  'max pooling',
]);

/**
 * Which layer the time of each row belongs to. TensorFlow Lite's own rows name the operator and its graph; those of a
 * delegate are, between two of these, aligned in order with the operators in between. Rows of a graph that a
 * node calls belong to its nodes, or where it cannot be told which body it is, to the node that holds it.
 */
export function attribute(layers: Layers, rows: readonly EngineRow[]): TfliteAttribution {
  return new Attributing(layers, rows).result();
}

class Attributing {
  private readonly owners: (number | null)[];
  private readonly roles: RowRole[];
  /** Layers that rows which could not be told may belong to. */
  private readonly doubtful = new Set<number>();
  private readonly withRow = new Set<number>();
  /** Graphs that ran, by who called them, and nodes that have the time of all that they call. */
  private readonly ran = new Set<string>();
  private readonly whole = new Set<number>();

  constructor(
    private readonly layers: Layers,
    private readonly rows: readonly EngineRow[],
  ) {
    this.owners = rows.map(() => null);
    this.roles = rows.map(() => null);
  }

  result(): TfliteAttribution {
    for (const frame of this.frames()) this.attributeFrame(frame);
    for (const owner of this.owners) if (owner !== null) this.withRow.add(owner);
    return { owners: this.owners, roles: this.roles, fates: this.fates() };
  }

  /** Rows by the graph that they ran in and the row that called it, callers first. */
  private frames(): number[][] {
    const frames = new Map<string, number[]>();
    this.rows.forEach(({ place }, row) => {
      if (place === undefined) return;
      const key = `${place.caller}:${place.graph}`;
      const frame = frames.get(key);
      if (frame === undefined) frames.set(key, [row]);
      else frame.push(row);
    });
    return [...frames.values()];
  }

  private attributeFrame(frame: readonly number[]): void {
    const { caller = null, graph = 0 } = itemAt(this.rows, itemAt(frame, 0)).place ?? {};
    const holder = caller === null ? null : itemAt(this.owners, caller);
    const known = caller === null || holder !== null;
    const operators = known ? this.layers.operators(holder, graph) : undefined;
    if (operators === undefined) {
      if (holder === null) return;
      this.whole.add(holder);
      for (const row of frame) this.owners[row] = holder;
      for (const row of frame) this.roles[row] = 'helper';
      return;
    }
    this.ran.add(`${holder}:${graph}`);
    let first = 0;
    let stretch: number[] = [];
    for (const row of frame) {
      const operator = itemAt(this.rows, row).place?.operator ?? null;
      if (operator === null) {
        stretch.push(row);
        continue;
      }
      this.attributeStretch(stretch, operators.slice(first, Math.max(first, operator)));
      stretch = [];
      // Engines run operators in the order of the file; what is out of it is told by its own number alone.
      first = Math.max(first, operator + 1);
      const layer = operators[operator];
      if (layer === undefined || itemAt(this.layers.all, layer).op !== itemAt(this.rows, row).op) continue;
      this.owners[row] = layer;
      this.roles[row] = 'pinned';
    }
    this.attributeStretch(stretch, operators.slice(first));
  }

  private attributeStretch(stretch: readonly number[], operators: readonly number[]): void {
    if (stretch.length === 0) return;
    const layers = operators.map((index) => itemAt(this.layers.all, index));
    const within = new Set(operators);
    const nodes = layers.map((layer) => ({ ...layer, absorbed: this.absorber(layer, within) !== null }));
    const found = align(
      nodes,
      stretch.map((row) => itemAt(this.rows, row).op),
    );
    found.forEach((alignment, at) => {
      const row = itemAt(stretch, at);
      if (alignment === null) for (const index of operators) this.doubtful.add(index);
      else {
        this.owners[row] = itemAt(operators, alignment.node);
        this.roles[row] = alignment.role;
      }
    });
  }

  /** The layer whose row does the work of this one, by what is known of XNNPACK; itself: it is a constant. */
  private absorber(layer: Layer, within: ReadonlySet<number>): number | null {
    if (layer.constant) return layer.index;
    if (layer.kind === 'padding' || layer.square) {
      const reader = this.onlyReader(layer);
      const absorbing = layer.square ? SQUARING : PADDING;
      return reader !== null && within.has(reader.index) && absorbing.has(reader.kind) ? reader.index : null;
    }
    const [giver] = layer.producers;
    if (!CLAMPS.has(layer.kind) || giver === undefined || !within.has(giver)) return null;
    const producer = itemAt(this.layers.all, giver);
    const alone = this.onlyReader(producer)?.index === layer.index;
    return alone && CLAMPING.has(producer.kind) ? giver : null;
  }

  private onlyReader({ readers, isOutput }: Layer): Layer | null {
    const [reader, ...others] = readers;
    if (isOutput || reader === undefined || others.length > 0) return null;
    return itemAt(this.layers.all, reader);
  }

  private fates(): Map<number, number | string> {
    const fates = new Map<number, number | string>();
    for (const layer of this.layers.all) {
      if (!this.withRow.has(layer.index)) fates.set(layer.index, this.fate(layer));
    }
    return fates;
  }

  private fate(layer: Layer): number | string {
    const { index, parent, graph, constant } = layer;
    if (constant) return 'a constant';
    if (this.doubtful.has(index)) return 'unknown: the engine does not say which of its rows it is';
    if (parent !== null && this.whole.has(parent)) return parent;
    if (!this.ran.has(`${parent}:${graph}`)) return 'nothing: it did not run';
    const absorber = this.absorber(layer, this.withRow);
    if (absorber !== null) return absorber;
    return (
      this.nearest(index, ({ readers }) => readers) ??
      this.nearest(index, ({ producers }) => producers) ??
      'nothing: its result is not used'
    );
  }

  private nearest(start: number, next: (layer: Layer) => readonly number[]): number | null {
    const seen = new Set([start]);
    const queue = [start];
    for (const at of queue) {
      for (const index of next(itemAt(this.layers.all, at))) {
        if (this.withRow.has(index)) return index;
        if (!seen.has(index)) queue.push(index);
        seen.add(index);
      }
    }
    return null;
  }
}
