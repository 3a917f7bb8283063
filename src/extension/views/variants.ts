import { parse } from 'node:path';

const ENDINGS = ['.onnx', '.tflite', '.mlmodel', '.mlpackage'];

/**
 * Other models of a folder that are named after the same network: `net.int8.onnx`, `net.tflite` beside `net.onnx`.
 * @param names of everything in the folder
 */
export function variantsOf(model: string, names: readonly string[]): string[] {
  const stem = stemOf(model);
  return names
    .filter((name) => name !== model && ENDINGS.includes(parse(name).ext) && stemOf(name) === stem)
    .sort();
}

/** What comes before the first dot, in which a recipe or an ending follows. */
function stemOf(name: string): string {
  return name.slice(0, Math.max(1, name.indexOf('.')));
}
