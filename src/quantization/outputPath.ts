import { join, parse } from 'node:path';

/** Where a result goes by default: beside the model, with the recipe in its name, as `model.int8.onnx`. */
export function outputPath(model: string, recipe: string): string {
  const { dir, name, ext } = parse(model);
  return join(dir, `${name}.${recipe === 'int8-all' ? 'int8' : recipe}${ext}`);
}
