import { CheckError, ModelError } from '../model/modelError';
import { isCalibrated, type Recipe } from '../protocol/recipes';
import type { Accuracy } from '../protocol/reports';
import { AccuracyMeter, inOrder } from './accuracy';
import { type Bench, withSession } from './bench';
import type { KeptOutputs } from './keptOutputs';

/** How a result answers, beside the model that it was made of. */
export interface Answer {
  readonly accuracy: Accuracy;
  /** The pooled ratio as it is, Infinity included; null without floating-point outputs. */
  readonly decibels: number | null;
  readonly becameNonFinite: boolean;
  readonly warnings: readonly string[];
}

/** Runs a model on the samples that another one's outputs are of. Outputs are matched by name, else by their order. */
export async function compareOutputs(
  bench: Bench,
  before: KeptOutputs,
  after: string,
  onSample: (done: number) => void = () => {},
): Promise<Answer> {
  const meter = new AccuracyMeter();
  const { samples } = before;
  await before.read((names, outputsOf) =>
    withSession(bench, after, async (other) => {
      const others = matchingOutputs(
        names,
        other.outputs.map((output) => output.name),
        after,
      );
      for (let index = 0; index < samples.size; index++) {
        const feeds = await samples.feeds(index);
        const a = inOrder(await outputsOf(index), names);
        const b = inOrder(await other.run(feeds), others);
        meter.add(
          a,
          b.map(([, tensor]) => tensor),
          samples.labels?.[index] ?? null,
        );
        onSample(index + 1);
      }
    }),
  );
  return {
    accuracy: meter.result(samples.name),
    decibels: meter.decibels,
    becameNonFinite: meter.becameNonFinite,
    warnings: meter.warnings,
  };
}

function matchingOutputs(before: readonly string[], after: readonly string[], file: string): string[] {
  if (before.every((name) => after.includes(name))) return [...before];
  if (before.length === after.length) return [...after];
  throw new ModelError(
    `The two models have different outputs: ${before.join(', ')} and ${after.join(', ')}.`,
    { file },
  );
}

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
