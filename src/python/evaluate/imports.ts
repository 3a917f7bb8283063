import { frameworkNames } from '../layers';
import type { Machine } from './machine';
import { homeOf } from './names';
import type { Scope, Value } from './values';

/** `import a.b as c`. */
export function importModule(
  machine: Machine,
  names: readonly { readonly path: string; readonly alias: string | null }[],
  scope: Scope,
): void {
  for (const { path, alias } of names) {
    const [first = path] = path.split('.');
    const name = alias ?? first;
    machine.set(homeOf(machine, scope, name), name, external(alias === null ? first : path));
  }
}

/** `from a import b as c`. */
export function importFrom(
  machine: Machine,
  module: string,
  names: readonly { readonly name: string; readonly alias: string }[] | null,
  scope: Scope,
): void {
  const all = names ?? frameworkNames(canonicalPath(module)).map((name) => ({ name, alias: name }));
  for (const { name, alias } of all)
    machine.set(homeOf(machine, scope, alias), alias, external(`${module}.${name}`));
}

/** Something of a library by its full name. */
export function external(path: string): Value {
  return { kind: 'external', path: canonicalPath(path) };
}

/** Keras is reached by many ways, and layers by the modules that define them. */
function canonicalPath(path: string): string {
  return path
    .replace(/^(tensorflow\.(compat\.v[12]\.|python\.)?keras|tf_keras|keras\.(src|api))(?=\.|$)/, 'keras')
    .replace(/^torch\.nn\.modules\.[a-z]\w*\./, 'torch.nn.')
    .replace(/^keras\.layers\.([a-z]\w*\.)+(?=[A-Z])/, 'keras.layers.')
    .replace(/^keras\.(models|engine\.\w+)\.(?=(Model|Sequential)$)/, 'keras.')
    .replace(/^keras\.layers\.(?=(Input|Layer)$)/, 'keras.');
}
