import type { LayerCall, LayerInstance, OpenModule } from '../sourceFile';

/** What a hover says of a constructor. */
export interface HoverContent {
  /** `torch.nn.Conv2d` */
  readonly name: string;
  readonly made: number;
  /** Instances that differ in what is shown of them, each with how many are like it; the first few. */
  readonly groups: readonly HoverGroup[];
  /** How many instances are in no group that is kept. */
  readonly more: number;
  /** Trainable elements of all instances; null where one is not known. */
  readonly total: number | null;
  /** Those of the instances that are known and certainly made. */
  readonly atLeast: number;
  /** The same of what no optimizer changes. */
  readonly buffers: number | null;
  /** The one module that all of them belong to; null where there are several, or none. */
  readonly module: string | null;
  /** What could not be known, each reason once. */
  readonly notes: readonly string[];
  /** Modules that they belong to of which not all is known, the first few. */
  readonly open: readonly OpenModule[];
}

export interface HoverGroup {
  readonly instance: LayerInstance;
  readonly count: number;
  /** Where they are in their module, the first few; without those whose place is not known. */
  readonly paths: readonly string[];
}

/** Rows of the table; more do not fit into a hover that is read at a glance. */
const GROUPS = 8;

/** Paths of layers that are alike; more make the table too wide for a hover. */
const PATHS = 2;

const NOTES = 4;

const OPEN_MODULES = 2;

export function hoverContent(call: LayerCall): HoverContent {
  const groups = new Map<string, { instance: LayerInstance; count: number; paths: string[] }>();
  for (const instance of call.instances) {
    const key = JSON.stringify([instance.formula, instance.parameters, instance.output, instance.unknown]);
    const group = groups.get(key) ?? { instance, count: 0, paths: [] };
    groups.set(key, group);
    group.count++;
    const path = placeOf(call, instance);
    if (path !== null && group.paths.length < PATHS) group.paths.push(path);
  }
  const kept = [...groups.values()].slice(0, GROUPS);
  const modules = new Set(call.instances.map(({ module }) => module));
  const whole = call.made === call.instances.length;
  return {
    name: `${call.framework === 'torch' ? 'torch.nn' : 'keras.layers'}.${call.layer}`,
    made: call.made,
    groups: kept,
    more: call.made - kept.reduce((all, { count }) => all + count, 0),
    total: whole ? sum(call.instances.map(({ parameters }) => parameters)) : null,
    atLeast: call.instances.reduce((all, one) => all + (one.uncertain ? 0 : (one.parameters ?? 0)), 0),
    buffers: whole ? sum(call.instances.map(({ buffers }) => buffers)) : null,
    module: modules.size === 1 ? ([...modules][0] ?? null) : null,
    notes: notesOf(kept),
    open: call.open.slice(0, OPEN_MODULES),
  };
}

/** What could not be known, with the layers that it is not known of where it is known of others. */
function notesOf(groups: readonly HoverGroup[]): string[] {
  const all = groups.every(({ instance }) => instance.unknown.length > 0);
  const notes = groups.flatMap(({ instance, paths }) =>
    instance.unknown.map((note) =>
      all || paths.length === 0 ? note : `${paths.map((one) => `\`${one}\``).join(', ')}: ${note}`,
    ),
  );
  return [...new Set(notes)].slice(0, NOTES);
}

/** A weight that a module holds itself stands in it by its own name. */
function placeOf({ layer }: LayerCall, { path, weights }: LayerInstance): string | null {
  const own = layer === 'Parameter' || layer === 'Buffer' ? weights?.[0]?.role : undefined;
  return own === undefined || path === null ? path : [path, own].filter((part) => part !== '').join('.');
}

function sum(sizes: readonly (number | null)[]): number | null {
  return sizes.every((size) => size !== null) ? sizes.reduce((all, size) => all + size, 0) : null;
}
