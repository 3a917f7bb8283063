import type { InferredGraph } from '../../../model/inference';
import type { NodeId } from '../../../model/nodeId';
import type { ModelFile } from '../../format';
import type { ElsewhereRow, EngineRow, PlacedRows, RowOwner } from '../../profiling';
import type { TfliteGraph } from '../graph';
import type { TfliteModel } from '../reader';
import { type AlignedParts, alignParts, type Fate } from './alignParts';
import { layersOf } from './layers';

/** `[a, b]:12`: names of the outputs and the number of the node, which versions before 2020 leave out. */
const OUTPUTS = /^\[(.*)\](?::(\d+))?$/s;
/** Nodes that stand for those that a delegate took, such as TfLiteGpuDelegateV2; in 2019 they were just called so. */
const DELEGATE = /Delegate|^DELEGATE$/;
/** What the tool does itself, such as `AllocateTensors/0`. */
const OWN = /^(.+)\/\d+$/s;

/**
 * Rows of LiteRT's profile summary. A node is named after its output tensors and its number; a delegate's node after
 * what it gives to others, with a number behind those of the file's nodes. Where a delegate tells of its own operators,
 * they name no node of the file, and are aligned with those that have no row.
 */
export function placeRows(
  file: ModelFile,
  inferred: InferredGraph,
  rows: readonly ElsewhereRow[],
): PlacedRows {
  const { root, graph } = file.model as TfliteModel;
  const placing = new Placing(graph as TfliteGraph);
  return placing.place(rows, alignParts(layersOf(root, inferred), rows, placing.nodesOf(rows)));
}

class Placing {
  /** What each node's outputs are called, as the runtime writes them. */
  private readonly titles: readonly string[];
  private readonly byTitle = new Map<string, number[]>();
  /** Node that gives a tensor, by the tensor's own name and by ours. */
  private readonly givers = new Map<string, number>();

  constructor(private readonly graph: TfliteGraph) {
    const tensors = graph.table.tensors ?? [];
    this.titles = graph.nodes.map(({ outputs }, index) => {
      const stated = (graph.table.operators?.[index]?.outputs ?? []).map(
        (tensor) => tensors[tensor]?.name ?? '',
      );
      for (const name of [...stated, ...outputs]) if (!this.givers.has(name)) this.givers.set(name, index);
      return stated.join(', ');
    });
    this.titles.forEach((title, index) => {
      const known = this.byTitle.get(title);
      if (known === undefined) this.byTitle.set(title, [index]);
      else known.push(index);
    });
  }

  /** Number of the node that each row names; null: none. */
  nodesOf(rows: readonly EngineRow[]): (number | null)[] {
    return rows.map((row) => this.nodeOf(row));
  }

  place(rows: readonly EngineRow[], parts: AlignedParts): PlacedRows {
    const nodes = this.nodesOf(rows);
    const withRow = new Set(nodes.filter((node) => node !== null));
    const fates = new Map<NodeId, Fate>(parts.fates);
    const delegated = rows.map((row, index) =>
      nodes[index] === null && isDelegate(row) ? this.givenBy(row) : null,
    );
    const given = new Set(delegated.flatMap((one) => one ?? []));
    for (const [index, outputs] of delegated.entries()) {
      const words = rows[index]?.op ?? '';
      for (const node of this.behind(outputs ?? [], withRow, given)) fates.set(this.idOf(node), { words });
    }
    const owners = rows.map((row, index): RowOwner => {
      const node = nodes[index] ?? null;
      if (node !== null) return { kind: 'layer', id: this.idOf(node) };
      const aligned = parts.owners.get(index);
      if (aligned !== undefined) return { kind: 'layer', id: aligned };
      const outputs = delegated[index] ?? null;
      if (outputs !== null) return { kind: outputs.length > 0 ? 'engine' : 'foreign' };
      if (OWN.exec(row.name)?.[1] === row.op) return { kind: 'engine' };
      return { kind: OUTPUTS.test(row.name) ? 'foreign' : 'unknown' };
    });
    return { owners, fates, notes: parts.notes };
  }

  /** Where the number and the name agree, or the name alone is of one node of this operator. */
  private nodeOf({ name, op }: EngineRow): number | null {
    const [, title, number] = OUTPUTS.exec(name) ?? [];
    if (title === undefined) return null;
    const index = number === undefined ? null : Number(number);
    if (index !== null && index >= this.graph.nodes.length) return null;
    if (index !== null && this.titles[index] === title && this.isOp(index, op)) return index;
    const [only, ...others] = (this.byTitle.get(title) ?? []).filter((node) => this.isOp(node, op));
    return others.length === 0 ? (only ?? null) : null;
  }

  /** Operators may have a description behind a slash. */
  private isOp(node: number, op: string): boolean {
    const own = this.graph.nodes[node]?.op ?? '';
    return op === own || op.startsWith(`${own}/`);
  }

  /** Nodes that give a delegate's outputs. */
  private givenBy({ name }: EngineRow): number[] {
    const title = OUTPUTS.exec(name)?.[1] ?? '';
    const whole = this.byTitle.get(title) ?? [];
    return whole.length > 0 ? whole : title.split(', ').flatMap((tensor) => this.givers.get(tensor) ?? []);
  }

  /** These nodes and all without a row before them, back to what other rows give: only there can they have run. */
  private behind(
    outputs: readonly number[],
    withRow: ReadonlySet<number>,
    given: ReadonlySet<number>,
  ): Set<number> {
    const inside = new Set(outputs);
    const pending = [...outputs];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      for (const input of this.graph.nodes[node]?.inputs ?? []) {
        const giver = this.givers.get(input);
        if (giver === undefined || inside.has(giver) || withRow.has(giver) || given.has(giver)) continue;
        inside.add(giver);
        pending.push(giver);
      }
    }
    return inside;
  }

  private idOf(node: number): NodeId {
    return this.graph.nodes[node]?.id ?? '';
  }
}

function isDelegate({ op, name }: EngineRow): boolean {
  return DELEGATE.test(op) && OUTPUTS.test(name);
}
