import path from 'node:path';

interface Placed {
  readonly path: string;
}

/** By file name, as people count: `a2` before `a10`. */
export function byName<T extends Placed>(models: readonly T[]): T[] {
  return models.toSorted((a, b) => collator.compare(path.basename(a.path), path.basename(b.path)));
}

/**
 * Models in the order in which they are likely to be compared with one: those of its folder, of them those that begin with
 * its name or that its name begins with first (`net.onnx`, `net.int8.onnx`); then all others.
 */
export function bySiblings<T extends Placed>(
  models: readonly T[],
  model: string,
): { siblings: T[]; rest: T[] } {
  const folder = path.dirname(model);
  const own = stem(model);
  const isVariant = (one: T) => {
    const other = stem(one.path);
    return other === own || other.startsWith(`${own}.`) || own.startsWith(`${other}.`);
  };
  const inFolder = byName(models.filter((one) => path.dirname(one.path) === folder));
  return {
    siblings: [...inFolder.filter(isVariant), ...inFolder.filter((one) => !isVariant(one))],
    rest: byName(models.filter((one) => path.dirname(one.path) !== folder)),
  };
}

const collator = new Intl.Collator('en', { numeric: true });

/** `net.int8` of `models/net.int8.onnx`. */
function stem(file: string): string {
  return path.basename(file).replace(/\.[^.]+$/, '');
}
