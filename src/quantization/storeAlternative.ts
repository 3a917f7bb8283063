import type { ModelPlan, Range } from '../formats/plan';
import type { WriteSettings } from '../formats/rewriter';
import { type Assignment, schemeOf } from '../model/precision';
import type { Int8Task } from './int8';
import { reducedRange } from './pair';
import { roundedWeights } from './rounding/roundedWeights';
import type { Built, Delivered } from './searchTask';
import type { Workbench } from './workbench';
import { writeAssigned } from './writeAssigned';

/**
 * Makes a model by an assignment without static integers, its weights rounded with error compensation where that helps.
 * @param ranges as far as they are known: what does not fit in float16 stays in float32
 */
export async function storeAlternative(
  bench: Workbench,
  { cleaned, dims, calibration }: Pick<Int8Task, 'cleaned' | 'dims' | 'calibration'>,
  plan: ModelPlan,
  assignment: Assignment,
  ranges: ReadonlyMap<string, Range>,
): Promise<Built & Delivered> {
  const schemes = new Set([...assignment.values()].map(schemeOf));
  const reduceRange = schemes.has('dynamic') && (await reducedRange(bench, 'uint8'));
  const written = (quantizedWeights: WriteSettings['quantizedWeights']) => {
    const path = bench.newPath('stored');
    const settings = { reduceRange, ranges, asked: schemes, quantizedWeights };
    return { ...writeAssigned(bench.rewriter, cleaned, plan, assignment, settings, path), path };
  };
  const rounding = { cleaned, dims, samples: calibration, reduceRange, onProgress: () => {} };
  const rounded = await roundedWeights(bench, plan, assignment, rounding, (weights) => written(weights).path);
  const { path, origins, kept, warnings = [] } = written(rounded.weights);
  const steps = schemes.has('float16') ? [] : [`rounding: ${rounded.how}`];
  return { path, origins, impossible: kept, steps, warnings };
}
