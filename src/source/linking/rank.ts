import { moduleCounts } from './counts';
import type { ModuleLink } from './moduleLink';

/** Orders models that a module was found in: those that hold most of it and little else, float before quantized. */
export function compareLinks(a: ModuleLink, b: ModuleLink): number {
  return (
    b.confirmed - a.confirmed ||
    foreign(a) - foreign(b) ||
    Number(isQuantized(a)) - Number(isQuantized(b)) ||
    (b.index.parameterBytes ?? 0) - (a.index.parameterBytes ?? 0)
  );
}

export function isQuantized({ index }: ModuleLink): boolean {
  return index.weightType?.includes('int') ?? false;
}

/** Elements of weights that are no layer's of the module. */
function foreign(link: ModuleLink): number {
  return Math.max(0, (link.index.parameters ?? 0) - (moduleCounts(link)?.model ?? 0));
}
