import { CheckError } from '../model/modelError';
import { isCalibrated, type Recipe } from '../protocol/recipes';
import type { Answer } from './outputAgreement';

/**
 * Before a result gets its name: it loaded and ran, its outputs are finite and nearer to the float model's than
 * silence. `hasData`: the user gave some.
 */
export function checkAnswer(answer: Answer, file: string, recipe: Recipe, hasData: boolean): void {
  if (answer.becameNonFinite)
    throw new CheckError(
      `The ${recipe} model gives values that are not finite where the float model does not, so it was not kept.`,
      { file },
    );
  if (answer.decibels !== null && answer.decibels <= 0)
    throw new CheckError(
      `The ${recipe} model's outputs have nothing to do with the original's (SQNR ${answer.decibels.toFixed(1)} dB), so it was not kept; ${advice(recipe, hasData)}.`,
      { file },
    );
}

/** What helps against a result that is no good; calibration does only where there was any. */
export function advice(recipe: Recipe, hasData: boolean): string {
  const keep = 'keep the layers with the lowest SQNR in float (--keep), or take another recipe';
  if (recipe === 'float32') return 'cleaning should not do that: please report it, with the model';
  if (!isCalibrated(recipe)) return keep;
  return hasData
    ? `check that the preprocessing is the model's, or ${keep}`
    : 'give calibration data and preprocessing that fit the model';
}
