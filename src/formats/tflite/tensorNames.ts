import type { SubGraphTable } from './tables';

/**
 * Names of a graph's tensors by their index, each once: files name several tensors alike, or not at all, since
 * only the index counts for them.
 */
export function tensorNames(graph: SubGraphTable): string[] {
  const tensors = graph.tensors ?? [];
  const stored = new Set(tensors.map(({ name }) => name));
  const taken = new Set<string>();
  return tensors.map(({ name = '' }, index) => {
    let unique = name;
    // The first keeps its name. What the others get must not be the name of yet another.
    for (let suffix = `#${index}`; unique === '' || taken.has(unique); suffix += '#') {
      const candidate = `${name === '' ? 'tensor' : name}${suffix}`;
      if (!stored.has(candidate)) unique = candidate;
    }
    taken.add(unique);
    return unique;
  });
}
