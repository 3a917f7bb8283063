import { type Arrangement, arrange } from './arrange';
import { type Hierarchy, NO_SOURCE } from './hierarchy';
import { at, type Lists, listsOf } from './lists';

/** What a node of a level is: an item of the hierarchy, an end of the model, or where a tensor crosses its group's border. */
export type LevelNode =
  | { readonly kind: 'item'; readonly item: number }
  | { readonly kind: 'input'; readonly place: number }
  | { readonly kind: 'output'; readonly place: number }
  | { readonly kind: 'entry'; readonly tensor: number }
  | { readonly kind: 'exit'; readonly tensor: number };

export interface GroupLevel {
  readonly nodes: readonly LevelNode[];
  readonly arrangement: Arrangement;
  /** Node at which a tensor comes in, and goes out, by the tensor. */
  readonly entries: ReadonlyMap<number, number>;
  readonly exits: ReadonlyMap<number, number>;
}

/** Levels of a graph, one for each group, made when somebody opens it and kept: opening others changes nothing of it. */
export class Levels {
  readonly hierarchy: Hierarchy;
  private readonly made = new Map<number, GroupLevel>();
  /** First tensor of each source; inputs come before rows. */
  private readonly tensorOf: Int32Array;
  private readonly sourceOfTensor: Int32Array;
  private readonly startOf: Int32Array;
  /** Places in the walk between which each tensor is taken. */
  private readonly firstUse: Int32Array;
  private readonly lastUse: Int32Array;
  /** What was seen last, by row and by tensor: which group's child it is in, and for which of its children. */
  private readonly childOf: Int32Array;
  private readonly seenBy: Int32Array;
  private readonly outputsOf: Lists;

  constructor(hierarchy: Hierarchy) {
    this.hierarchy = hierarchy;
    const { counts, sources, slots, outputSources, outputSlots, inputWidths } = hierarchy.input;
    const inputs = inputWidths.length;
    const most = new Int32Array(inputs + hierarchy.rows).fill(-1);
    const note = (source: number, slot: number) => {
      if (source === NO_SOURCE) return;
      const place = inputs + source;
      most[place] = Math.max(at(most, place), slot);
    };
    sources.forEach((source, edge) => {
      note(source, at(slots, edge));
    });
    outputSources.forEach((source, output) => {
      note(source, at(outputSlots, output));
    });
    this.tensorOf = new Int32Array(most.length + 1);
    for (let i = 0; i < most.length; i++) this.tensorOf[i + 1] = at(this.tensorOf, i) + at(most, i) + 1;
    const tensors = at(this.tensorOf, most.length);
    this.sourceOfTensor = new Int32Array(tensors);
    for (let i = 0; i < most.length; i++)
      this.sourceOfTensor.fill(i - inputs, at(this.tensorOf, i), at(this.tensorOf, i + 1));
    this.startOf = new Int32Array(counts.length + 1);
    for (let row = 0; row < counts.length; row++)
      this.startOf[row + 1] = at(this.startOf, row) + at(counts, row);
    this.firstUse = new Int32Array(tensors).fill(hierarchy.rows);
    this.lastUse = new Int32Array(tensors).fill(-1);
    for (let row = 0; row < counts.length; row++) {
      const place = at(hierarchy.placeOf, row);
      if (at(hierarchy.input.shown, row) === 0) continue;
      for (let edge = at(this.startOf, row); edge < at(this.startOf, row + 1); edge++) {
        const tensor = this.tensor(at(sources, edge), at(slots, edge));
        this.firstUse[tensor] = Math.min(at(this.firstUse, tensor), place);
        this.lastUse[tensor] = Math.max(at(this.lastUse, tensor), place);
      }
    }
    const outputTensors = Int32Array.from(outputSources, (source, output) =>
      source === NO_SOURCE ? -1 : this.tensor(source, at(outputSlots, output)),
    );
    for (const tensor of outputTensors) if (tensor >= 0) this.lastUse[tensor] = hierarchy.rows;
    this.outputsOf = listsOf(tensors, outputTensors);
    this.childOf = new Int32Array(hierarchy.rows).fill(-1);
    this.seenBy = new Int32Array(tensors).fill(-1);
  }

  /** Row that gives a tensor, or −1 − the place of an input; and which of its outputs it is. */
  source(tensor: number): { row: number; slot: number } {
    const row = at(this.sourceOfTensor, tensor);
    return { row, slot: tensor - at(this.tensorOf, row + this.hierarchy.input.inputWidths.length) };
  }

  /** @param group −1 = the model */
  level(group: number): GroupLevel {
    let level = this.made.get(group);
    if (level === undefined) {
      level = this.make(group);
      this.made.set(group, level);
    }
    return level;
  }

  private tensor(source: number, slot: number): number {
    return at(this.tensorOf, source + this.hierarchy.input.inputWidths.length) + slot;
  }

  private make(group: number): GroupLevel {
    const { hierarchy } = this;
    const { sources, slots, shown, inputWidths, outputWidths } = hierarchy.input;
    const children = hierarchy.childrenOf(group);
    const nodes: LevelNode[] = Array.from(children, (item) => ({ kind: 'item', item }));
    const pinned: number[] = nodes.map(() => 0);
    const [from, to, tensors]: [number[], number[], number[]] = [[], [], []];
    const entries = new Map<number, number>();
    const exits = new Map<number, number>();
    const end = (node: LevelNode, side: -1 | 1): number => {
      pinned.push(side);
      return nodes.push(node) - 1;
    };
    const link = (a: number, b: number, tensor: number) => {
      from.push(a);
      to.push(b);
      tensors.push(tensor);
    };
    const whole = hierarchy.stretch(group < 0 ? -1 : hierarchy.rows + group);
    const inputNodes =
      group < 0 ? Array.from(inputWidths, (_, place) => end({ kind: 'input', place }, -1)) : [];
    children.forEach((item, child) => {
      const [first, last] = hierarchy.stretch(item);
      for (let place = first; place < last; place++) this.childOf[at(hierarchy.walk, place)] = child;
    });
    const within = (row: number): boolean => {
      const place = at(hierarchy.placeOf, row);
      return place >= whole[0] && place < whole[1] && hierarchy.rowOf[group] !== row && at(shown, row) === 1;
    };
    children.forEach((item, child) => {
      const [first, last] = hierarchy.stretch(item);
      for (let place = first; place < last; place++) {
        const row = at(hierarchy.walk, place);
        for (let edge = at(this.startOf, row); edge < at(this.startOf, row + 1); edge++) {
          const source = at(sources, edge);
          if (source >= 0 && at(shown, source) === 0) continue;
          const tensor = this.tensor(source, at(slots, edge));
          if (at(this.seenBy, tensor) === child) continue;
          this.seenBy[tensor] = child;
          if (source >= 0 && within(source)) {
            const giver = at(this.childOf, source);
            if (giver !== child) link(giver, child, tensor);
            continue;
          }
          let entry = source < 0 && group < 0 ? inputNodes[-1 - source] : entries.get(tensor);
          if (entry === undefined) {
            entry = end({ kind: 'entry', tensor }, -1);
            entries.set(tensor, entry);
          }
          link(entry, child, tensor);
        }
      }
    });
    this.seenBy.fill(-1);
    // What goes out.
    const outputNodes =
      group < 0 ? Array.from(outputWidths, (_, place) => end({ kind: 'output', place }, 1)) : [];
    const inputs = inputWidths.length;
    const leave = (tensor: number, giver: number) => {
      if (group < 0) {
        for (let i = at(this.outputsOf.starts, tensor); i < at(this.outputsOf.starts, tensor + 1); i++)
          link(giver, outputNodes[at(this.outputsOf.items, i)] ?? giver, tensor);
        return;
      }
      if (at(this.firstUse, tensor) >= whole[0] && at(this.lastUse, tensor) < whole[1]) return;
      if (at(this.lastUse, tensor) < 0) return;
      const exit = end({ kind: 'exit', tensor }, 1);
      exits.set(tensor, exit);
      link(giver, exit, tensor);
    };
    children.forEach((item, child) => {
      const [first, last] = hierarchy.stretch(item);
      for (let place = first; place < last; place++) {
        const row = at(hierarchy.walk, place);
        for (
          let tensor = at(this.tensorOf, inputs + row);
          tensor < at(this.tensorOf, inputs + row + 1);
          tensor++
        )
          leave(tensor, child);
      }
    });
    inputNodes.forEach((node, place) => {
      const source = inputs - 1 - place;
      for (let tensor = at(this.tensorOf, source); tensor < at(this.tensorOf, source + 1); tensor++)
        leave(tensor, node);
    });
    const arrangement = arrange({
      nodes: nodes.length,
      pinned: Int8Array.from(pinned),
      from: Int32Array.from(from),
      to: Int32Array.from(to),
      tensor: Int32Array.from(tensors),
    });
    return { nodes, arrangement, entries, exits };
  }
}
