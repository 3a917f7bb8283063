import { RECIPES, type Recipe } from '../../../protocol/recipes';
import type { ModelFile } from '../../format';
import { HALVES_ALREADY, type Rewriter } from '../../rewriter';
import { planModel, possibilities } from './plan';
import { write } from './write';

/** Weights alone: Core ML chooses itself how it computes, and no engine is needed to store them in fewer bits. */
export const rewriter: Rewriter = {
  refusal,
  suggest: () => ({ recipe: 'int8-weights', reason: 'a Core ML model, whose weights alone are stored' }),
  clean: async (source, target) => {
    source.write(target);
    return new Map(source.model.graph.nodes.map(({ id }) => [id, id]));
  },
  plan: planModel,
  write,
  observing: null,
};

function refusal(file: ModelFile, recipe: Recipe): string | null {
  const wanted = RECIPES.find(({ name }) => name === recipe);
  // That the recipe is for other formats is said elsewhere.
  if (!wanted?.formats.includes('coreml')) return null;
  const { precisions, refusals } = possibilities(file);
  const possible = [...precisions.values()].flat();
  if (possible.some(({ weights }) => wanted.weights?.includes(weights))) return null;
  const name = file.model.file;
  if (possible.length > 0)
    return recipe === 'float16'
      ? HALVES_ALREADY
      : `${name} is a neural network, whose weights have no masks: only ML Programs can be ${recipe}.`;
  const reasons = [...refusals.values()];
  // Of a small weight beside one that is compressed nobody asks.
  const reason = reasons.find((one) => one.includes('compressed already')) ?? reasons[0];
  return reason === undefined
    ? `${name} has no convolution, product or embedding whose weights could be compressed.`
    : `${name} has no weights that could be compressed: ${reason}.`;
}
