import { itemAt } from '../../../model/assert';
import type { Node } from '../../../model/model';
import type { Attribution, EngineRow } from '../../profiling';
import { type InstrumentedLayer, layerOfNodeName, layerOfTensorName } from './instrument';
import { Neighbours } from './neighbours';

/** Operators that engines add to move data from one layout or type to another. */
export const LAYOUT_OPERATORS = new Set([
  'Cast',
  'Identity',
  'ReorderInput',
  'ReorderOutput',
  'Transpose',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/** Operators that engines fold into what comes before them, where they do not say so by names. */
export const TRAILING_OPERATORS: ReadonlySet<string> = new Set([
  'Clip',
  'Elu',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'QuantizeLinear',
  'Relu',
  'Sigmoid',
  'Tanh',
]);

/** Nodes that give on what they get. */
const EMPTY_OPERATORS = new Set(['Identity', 'Dropout']);

/**
 * Says which layer the time of each row belongs to, and what became of the layers without a row.
 *
 * A row belongs to the layer whose name it kept. Where the engine made a new name it stands for the layers whose
 * output tensors it gives, and for those before them, back to what other rows give; its time belongs to the
 * heaviest of these. `nodes` are those of the graph that the engine made, of all its bodies too.
 */
export function attribute(
  layers: readonly InstrumentedLayer[],
  rows: readonly EngineRow[],
  nodes: readonly Node[],
): Attribution {
  return new Attributing(layers, rows, nodes).result();
}

class Attributing {
  private readonly owners: (number | null)[];
  /** Layers whose outputs a row gives. */
  private readonly given: number[][];
  /** Row that a layer without a row of its own is in. */
  private readonly covered = new Map<number, number>();

  constructor(
    private readonly layers: readonly InstrumentedLayer[],
    private readonly rows: readonly EngineRow[],
    nodes: readonly Node[],
  ) {
    this.owners = rows.map(({ name }) => this.known(layerOfNodeName(name)));
    this.given = rows.map(() => []);
    this.findGiven(nodes);
  }

  result(): Attribution {
    const withRow = new Set(this.owners.filter((owner) => owner !== null));
    this.given.forEach((layers, row) => {
      for (const layer of layers) if (!withRow.has(layer)) this.covered.set(layer, row);
    });
    this.given.forEach((layers, row) => {
      if (this.owners[row] !== null || layers.length === 0) return;
      const region = this.cover(row, layers, withRow);
      this.owners[row] = this.heaviest(region, itemAt(this.rows, row).op);
    });
    for (const owner of this.owners) if (owner !== null) withRow.add(owner);
    this.coverTrailing(withRow);
    this.owners.forEach((owner, row) => {
      if (owner !== null) this.cover(row, [owner, ...(this.given[row] ?? [])], withRow);
    });
    return { owners: this.owners, fates: this.fates(withRow) };
  }

  private known(layer: number | null): number | null {
    return layer !== null && layer < this.layers.length ? layer : null;
  }

  private findGiven(nodes: readonly Node[]): void {
    const rowOf = new Map(this.rows.map(({ name }, row) => [name, row]));
    const producers = new Map<string, Node>();
    for (const node of nodes) for (const output of node.outputs) producers.set(output, node);
    for (const node of nodes) {
      for (const output of node.outputs)
        this.note(node, this.known(layerOfTensorName(output)), rowOf, producers);
    }
    // A row in the engine's own layout is named after the tensor, and gives another one in that layout.
    this.rows.forEach(({ name, op }, row) => {
      const layer = this.known(layerOfTensorName(name));
      if (layer !== null && !this.isAdded(op, layer)) this.given[row]?.push(layer);
    });
  }

  /** Behind what the engine added to change a layout lies the row that computed it. */
  private note(
    node: Node,
    layer: number | null,
    rowOf: ReadonlyMap<string, number>,
    producers: ReadonlyMap<string, Node>,
  ): void {
    if (layer === null) return;
    const seen = new Set<Node>();
    let from: Node | undefined = node;
    while (from !== undefined && this.isAdded(localOp(from), layer) && !seen.has(from)) {
      seen.add(from);
      from = producers.get(from.inputs[0] ?? '');
    }
    const row = from === undefined ? undefined : rowOf.get(from.name);
    if (from === undefined || row === undefined) return;
    this.given[row]?.push(this.insideBody(layer, localOp(from)));
  }

  private isAdded(op: string, layer: number): boolean {
    return LAYOUT_OPERATORS.has(op) && this.layers[layer]?.op !== op;
  }

  /** Where an engine put a body in its node's place, the row is that of the node that gives the body's output. */
  private insideBody(layer: number, op: string): number {
    return this.giverInside(layer, op) ?? layer;
  }

  private giverInside(layer: number, op: string): number | null {
    const { bodyOutputs = [], op: own } = this.layers[layer] ?? {};
    if (own === op) return layer;
    for (const output of bodyOutputs) {
      const inside = this.known(layerOfTensorName(output));
      // What gives a body's output comes after the node that has the body, so this ends.
      const giver = inside === null || inside <= layer ? null : this.giverInside(inside, op);
      if (giver !== null) return giver;
    }
    return null;
  }

  /** Layers that can only be in this row: from `start` back to what is constant or given by another row. */
  private cover(row: number, start: readonly number[], withRow: ReadonlySet<number>): number[] {
    const region = [...start];
    const pending = [...start];
    for (let layer = pending.pop(); layer !== undefined; layer = pending.pop()) {
      for (const input of this.layers[layer]?.inputs ?? []) {
        const producer = this.known(layerOfTensorName(input));
        if (producer === null || withRow.has(producer) || this.covered.has(producer)) continue;
        if (this.layers[producer]?.constant) continue;
        this.covered.set(producer, row);
        region.push(producer);
        pending.push(producer);
      }
    }
    return region;
  }

  /** Layers come after those that they read, so a chain goes to the row that it begins at. */
  private coverTrailing(withRow: ReadonlySet<number>): void {
    const rowOf = new Map(this.owners.map((owner, row) => [owner, row]));
    for (const { index, op, inputs } of this.layers) {
      if (!TRAILING_OPERATORS.has(op) || withRow.has(index) || this.covered.has(index)) continue;
      const producer = this.known(layerOfTensorName(inputs[0] ?? ''));
      const row = producer === null ? undefined : (rowOf.get(producer) ?? this.covered.get(producer));
      if (row !== undefined) this.covered.set(index, row);
    }
  }

  /** Whose time it is: the layer with the most multiply-accumulates, else one of the row's own kind, else the last. */
  private heaviest(region: readonly number[], op: string): number | null {
    let best: number | null = null;
    let most = 0;
    for (const layer of region) {
      const macs = itemAt(this.layers, layer).macs ?? 0;
      if (macs > most) {
        best = layer;
        most = macs;
      }
    }
    return best ?? region.find((layer) => itemAt(this.layers, layer).op === op) ?? region[0] ?? null;
  }

  private fates(withRow: ReadonlySet<number>): Map<number, number | string> {
    const running = new Set([...withRow].map((layer) => this.layers[layer]?.graph));
    const neighbours = new Neighbours(this.layers);
    const fates = new Map<number, number | string>();
    for (const layer of this.layers) {
      if (!withRow.has(layer.index)) fates.set(layer.index, this.fate(layer, withRow, running, neighbours));
    }
    return fates;
  }

  private fate(
    layer: InstrumentedLayer,
    withRow: ReadonlySet<number>,
    running: ReadonlySet<number | undefined>,
    neighbours: Neighbours,
  ): number | string {
    if (layer.constant) return 'a constant';
    if (neighbours.bodyRuns(layer.index, withRow)) return 'its own body';
    if (layer.parent !== null && !running.has(layer.graph)) return 'nothing: it did not run';
    const row = this.covered.get(layer.index);
    const owner = row === undefined ? null : (this.owners[row] ?? null);
    if (EMPTY_OPERATORS.has(layer.op)) return 'nothing: it gives on what it gets';
    if (owner !== null && owner !== layer.index) return owner;
    return neighbours.nearest(layer.index, withRow) ?? 'nothing: its result is not used';
  }
}

/** The operator without its domain: profiles leave it out. */
function localOp(node: Node): string {
  return node.op.slice(node.op.lastIndexOf('.') + 1);
}
