import type { Lookup } from './lookup';
import type { SourceLayer } from './moduleLink';

/**
 * Layers of Keras by the names that they have in a model. Keras counts the names that it gives (`conv2d`, `conv2d_1`)
 * over all that a program makes, so that a model made later has higher numbers in the same order. Names whose numbers
 * the model has as many of are taken in that order; others are left as they are.
 *
 * @returns by the name in the model, with the path in the source.
 */
export function renumber(
  layers: ReadonlyMap<string, SourceLayer>,
  lookup: Lookup,
): ReadonlyMap<string, readonly [path: string, layer: SourceLayer]> {
  const groups = new Map<string, string[]>();
  for (const path of layers.keys()) {
    const [base] = split(path);
    groups.set(base, [...(groups.get(base) ?? []), path]);
  }
  const known = new Map<string, string[]>();
  for (const name of lookup.names()) {
    const [base] = split(name);
    if (groups.has(base)) known.set(base, [...(known.get(base) ?? []), name]);
  }
  const result = new Map<string, readonly [string, SourceLayer]>();
  for (const [base, paths] of groups) {
    const there = known.get(base) ?? [];
    const sorted = there.length === paths.length ? there.toSorted(byNumber) : paths.toSorted(byNumber);
    paths.toSorted(byNumber).forEach((path, at) => {
      const layer = layers.get(path);
      if (layer) result.set(sorted[at] ?? path, [path, layer]);
    });
  }
  return result;
}

function split(name: string): [base: string, number: number] {
  const [, base = name, number = '0'] = /^(.*?)(?:_(\d+))?$/.exec(name) ?? [];
  return [base, Number(number)];
}

function byNumber(a: string, b: string): number {
  return split(a)[1] - split(b)[1];
}
