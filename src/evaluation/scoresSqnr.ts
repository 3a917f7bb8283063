import { reportedDecibels, Sqnr } from '../analysis/sqnr';
import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { DimensionChoice } from '../model/inference';
import type { Accuracy } from '../protocol/reports';
import { type Bench, withFile } from './bench';
import { withCopy } from './copies';
import { floatValues } from './floats';
import type { Samples } from './samples';
import { scoreTensors } from './scores';

/**
 * SQNR of what goes into the Softmax, Sigmoid or ArgMax that outputs come from, over all samples: behind it large errors
 * hide, and small ones grow.
 * @returns nothing where no output comes from such an operator, or not in both models
 */
export async function scoresSqnr(
  bench: Bench,
  before: ModelFile,
  after: ModelFile,
  dims: DimensionChoice,
  samples: Samples,
): Promise<Pick<Accuracy, 'scoresSqnrDb'>> {
  const scores = { before: scoresOf(before, dims), after: scoresOf(after, dims) };
  if (scores.before === null || scores.after === null) return {};
  if (scores.before.length !== scores.after.length) return {};
  const { before: names, after: others } = scores;
  const sqnr = new Sqnr();
  await withCopy(bench, await withScores(bench, before.model.file, names), async (a) =>
    withCopy(bench, await withScores(bench, after.model.file, others), async (b) => {
      for (let index = 0; index < samples.size; index++) {
        const feeds = await samples.feeds(index);
        const [own, other] = [await a.run(feeds, names), await b.run(feeds, others)];
        for (const [i, name] of names.entries()) {
          const [x, y] = [own[name], other[itemAt(others, i)]];
          const values = [x && floatValues(x), y && floatValues(y)] as const;
          if (values[0] && values[1] && values[0].length === values[1].length) sqnr.add(values[0], values[1]);
        }
      }
    }),
  );
  return sqnr.decibels === null ? {} : { scoresSqnrDb: reportedDecibels(sqnr.decibels) };
}

/** In the order of the outputs; null: they are the outputs themselves, or cannot be read. */
function scoresOf(file: ModelFile, dims: DimensionChoice): string[] | null {
  if (file.format.withOutputs === undefined) return null;
  const inferred = file.infer(dims).graph;
  const outputs = inferred.graph.outputs.map(({ name }) => name);
  const scores = scoreTensors(inferred);
  return scores.every((name) => outputs.includes(name)) ? null : scores;
}

async function withScores(bench: Bench, path: string, tensors: readonly string[]): Promise<string> {
  const copy = bench.newPath('scores', path);
  await withFile(bench, path, (file) => file.format.withOutputs?.(file, tensors, copy));
  return copy;
}
