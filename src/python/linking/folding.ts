import { present } from '../../model/assert';
import type { LayerInstance } from '../sourceFile';
import { canHoldNormalization, isFoldable } from './layerKinds';
import type { LayerLink, LinkedLayer } from './moduleLink';

/**
 * Finds the layers that normalizations became part of when exporting. A normalization that has rows names them
 * itself: they are another layer's. Else it is the layer before it, as the source makes them, that has as many
 * channels and a bias that the source does not give it, or at least one that could have taken it in.
 */
export function fold(links: ReadonlyMap<string, LayerLink>): ReadonlyMap<string, LayerLink> {
  const result = new Map(links);
  const taken = new Set<string>();
  const hosts = [...links].filter(
    (entry): entry is [string, LinkedLayer] =>
      entry[1].state === 'linked' && canHoldNormalization(entry[1].call.layer),
  );
  const order = new Map([...links.keys()].map((path, at) => [path, at]));
  const placeOf = (path: string) => present(order.get(path), 'place');
  for (const [path, link] of links) {
    if (!isFoldable(link.call.layer)) continue;
    const channels = channelsOf(link.instance);
    const before = hosts
      .filter(([host, one]) => !taken.has(host) && placeOf(host) < placeOf(path) && holds(one, channels))
      .reverse();
    const host = hostOf(path, link, hosts, before);
    if (host === undefined) continue;
    const [into, { rows }] = host;
    taken.add(into);
    result.set(path, { call: link.call, instance: link.instance, state: 'folded', into, rows });
    const changed = result.get(into);
    if (changed?.state === 'linked') result.set(into, { ...changed, folded: [...changed.folded, path] });
  }
  return result;
}

type Host = [string, LinkedLayer];

function hostOf(
  path: string,
  link: LayerLink,
  hosts: readonly Host[],
  before: readonly Host[],
): Host | undefined {
  if ('rows' in link) {
    const own = new Set(link.rows);
    return hosts.find(([, { rows, weights }]) => weights.length > 0 && rows.some((row) => own.has(row)));
  }
  if (link.state !== 'missing') return undefined;
  const siblings = before.filter(([host]) => parentOf(host) === parentOf(path));
  // `bn2` belongs to `conv2`, also where all convolutions are made before all normalizations.
  const number = numberOf(path);
  const numbered = number === null ? [] : siblings.filter(([host]) => numberOf(host) === number);
  const near = numbered.length > 0 ? numbered : siblings;
  const grown = ([, { extra }]: Host) => extra.length > 0;
  return near.find(grown) ?? near[0] ?? before.find(grown);
}

function channelsOf({ weights }: LayerInstance): number | null {
  return weights?.[0]?.shape[0] ?? null;
}

/** The layer gives so many channels, and adds something to each of them. */
function holds({ extra, weights }: LinkedLayer, channels: number | null): boolean {
  return (
    channels !== null &&
    [...extra, ...weights].some(({ shape, elements }) => elements === channels && shape.includes(channels))
  );
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}

/** The number at the end of an attribute's name; positions in a container are none. */
function numberOf(path: string): string | null {
  return /[A-Za-z_](\d+)$/.exec(path)?.[1] ?? null;
}
