import type { Recipe } from '../../protocol/recipes';
import { outputPath } from '../../quantization/outputPath';
import { packageFolder } from '../files/packages';

/** Where a result goes by default: beside the model, or beside the package of which the manifest is open. */
export function resultPath(model: string, recipe: Recipe): string {
  return outputPath(packageFolder(model) ?? model, recipe);
}
