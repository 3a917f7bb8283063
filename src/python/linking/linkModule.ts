import type { SourceModule } from '../sourceFile';
import { confirm, tellingWeights } from './confirm';
import { fold } from './folding';
import { isFoldable, leavesNoTrace } from './layerKinds';
import { type Lookup, lookupOf } from './lookup';
import type { ModelIndex } from './modelIndex';
import type { Ambiguity, LayerLink, ModuleLink, SourceLayer } from './moduleLink';
import { renumber } from './renumber';

/** Layers that are asked where the module may lie; those whose names are rarest in the model say it best. */
const ASKED_LAYERS = 8;
/** Places that are tried: more than a network repeats a block. */
const MAX_PLACES = 64;

/**
 * Finds a module's layers in a model: by their paths, at the one place where most of their weights have the shapes
 * that the source says.
 *
 * @returns null where it is not in the model: no more than half of its layers were found there.
 */
export function linkModule(module: SourceModule, index: ModelIndex): ModuleLink | Ambiguity | null {
  const lookup = lookupOf(index);
  const layers = new Map(
    module.layers.flatMap((layer) => (layer.instance.path === null ? [] : [[layer.instance.path, layer]])),
  );
  const link = search(layers, index, lookup);
  if (link !== null || module.framework !== 'keras') return withFolding(link);
  const renumbered = renumber(layers, lookup);
  const other = search(new Map([...renumbered].map(([name, [, layer]]) => [name, layer])), index, lookup);
  if (other === null || isAmbiguous(other)) return other;
  const named = [...other.layers].map(([name, one]) => [renumbered.get(name)?.[0] ?? name, one] as const);
  return withFolding({ ...other, layers: new Map(named) });
}

function withFolding(link: ModuleLink | Ambiguity | null): ModuleLink | Ambiguity | null {
  return link === null || isAmbiguous(link) ? link : { ...link, layers: fold(link.layers) };
}

function search(
  layers: ReadonlyMap<string, SourceLayer>,
  index: ModelIndex,
  lookup: Lookup,
): ModuleLink | Ambiguity | null {
  const found = placesOf(layers, lookup).map((prefix) => linkAt(prefix, layers, index, lookup));
  const most = Math.max(0, ...found.map(({ confirmed }) => confirmed));
  const best = found.filter(({ confirmed }) => confirmed === most);
  const [link] = best;
  if (link === undefined || most === 0 || most * 2 <= link.expected) return null;
  // A place that has two names leads to the same rows by both.
  const places = new Map(best.map((one) => [rowsOf(one), one.prefix]));
  if (places.size > 1) return { index, places: [...places.values()] };
  return link;
}

export function isAmbiguous(link: ModuleLink | Ambiguity): link is Ambiguity {
  return 'places' in link;
}

function placesOf(layers: ReadonlyMap<string, SourceLayer>, lookup: Lookup): string[] {
  const asked = [...layers]
    .filter(([, { instance }]) => tellingWeights(instance) !== null)
    .map(([path]) => lookup.prefixes(path))
    .filter((prefixes) => prefixes.length > 0)
    .sort((a, b) => a.length - b.length)
    .slice(0, ASKED_LAYERS);
  const votes = new Map<string, number>();
  for (const prefixes of asked) for (const one of prefixes) votes.set(one, (votes.get(one) ?? 0) + 1);
  return [...votes]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_PLACES)
    .map(([prefix]) => prefix);
}

function linkAt(
  prefix: string,
  layers: ReadonlyMap<string, SourceLayer>,
  index: ModelIndex,
  lookup: Lookup,
): ModuleLink {
  const paths = new Set(layers.keys());
  const links = new Map<string, LayerLink>();
  let confirmed = 0;
  let expected = 0;
  for (const [path, layer] of layers) {
    const link = linkLayer(prefix, path, paths, layer, lookup);
    links.set(path, link);
    if (tellingWeights(layer.instance) === null) continue;
    const found = link.state === 'linked';
    if (found) confirmed++;
    // Normalizations are folded so often that their absence says nothing.
    if (found || !isFoldable(layer.call.layer)) expected++;
  }
  return { index, prefix, layers: links, confirmed, expected };
}

function linkLayer(
  prefix: string,
  path: string,
  paths: ReadonlySet<string>,
  layer: SourceLayer,
  lookup: Lookup,
): LayerLink {
  const rows = lookup.rows(prefix, path, paths);
  const { weights } = layer.instance;
  const none = { weights: [], extra: [], folded: [] };
  if (rows.length === 0) {
    const hidden = weights?.length === 0 && !lookup.namesModules;
    const gone = leavesNoTrace(layer.call.layer);
    return { ...layer, state: gone ? 'removed' : hidden ? 'nameless' : 'missing' };
  }
  if (weights?.length === 0) return { ...layer, state: 'linked', rows, ...none };
  const telling = tellingWeights(layer.instance);
  if (telling === null) return { ...layer, state: 'unconfirmed', rows };
  const confirmation = confirm(layer.call, telling, rows, lookup.isUnder(prefix, path));
  switch (confirmation.state) {
    case 'confirmed': {
      const { rows: own, weights: used, extra } = confirmation;
      return { ...layer, state: 'linked', rows: own, weights: used, extra, folded: [] };
    }
    case 'differs':
      return {
        ...layer,
        state: 'differs',
        rows,
        expected: confirmation.expected,
        actual: confirmation.actual,
      };
    case 'weightless':
      return { ...layer, state: 'missing' };
  }
}

function rowsOf({ layers }: ModuleLink): string {
  return [...layers.values()]
    .flatMap((link) => (link.state === 'linked' ? link.rows.map(({ row }) => row) : []))
    .join();
}
