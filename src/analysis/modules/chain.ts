import type { Row } from '../rows';
import type { Chain } from './repeats';

/** Layers of one graph, in its order, as blocks are looked for in them. */
export function chainOf(rows: readonly Row[]): Chain {
  const numbers = new Map<string, number>();
  const kinds = rows.map(({ entry: { node } }) => {
    const known = numbers.get(node.op) ?? numbers.size;
    numbers.set(node.op, known);
    return known;
  });
  const born = new Map<string, number>();
  const lastUse = new Map<string, number>();
  for (const [at, { entry, graph }] of rows.entries()) {
    for (const name of entry.node.inputs) if (born.has(name)) lastUse.set(name, at);
    for (const name of entry.node.outputs) {
      if (name !== '' && graph.inferred.tensors.get(name)?.constant !== true) born.set(name, at);
    }
  }
  const changes = new Int32Array(rows.length + 2);
  for (const [name, last] of lastUse) {
    const from = born.get(name) ?? last;
    changes[from + 1] = (changes[from + 1] ?? 0) + 1;
    changes[last + 1] = (changes[last + 1] ?? 0) - 1;
  }
  let live = 0;
  return {
    kinds,
    crossing: rows.map((_, at) => {
      live += changes[at] ?? 0;
      return live;
    }),
  };
}
