import { moduleCounts } from './counts';
import type { ModuleLink } from './moduleLink';

/** The best model comes first, then the best of the other kind: float and quantized are what is looked at together. */
export function ranked<T extends { readonly link: ModuleLink }>(models: readonly T[]): T[] {
  const sorted = models.toSorted((a, b) => compareLinks(a.link, b.link));
  const [first] = sorted;
  const other = sorted.find(({ link }) => first && isQuantized(link) !== isQuantized(first.link));
  if (first === undefined || other === undefined) return sorted;
  return [first, other, ...sorted.filter((one) => one !== first && one !== other)];
}

/** Those that hold most of a module and little else, float before quantized. */
function compareLinks(a: ModuleLink, b: ModuleLink): number {
  return (
    b.confirmed - a.confirmed ||
    foreign(a) - foreign(b) ||
    Number(isQuantized(a)) - Number(isQuantized(b)) ||
    (b.index.parameterBytes ?? 0) - (a.index.parameterBytes ?? 0)
  );
}

function isQuantized({ index }: ModuleLink): boolean {
  return index.weightType?.includes('int') ?? false;
}

/** Elements of weights that are no layer's of the module. */
function foreign(link: ModuleLink): number {
  return Math.max(0, (link.index.parameters ?? 0) - (moduleCounts(link)?.model ?? 0));
}
