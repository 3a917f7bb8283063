import type { SubGraphTable } from './tables';

/**
 * A name for each tensor of a graph, by its index. Files name tensors as they like: the first of several with one
 * name keeps it, the others have their index behind it; one without a name is named after its index.
 */
export function tensorNames({ tensors = [] }: SubGraphTable): string[] {
  const stated = new Set(tensors.map(({ name }) => name));
  const taken = new Set<string>();
  return tensors.map(({ name = '' }, index) => {
    let unique = name === '' ? `tensor_${index}` : name;
    if (name === '' || taken.has(name)) {
      if (name !== '') unique = `${name}#${index}`;
      while (stated.has(unique) || taken.has(unique)) unique += '#';
    }
    taken.add(unique);
    return unique;
  });
}
