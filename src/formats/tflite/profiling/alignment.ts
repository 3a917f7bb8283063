import { itemAt } from '../../../model/assert';
import {
  type DelegatedNode,
  helpAfter,
  helpBefore,
  inParts,
  ownRank,
  type XnnpackRow,
  xnnpackRow,
} from './xnnpackOperators';

/** Operators that a delegate ran one after the other. */
export interface AlignedNode extends DelegatedNode {
  /** Its work is known to end up in another operator's row, or to be done before any run. */
  readonly absorbed: boolean;
}

/** own: of the operator. helper: of what had to be done for it. null: it cannot be told. */
export type Alignment = { readonly node: number; readonly role: 'own' | 'helper' } | null;

/*
 * What it costs to believe something. Where several beliefs are as cheap, the rows that they disagree about are not
 * attributed.
 */
const LESS_LIKELY = 1;
const PART = 3;
const HELPS_BEFORE = 3;
const HELPS_AFTER = 4;
const MAY_HELP_BEFORE = 12;
const MAY_HELP_AFTER = 13;
/** An operator that is known to be absorbed has no row, another has. */
const ABSORBED = 1;
const NOT_ABSORBED = 8;
const NO_ROW = 10;
const NOT_OF_ANY = 60;
/** More than any walk costs, and twice as much still is a number. */
const UNREACHED = 2 ** 30;
/** Most ways cost less. */
const FIRST_BOUND = 64;

/** Rows times operators that are compared at most, in 16 bytes each; delegates run some hundred at a time (CWE-770). */
const MAX_CELLS = 8_000_000;

/**
 * Which operator each row of a stretch belongs to. Both are in the order of execution, so that the cheapest way to
 * walk through both of them says it.
 */
export function align(nodes: readonly AlignedNode[], rows: readonly string[]): Alignment[] {
  if ((nodes.length + 1) * (rows.length + 1) > MAX_CELLS) return rows.map(() => null);
  return new Aligning(nodes, rows.map(xnnpackRow)).result();
}

/** `row`: what it says of the next row, if it takes one. */
interface Step {
  readonly to: number;
  readonly cost: number;
  readonly row?: Alignment;
}

/** A place is an operator, a row, and whether the operator had its own row already. */
class Aligning {
  private readonly width: number;

  constructor(
    private readonly nodes: readonly AlignedNode[],
    private readonly rows: readonly XnnpackRow[],
  ) {
    this.width = 2 * (rows.length + 1);
  }

  result(): Alignment[] {
    const { nodes, rows } = this;
    const end = this.place(nodes.length, rows.length, 0);
    const before = this.costsFromStart(end);
    const best = itemAt(before, end);
    const behind = new Int32Array(end + 2).fill(UNREACHED);
    behind[end] = 0;
    for (let place = end - 1; place >= 0; place--) {
      if (itemAt(before, place) > best) continue;
      for (const { to, cost } of this.steps(place))
        behind[place] = Math.min(itemAt(behind, place), itemAt(behind, to) + cost);
    }
    /** What the cheapest ways say of each row; undefined: nothing yet. */
    const said: (Alignment | undefined)[] = rows.map(() => undefined);
    for (let place = 0; place < end; place++) {
      if (itemAt(before, place) + itemAt(behind, place) > best) continue;
      const row = (place % this.width) >> 1;
      for (const { to, cost, row: says } of this.steps(place)) {
        if (says === undefined || itemAt(before, place) + cost + itemAt(behind, to) > best) continue;
        const other = said[row];
        said[row] = other === undefined || other?.node === says?.node ? says : null;
      }
    }
    return said.map((alignment) => alignment ?? null);
  }

  /**
   * What it costs at least to come to each place, as far as that is no more than to come to the end. Most places are
   * far from the way and are never looked at.
   */
  private costsFromStart(end: number): Int32Array {
    const before = new Int32Array(end + 2);
    for (let bound = FIRST_BOUND; ; bound *= 2) {
      before.fill(UNREACHED);
      before[0] = 0;
      // Steps lead to higher places only.
      for (let place = 0; place < end; place++) {
        if (itemAt(before, place) > bound) continue;
        for (const { to, cost } of this.steps(place))
          before[to] = Math.min(itemAt(before, to), itemAt(before, place) + cost);
      }
      if (itemAt(before, end) <= bound) return before;
    }
  }

  private place(node: number, row: number, matched: 0 | 1): number {
    return node * this.width + 2 * row + matched;
  }

  private steps(place: number): Step[] {
    const at = Math.floor(place / this.width);
    const row = (place % this.width) >> 1;
    const matched = place % 2 === 1;
    const node = this.nodes[at];
    const next = this.rows[row];
    const steps: Step[] = [];
    if (node !== undefined) {
      const leave = matched ? 0 : node.absorbed ? ABSORBED : NO_ROW;
      steps.push({ to: this.place(at + 1, row, 0), cost: leave });
    }
    if (next === undefined) return steps;
    if (node !== undefined) {
      const rank = ownRank(next, node);
      const own = { node: at, role: 'own' } as const;
      const helper = { node: at, role: 'helper' } as const;
      const behind = this.place(at, row + 1, 1);
      if (matched) {
        if (rank !== null && inParts(node)) steps.push({ to: behind, cost: PART, row: own });
        const help = helpAfter(next, node);
        if (help !== null)
          steps.push({ to: behind, cost: help === 'known' ? HELPS_AFTER : MAY_HELP_AFTER, row: helper });
      } else {
        if (rank !== null) {
          const cost = rank * LESS_LIKELY + (node.absorbed ? NOT_ABSORBED : 0);
          steps.push({ to: behind, cost, row: own });
        }
        const help = helpBefore(next, node);
        if (help !== null) {
          const cost = help === 'known' ? HELPS_BEFORE : MAY_HELP_BEFORE;
          steps.push({ to: this.place(at, row + 1, 0), cost, row: helper });
        }
      }
    }
    if (!matched) steps.push({ to: this.place(at, row + 1, 0), cost: NOT_OF_ANY, row: null });
    return steps;
  }
}
