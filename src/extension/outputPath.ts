import path from 'node:path';

/** Where a result goes by default: beside the model, as `<name>.int8.onnx`. */
export function outputPath(model: string, recipe: string): string {
  const { dir, name, ext } = path.parse(model);
  const kind = recipe.startsWith('int8') ? 'int8' : recipe;
  return path.join(dir, `${name}.${kind}${ext}`);
}
