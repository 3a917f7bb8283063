import type { ModelFile } from '../formats/format';
import type { ModelPlan } from '../formats/plan';
import type { DimensionChoice } from '../model/inference';
import type { NodeId } from '../model/nodeId';
import { type Assignment, schemeOf } from '../model/precision';
import type { Recipe } from '../protocol/recipes';
import { assignRecipe } from './layout';

/** A recipe for the whole model that a search sets beside its mixes of int8 and float. */
export interface Alternative {
  readonly recipe: AlternativeRecipe;
  readonly assignment: Assignment;
}

/** In the order in which they are worth trying: what is faster, what is smallest, what loses least. */
export const ALTERNATIVE_RECIPES = [
  'int8-dynamic',
  'int8-weights',
  'int4-weights',
  'float16',
] as const satisfies readonly Recipe[];
export type AlternativeRecipe = (typeof ALTERNATIVE_RECIPES)[number];

/** A recipe that reaches less of a model than this changes it too little to be worth a measurement. */
const WORTHWHILE = 0.5;

/**
 * Recipes that reach most of a model: `int8-dynamic` of its multiplications, `int4-weights` of its weights by 4 bits, and
 * the others of its weights. Each is a single candidate, so they are few.
 * @param keep nodes that stay in float
 * @param refused by the format, of the model as it was given
 */
export function alternativesOf(
  plan: ModelPlan,
  cleaned: ModelFile,
  dims: DimensionChoice,
  keep: Iterable<NodeId>,
  refused: (recipe: Recipe) => boolean,
): Alternative[] {
  const { nodes } = cleaned.infer(dims).graph;
  const macs = new Map(nodes.map(({ node, macs: own }) => [node.id, own ?? 0]));
  const bytes = new Map<NodeId, number>();
  for (const { tensor, users } of cleaned.parameterTensors(cleaned.model.graph))
    for (const user of users) {
      const id = cleaned.model.graph.nodes[user]?.id;
      if (id !== undefined) bytes.set(id, (bytes.get(id) ?? 0) + tensor.bytes / users.length);
    }
  const kept = [...keep];
  return ALTERNATIVE_RECIPES.flatMap((recipe): Alternative[] => {
    if (refused(recipe)) return [];
    const assignment = assignRecipe(plan, recipe, kept);
    const reached = [...assignment].flatMap(([id, precision]) => {
      const counts = recipe !== 'int4-weights' || precision.weights === 'int4';
      return schemeOf(precision) === 'float32' || !counts ? [] : [id];
    });
    const worth = recipe === 'int8-dynamic' ? macs : bytes;
    return shareOf(worth, reached) < WORTHWHILE ? [] : [{ recipe, assignment }];
  });
}

function shareOf(worth: ReadonlyMap<NodeId, number>, nodes: readonly NodeId[]): number {
  const sum = (ids: Iterable<NodeId>) => [...ids].reduce((all, id) => all + (worth.get(id) ?? 0), 0);
  const all = sum(worth.keys());
  return all === 0 ? 0 : sum(nodes) / all;
}

/** An assignment with the weights of nodes in float stored in 8 bits, where they allow it; null: none does. */
export function withStoredWeights(
  plan: ModelPlan,
  assignment: Assignment,
  float: Iterable<NodeId>,
): Assignment | null {
  const stored = assignRecipe(plan, 'int8-weights', []);
  const own = [...float].flatMap((id) => {
    const precision = stored.get(id);
    return precision === undefined ? [] : [[id, precision] as const];
  });
  return own.length === 0 ? null : new Map([...assignment, ...own]);
}
