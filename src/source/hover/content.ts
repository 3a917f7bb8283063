import type { LayerCall, LayerInstance } from '../sourceFile';

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
  /** What could not be known, each reason once. */
  readonly notes: readonly string[];
}

export interface HoverGroup {
  readonly instance: LayerInstance;
  readonly count: number;
  /** Where they are in their module, the first few; without those whose place is not known. */
  readonly paths: readonly string[];
}

/** Rows of the table; more do not fit into a hover that is read at a glance. */
const GROUPS = 8;

const PATHS = 3;

const NOTES = 4;

export function hoverContent(call: LayerCall): HoverContent {
  const groups = new Map<string, { instance: LayerInstance; count: number; paths: string[] }>();
  for (const instance of call.instances) {
    const key = JSON.stringify([
      instance.module,
      instance.formula,
      instance.parameters,
      instance.output,
      instance.unknown,
    ]);
    const group = groups.get(key) ?? { instance, count: 0, paths: [] };
    groups.set(key, group);
    group.count++;
    if (instance.path !== null && group.paths.length < PATHS) group.paths.push(instance.path);
  }
  const kept = [...groups.values()].slice(0, GROUPS);
  const sizes = call.instances.map(({ parameters }) => parameters);
  const known = call.made === sizes.length && sizes.every((size) => size !== null);
  return {
    name: `${call.framework === 'torch' ? 'torch.nn' : 'keras.layers'}.${call.layer}`,
    made: call.made,
    groups: kept,
    more: call.made - kept.reduce((sum, { count }) => sum + count, 0),
    total: known ? sizes.reduce((sum, size) => sum + size, 0) : null,
    notes: [...new Set(call.instances.flatMap(({ unknown }) => unknown))].slice(0, NOTES),
  };
}
