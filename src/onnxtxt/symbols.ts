import { lastAtMost } from './lines';
import type { GraphPlace, Mention, NodePlace, Places, Role } from './places';

/** Roles in which a name gets its meaning; in the others it is used. */
const DEFINING: ReadonlySet<Role> = new Set(['input', 'initializer', 'given']);

/** Which mentions of a text are of one tensor. Names are those of a graph; graphs inside it see them too. */
export class Symbols {
  /** By mention: the symbol; by symbol: its mentions in the order of the text. */
  private readonly symbolOf: Int32Array;
  private readonly mentionsOf: number[][] = [];

  constructor(private readonly places: Places) {
    const { graphs, mentions } = places;
    const names = graphs.map(() => new Map<string, number>());
    this.symbolOf = new Int32Array(mentions.length).fill(-1);
    const own = (graph: number, name: string): number => {
      const known = names[graph]?.get(name);
      if (known !== undefined) return known;
      const symbol = this.mentionsOf.push([]) - 1;
      names[graph]?.set(name, symbol);
      return symbol;
    };
    const visible = ({ graph, name }: Mention): number => {
      for (let at: number | null = graph; at !== null; at = graphs[at]?.parent ?? null) {
        const symbol = names[at]?.get(name);
        if (symbol !== undefined) return symbol;
      }
      return own(graph, name);
    };
    for (const [index, mention] of mentions.entries()) {
      if (DEFINING.has(mention.role)) this.symbolOf[index] = own(mention.graph, mention.name);
    }
    for (const [index, mention] of mentions.entries()) {
      if (mention.role === 'function') continue;
      const symbol = DEFINING.has(mention.role) ? (this.symbolOf[index] ?? -1) : visible(mention);
      this.symbolOf[index] = symbol;
      this.mentionsOf[symbol]?.push(index);
    }
  }

  mentionAt(offset: number): Mention | null {
    return this.places.mentions[this.indexAt(offset)] ?? null;
  }

  /** All mentions of the tensor that is named at an offset; none where none is. */
  mentionsAt(offset: number): readonly Mention[] {
    const symbol = this.symbolOf[this.indexAt(offset)] ?? -1;
    return (this.mentionsOf[symbol] ?? []).flatMap((index) => this.places.mentions[index] ?? []);
  }

  /** The innermost node around an offset. */
  nodeAt(offset: number): NodePlace | null {
    const { nodes, graphs } = this.places;
    let at: number | null = lastAtMost(nodes.length, (index) => nodes[index]?.start ?? 0, offset);
    for (; at !== null; at = graphs[nodes[at]?.graph ?? -1]?.node ?? null) {
      const node = nodes[at];
      if (node === undefined) return null;
      if (offset < node.end) return node;
    }
    return null;
  }

  /** The function that a node calls, or that a reference names. */
  functionAt(offset: number): GraphPlace | null {
    const mention = this.mentionAt(offset);
    const functions = this.places.graphs.filter(({ domain }) => domain !== null);
    if (mention?.role === 'function') return functions.find(({ text }) => text === mention.name) ?? null;
    const node = this.nodeAt(offset);
    if (!node || offset < node.operator.start || offset > node.operator.end) return null;
    return functions.find(({ domain, text }) => domain === node.domain && text === node.op) ?? null;
  }

  /** A cursor stands between characters, so that the end of a name is still on it. */
  private indexAt(offset: number): number {
    const { mentions } = this.places;
    const index = lastAtMost(mentions.length, (at) => mentions[at]?.start ?? 0, offset);
    return offset <= (mentions[index]?.end ?? -1) ? index : -1;
  }
}

export function defines({ role }: Mention): boolean {
  return DEFINING.has(role);
}
