import type { LayerLatency, ProfileReport } from './reports';

/**
 * The latency of each row, in the rows' order. Both lists are in the order of the file; names need not be unique,
 * so the n-th row of a name takes the n-th latency of that name.
 */
export function latenciesOf(
  rows: readonly { name: string }[],
  profile: ProfileReport | null | undefined,
): (LayerLatency | undefined)[] {
  if (!profile) return rows.map(() => undefined);
  const byName = new Map<string, LayerLatency[]>();
  for (const layer of profile.layers) {
    const same = byName.get(layer.name);
    if (same) same.push(layer);
    else byName.set(layer.name, [layer]);
  }
  const taken = new Map<string, number>();
  return rows.map(({ name }) => {
    const index = taken.get(name) ?? 0;
    taken.set(name, index + 1);
    return byName.get(name)?.[index];
  });
}
