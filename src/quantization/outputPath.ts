import { join, parse } from 'node:path';
import { factsOf, type Recipe } from '../protocol/recipes';

/** Where a result goes by default: beside the model, with the recipe in its name, as `model.int8.onnx`. */
export function outputPath(model: string, recipe: Recipe): string {
  const { dir, name, ext } = parse(model);
  return join(dir, `${name}.${factsOf(recipe).suffix}${ext}`);
}
