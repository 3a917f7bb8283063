import { type Assignment, type Precision, paletteBits, schemeOf } from '../model/precision';
import type { QuantizeOptions } from '../protocol/options';
import { hasForms, hasGroups, hasSparsity, type Recipe } from '../protocol/recipes';

export type Refinement = Pick<QuantizeOptions, 'groupSize' | 'sparsity' | 'weightForm'>;

/** An assignment with what the user says of groups and of sparsity. */
export function refine(assignment: Assignment, { groupSize, sparsity }: Refinement): Assignment {
  const refined = (precision: Precision): Precision => {
    if (schemeOf(precision) !== 'weights') return precision;
    const grouped = groupSize === undefined ? {} : { granularity: grouping(precision, groupSize) };
    return { ...precision, ...grouped, ...(sparsity === undefined ? {} : { sparsity }) };
  };
  return new Map([...assignment].map(([id, precision]) => [id, refined(precision)]));
}

function grouping({ weights, granularity }: Precision, size: number): Precision['granularity'] {
  if (paletteBits(weights) !== null) return { channels: size };
  return typeof granularity === 'object' ? { block: size } : granularity;
}

/** Why an option means nothing for a recipe, in a sentence for people; null where all do. */
export function refusedRefinement(
  recipe: Recipe,
  { groupSize, sparsity, weightForm }: Refinement,
): string | null {
  if (groupSize !== undefined && !hasGroups(recipe))
    return `The recipe ${recipe} has no groups: --group-size is for palettes and int4-weights.`;
  if (sparsity !== undefined && !hasSparsity(recipe))
    return `The recipe ${recipe} makes no weights zero: --sparsity is for sparse, palettes, int8-weights and int4-weights.`;
  if (weightForm !== undefined && !hasForms(recipe))
    return `The recipe ${recipe} stores no weights alone: --weight-form is for int8-weights and int4-weights.`;
  return null;
}
