import type { Node } from '../../model/model';

/** Deeper ones are cut: no network's modules are nested so deep, but a hostile file's names are. */
const MAX_DEPTH = 24;
/** A part of a name is a module's; a longer one is a text that happens to hold separators. */
const MAX_SEGMENT = 200;

/**
 * The modules that a node is in by its name, the outermost first. The exporter's own note (`features.3.conv`) comes first;
 * else `/features/features.3/conv/Conv` and `functional_1/conv2d/Relu;functional_1/conv2d/BiasAdd` say it: of names that
 * TensorFlow Lite joined when it fused operators, the last one is the layer's. What is behind the last separator is the
 * operator, not a module.
 */
export function scopeOf({ name, scope }: Pick<Node, 'name' | 'scope'>): readonly string[] {
  if (scope !== undefined && scope !== '') return segments(scope, '.');
  const own = name.slice(name.lastIndexOf(';') + 1);
  const separator = own.includes('/') ? '/' : '.';
  return segments(own.slice(0, Math.max(0, own.lastIndexOf(separator))), separator);
}

function segments(path: string, separator: string): string[] {
  const found: string[] = [];
  for (const segment of path.split(separator, MAX_DEPTH * 2)) {
    if (segment === '' || segment === '.') continue;
    if (segment.length > MAX_SEGMENT || found.length === MAX_DEPTH) break;
    const last = found.at(-1);
    // The number in `layers.3` counts the module before it.
    if (separator === '.' && last !== undefined && /^\d+$/.test(segment))
      found[found.length - 1] = `${last}.${segment}`;
    else found.push(segment);
  }
  return found;
}
