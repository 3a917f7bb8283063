import type { LayerReport, ModuleReport } from './reports';

/** A layer as the tree needs it: rows of a table are such, in the order of the file. */
export type TreeLayer = Pick<LayerReport, 'id' | 'name' | 'module'> & {
  readonly index: number;
  /** Index of the layer in whose body it is. */
  readonly parent: number | null;
};

/** A module or a layer, with what is in it: modules and layers, or the nodes of the layer's bodies. */
export interface TreeItem<L extends TreeLayer> {
  readonly module: ModuleReport | null;
  readonly layer: L | null;
  readonly items: TreeItem<L>[];
}

/** Layers under their modules, each module where its first layer is; layers in bodies under the layer around them. */
export function moduleTree<L extends TreeLayer>(
  layers: readonly L[],
  modules: readonly ModuleReport[],
): TreeItem<L>[] {
  const byId = new Map(modules.map((module) => [module.id, module]));
  const placed = new Map<string, TreeItem<L>>();
  const byIndex = new Map<number, TreeItem<L>>();
  const top: TreeItem<L>[] = [];
  const itemsOf = (id: string | null | undefined, around: TreeItem<L>[]): TreeItem<L>[] => {
    const module = id === null || id === undefined ? undefined : byId.get(id);
    if (module === undefined) return around;
    let item = placed.get(module.id);
    if (item === undefined) {
      item = { module, layer: null, items: [] };
      placed.set(module.id, item);
      itemsOf(module.parent, around).push(item);
    }
    return item.items;
  };
  for (const layer of layers) {
    const item: TreeItem<L> = { module: null, layer, items: [] };
    byIndex.set(layer.index, item);
    const around = layer.parent === null ? top : (byIndex.get(layer.parent)?.items ?? top);
    itemsOf(layer.module, around).push(item);
  }
  return top;
}

/** What a layer is called within a module: without what the module's path says already. */
export function nameWithin(name: string, path: string): string {
  const own = name.slice(name.lastIndexOf(';') + 1);
  let from = 0;
  while (own[from] === '/' || own[from] === '.') from++;
  if (path === '' || (own[from] !== path[0] && own.length > 0)) return name;
  for (const start of path.includes('/') ? [path, path.replaceAll('/', '.')] : [path]) {
    const end = from + start.length;
    if (own.startsWith(start, from) && (own[end] === '/' || own[end] === '.') && own.length > end + 1)
      return own.slice(end + 1);
  }
  return name;
}
