import { discard } from '../../evaluation/copies';
import { isNearer, Judge } from '../../evaluation/judge';
import { splitSamples } from '../../evaluation/samples';
import type { ModelPlan } from '../../formats/plan';
import type { QuantizedWeights } from '../../formats/uniform';
import { type Assignment, schemeOf } from '../../model/precision';
import type { Workbench } from '../workbench';
import { columnParts, matrixPlaces } from './productInputs';
import { type RoundedLayer, type RoundingTask, roundCarefully } from './roundCarefully';

/** Operations that rounding with error compensation may take: about a minute. */
const MOST_WORK = 5e10;
/** Samples that at least judge, and as many more that rounding looks at. */
const LEAST_SAMPLES = 4;

const NEAREST: ReadonlyMap<string, QuantizedWeights> = new Map();

/**
 * Weights of layers that compute with activations as they come, rounded with error compensation where samples that it did
 * not look at find the outputs nearer to the float model's so.
 * @param write writes the model with such weights
 * @returns `how`: for people
 */
export async function roundedWeights(
  bench: Workbench,
  plan: ModelPlan,
  assignment: Assignment,
  task: Omit<RoundingTask, 'layers'>,
  write: (weights: ReadonlyMap<string, QuantizedWeights>) => string,
): Promise<{ weights: ReadonlyMap<string, QuantizedWeights>; how: string }> {
  const layers = plan.nodes.flatMap((node): RoundedLayer[] => {
    const precision = assignment.get(node.id);
    const rounded = precision !== undefined && ['weights', 'dynamic'].includes(schemeOf(precision));
    return rounded && node.product !== null ? [{ node, precision }] : [];
  });
  if (layers.length === 0) return { weights: NEAREST, how: 'nearest' };
  const work = layers.reduce((sum, layer) => sum + workOf(layer), 0);
  if (work > MOST_WORK) return { weights: NEAREST, how: 'nearest, because compensation would take too long' };
  const { third, others } = splitSamples(task.samples, LEAST_SAMPLES);
  const weights = await roundCarefully(bench, { ...task, layers, samples: others });
  const judge = new Judge(bench, task.cleaned, task.dims, third);
  const scores = [];
  for (const own of [weights, NEAREST]) {
    const path = write(own);
    scores.push(await judge.score(path));
    discard(path);
  }
  const [careful, nearest] = scores;
  return careful !== undefined && nearest !== undefined && isNearer(careful, nearest)
    ? { weights, how: 'error-compensating' }
    : { weights: NEAREST, how: 'nearest, because compensation brought the outputs no nearer' };
}

/** Multiplications for the factors of matrices of inputs, and for moving errors. */
function workOf({ node: { product } }: RoundedLayer): number {
  if (product === null) return 0;
  const { groups, rows, columnOffsets } = matrixPlaces(product);
  const parts = columnParts(columnOffsets.length);
  // Sums of two vectors a column, a third of a cube, and a triangle a row, three times.
  return (
    groups *
    parts.reduce((sum, { from, to }) => sum + 1.4 * (to - from) ** 3 + 1.5 * rows * (to - from) ** 2, 0)
  );
}
