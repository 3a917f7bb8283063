import type { LayerLatency, ProfileReport } from './reports';

/**
 * The latency of each row, in the rows' order. Profiles of earlier versions have names alone, which need not be unique:
 * there the n-th row of a name takes the n-th latency of that name, since both are in the order of the file.
 */
export function latenciesOf(
  rows: readonly { id: string; name: string }[],
  profile: ProfileReport | null | undefined,
): (LayerLatency | undefined)[] {
  if (!profile) return rows.map(() => undefined);
  const { layers } = profile;
  const named = layers.some(({ id }) => id === undefined);
  const keysOf = (all: readonly { id?: string; name: string }[]) =>
    named ? numbered(all.map(({ name }) => name)) : all.map(({ id }) => id);
  const keys = keysOf(layers);
  const byKey = new Map(layers.map((layer, place) => [keys[place], layer]));
  return keysOf(rows).map((key) => byKey.get(key));
}

/** How often each name came before, with the name. */
function numbered(names: readonly string[]): string[] {
  const taken = new Map<string, number>();
  return names.map((name) => {
    const count = taken.get(name) ?? 0;
    taken.set(name, count + 1);
    return `${count} ${name}`;
  });
}
