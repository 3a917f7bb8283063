import { ModelError } from '../model/modelError';
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
