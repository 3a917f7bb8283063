import type { ModelFile } from '../formats/format';
import type { NodeId } from '../model/nodeId';
import type { WeightType } from '../model/precision';
import { RECIPES, type Recipe } from '../protocol/recipes';
import { assignRecipe } from './layout';

/** Recipes that only store weights in fewer bits, the smallest first. */
const STORING = [
  { recipe: 'int4-weights', type: 'int4', bits: 4 },
  { recipe: 'int8-weights', type: 'int8', bits: 8 },
] as const satisfies readonly { recipe: Recipe; type: WeightType; bits: number }[];
const SCALE_BYTES = 4;

/**
 * What a layer's weights would take as the smallest that a recipe of its format makes of them, scales included; for
 * scales by channel these are left out, since they are as good as none. null: no recipe makes them smaller. The file is
 * planned as it is, not cleaned, so something that only cleaning brings to light has no plan here.
 * @param elements of its weights
 */
export function smallerWeights(
  file: ModelFile,
  id: NodeId,
  elements: number,
): { recipe: Recipe; type: string; bytes: number } | null {
  const { rewriter, id: format } = file.format;
  if (rewriter === null) return null;
  const offered = STORING.filter(({ recipe }) =>
    RECIPES.some(({ name, formats }) => name === recipe && formats.some((one) => one === format)),
  );
  if (offered.length === 0) return null;
  const plan = rewriter.plan(file);
  for (const { recipe, type, bits } of offered) {
    const precision = assignRecipe(plan, recipe, []).get(id);
    if (precision?.weights !== type) continue;
    const { granularity } = precision;
    const blocks = typeof granularity === 'object' && 'block' in granularity;
    const scales = blocks ? elements / granularity.block : 0;
    return { recipe, type, bytes: Math.ceil((elements * bits) / 8 + scales * SCALE_BYTES) };
  }
  return null;
}
