/**
 * Names that exporters give, as paths of modules with one separator. Module paths of PyTorch survive in the scopes of
 * nodes (`/features/features.3/conv/conv.1/Conv`) or in the names of weights (`features.3.conv.1.weight`); names of
 * Keras's layers are a step of `model/conv2d_1/Conv2D`, or of several such names that a converter joined with `;`.
 */

/** Names are the file's own; longer ones than any exporter writes are not looked at (CWE-407). */
const MAX_NAME = 1000;
/** A converter joins the names of the nodes that it merges; more than these are not taken apart (CWE-407). */
const MAX_JOINED = 8;

/** What quantizers and converters put behind a weight's name; what they put may follow itself. */
const TENSOR_ENDING =
  /(_quantized|_dequantized|_half|_int8|_uint8|_int32|_to_fp16|_cast_fp16|_palettized|_transposed|_weights_fused_bn|_bias_fused_bn|:\d+)$/;

/** What a format does to names: they hold letters, digits and `_` alone where `plainNames` says so. */
export interface Naming {
  readonly plainNames?: true;
}

/** Paths of the modules that a node's name, and what the exporter noted of it, lead through. */
export function modulePaths({ plainNames }: Naming, name: string, scope: string | undefined): string[] {
  if (scope !== undefined && scope !== '' && scope.length <= MAX_NAME) return [scope];
  if (name.length > MAX_NAME) return [];
  if (plainNames) return [toIdentifier(name)];
  if (name.startsWith('/')) return scopePath(name.split('/').slice(1, -1));
  return name.includes('/') ? joinedPaths(name) : [];
}

/** Paths of the modules that a weight's name leads through, with its role at the end. */
export function tensorPaths({ plainNames }: Naming, name: string): string[] {
  if (name.length > MAX_NAME) return [];
  const bare = withoutEndings(name);
  if (plainNames) return [toIdentifier(bare)];
  return bare.includes('/') ? joinedPaths(bare) : [bare];
}

/** The path without the count of calls at its end: `layer1.0.relu` for `layer1.0.relu_1`. */
export function withoutCall(path: string): string | null {
  const bare = path.replace(/_\d+$/, '');
  return bare === path || bare === '' ? null : bare;
}

/** As formats with plain names spell them: every other character than letters and digits is `_`. */
export function toIdentifier(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '_');
}

/**
 * How a module's path may read in a model. Where names know no dots, the steps of scopes cannot be told apart any
 * more, so they are written as the exporter does.
 */
export function spellings(path: string, separator: '.' | '_'): string[] {
  if (separator === '.') return [path];
  return [...new Set([toIdentifier(path), toIdentifier(scopeOf(path))])];
}

/**
 * The steps of a scope. PyTorch names the children of a container after the container (`conv`, then `conv.0`), and
 * those of other modules by their own attribute.
 */
function scopePath(steps: readonly string[]): string[] {
  const path: string[] = [];
  for (const step of steps) {
    const last = path.at(-1);
    if (last !== undefined && step.startsWith(`${last}.`)) path[path.length - 1] = step;
    else path.push(step);
  }
  return path.length === 0 ? [] : [path.join('.')];
}

function scopeOf(path: string): string {
  const steps: string[] = [];
  for (const name of path.split('.')) {
    const last = steps.at(-1);
    steps.push(last !== undefined && /^\d+$/.test(name) ? `${last}.${name}` : name);
  }
  return steps.join('/');
}

function joinedPaths(name: string): string[] {
  return name
    .split(';', MAX_JOINED)
    .map((one) => withoutEndings(one).split('/').filter(Boolean).join('.'))
    .filter(Boolean);
}

function withoutEndings(name: string): string {
  let bare = name;
  while (TENSOR_ENDING.test(bare)) bare = bare.replace(TENSOR_ENDING, '');
  return bare;
}
