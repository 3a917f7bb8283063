import { at, type Lists, listAt, listsOf } from './lists';

/**
 * A model's graph as the layout needs it: rows of the table in the order of the file, the groups that they are in, and which
 * tensors they take. A group is a module, or the bodies of a row. All of it can be sent to a worker.
 */
export interface GraphInput {
  /** Group that each row is in, −1 = the model. Of a row with bodies: the group around it. */
  readonly groupOf: Int32Array;
  /** Group around each group, −1 = the model. */
  readonly parentOf: Int32Array;
  /** Row whose bodies each group is, −1 = it is a module. */
  readonly rowOf: Int32Array;
  /** 1 for rows that are drawn. */
  readonly shown: Uint8Array;
  /** Width in pixels of each row, and of each group while it is shut. */
  readonly rowWidths: Uint16Array;
  readonly groupWidths: Uint16Array;
  /** Tensors that each row takes, one behind the other: how many, the row that gives it or −1 − an input, its output. */
  readonly counts: Int32Array;
  readonly sources: Int32Array;
  readonly slots: Int32Array;
  /** Of each input and output of the model. */
  readonly inputWidths: Uint16Array;
  readonly outputWidths: Uint16Array;
  /** Where outputs come from, as sources and slots; NO_SOURCE = from nowhere. */
  readonly outputSources: Int32Array;
  readonly outputSlots: Int32Array;
}

export const NO_SOURCE = -0x80000000;

/** More nodes side by side than this cannot be looked through: neighbours are put together until there are fewer. */
const MOST_CHILDREN = 500;

/** Groups and their children. Items are numbers: rows as they are, then groups (`rows + group`). */
export class Hierarchy {
  readonly rows: number;
  /** Of all groups, those that were made last. */
  readonly parentOf: number[];
  readonly rowOf: number[];
  /** By group, the model's own last. */
  private readonly children: Int32Array[] = [];
  /** Place of each row in a walk through the tree, a group's in one stretch. */
  readonly walk: Int32Array;
  readonly placeOf: Int32Array;
  private readonly first: Int32Array;
  private readonly last: Int32Array;
  /** By row with bodies. */
  readonly groupOfRow = new Map<number, number>();
  /** Groups of this and higher numbers stand for neighbours without a module of their own. */
  readonly made: number;

  constructor(readonly input: GraphInput) {
    this.rows = input.groupOf.length;
    this.parentOf = [...input.parentOf];
    this.rowOf = [...input.rowOf];
    this.made = this.parentOf.length;
    input.rowOf.forEach((row, group) => {
      if (row >= 0) this.groupOfRow.set(row, group);
    });
    const byGroup = this.directChildren();
    for (let group = 0; group <= this.made; group++) {
      this.children[group] = listAt(byGroup, group);
    }
    // The model itself becomes the last, behind those that are made now.
    const top = this.children.pop() ?? new Int32Array();
    for (let group = 0; group < this.made; group++)
      this.children[group] = this.divided(this.children[group] ?? top, group);
    this.top = this.divided(top, -1);
    this.walk = new Int32Array(this.rows);
    this.placeOf = new Int32Array(this.rows);
    this.first = new Int32Array(this.parentOf.length);
    this.last = new Int32Array(this.parentOf.length);
    this.number();
  }

  private readonly top: Int32Array;

  get groups(): number {
    return this.parentOf.length;
  }

  /** @param group −1 = the model */
  childrenOf(group: number): Int32Array {
    return group < 0 ? this.top : (this.children[group] ?? new Int32Array());
  }

  /** Places in the walk of what is in an item: from the first up to the one behind the last. */
  stretch(item: number): [first: number, end: number] {
    if (item < 0) return [0, this.rows];
    if (item < this.rows) {
      const place = at(this.placeOf, item);
      return [place, place + 1];
    }
    return [at(this.first, item - this.rows), at(this.last, item - this.rows)];
  }

  /** Children of each group in the order of their first rows; those of the model are the last list. */
  private directChildren(): Lists {
    const { groupOf, parentOf, shown } = this.input;
    const listOf: number[] = [];
    const items: number[] = [];
    const seen = new Uint8Array(this.made);
    const add = (item: number, group: number) => {
      listOf.push(group < 0 ? this.made : group);
      items.push(item);
    };
    const open = (group: number) => {
      for (let one = group; one >= 0 && at(seen, one) === 0; one = at(parentOf, one)) {
        seen[one] = 1;
        // A row's bodies come with the row.
        if (at(this.input.rowOf, one) < 0) this.before.push(one);
      }
    };
    for (let row = 0; row < this.rows; row++) {
      open(at(groupOf, row));
      for (let group = this.before.pop(); group !== undefined; group = this.before.pop())
        add(this.rows + group, at(parentOf, group));
      if (at(shown, row) === 0) continue;
      const own = this.groupOfRow.get(row);
      add(own === undefined ? row : this.rows + own, at(groupOf, row));
    }
    return listsOf(this.made + 1, listOf, items);
  }

  private readonly before: number[] = [];

  /** Puts neighbours together where there are too many. */
  private divided(items: Int32Array, parent: number): Int32Array {
    if (items.length <= MOST_CHILDREN) return items;
    const size = Math.ceil(Math.sqrt(items.length));
    const groups: number[] = [];
    for (let from = 0; from < items.length; from += size) {
      const group = this.parentOf.length;
      const held = items.slice(from, from + size);
      this.parentOf.push(parent);
      this.rowOf.push(-1);
      this.children[group] = held;
      for (const item of held) if (item >= this.rows) this.parentOf[item - this.rows] = group;
      groups.push(this.rows + group);
    }
    return this.divided(Int32Array.from(groups), parent);
  }

  private number(): void {
    let next = 0;
    const take = (row: number) => {
      this.walk[next] = row;
      this.placeOf[row] = next++;
    };
    // Each group is met twice: before what is in it, and behind it.
    const open = [...this.top].reverse();
    const ended = new Uint8Array(this.groups);
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      if (item < this.rows) {
        take(item);
        continue;
      }
      const group = item - this.rows;
      if (at(ended, group) === 1) {
        this.last[group] = next;
        continue;
      }
      ended[group] = 1;
      this.first[group] = next;
      const row = this.rowOf[group] ?? -1;
      if (row >= 0) take(row);
      open.push(item);
      for (const child of this.childrenOf(group).toReversed()) open.push(child);
    }
    // What is not drawn is in no group's stretch.
    const placed = new Uint8Array(this.rows);
    for (let place = 0; place < next; place++) placed[at(this.walk, place)] = 1;
    for (let row = 0; row < this.rows; row++) if (at(placed, row) === 0) take(row);
  }
}
