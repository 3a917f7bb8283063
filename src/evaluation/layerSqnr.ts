import { reportedDecibels, Sqnr } from '../analysis/sqnr';
import { byteLength, elementCount } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { Layout } from '../model/operatorKind';
import type { RuntimeTensor } from '../runtime/engine';
import { transpose } from '../runtime/transpose';
import { type Bench, withFile } from './bench';
import { withCopy } from './copies';
import { EqualizedSqnr } from './equalizedSqnr';
import { floatValues } from './floats';
import { type Samples, someSamples } from './samples';

/** A ratio of sums over thousands of elements is steady after a few samples. */
const SAMPLES = 4;
/** Activations that leave one model at a time. */
const CHUNK_BYTES = 12 * 2 ** 20;

/** A tensor of one model, and the tensor of another one that stands for the same. */
export interface TensorPair {
  readonly before: string;
  readonly after: string;
  /** The axes of `after` in the order of `before`: [0, 3, 1, 2] where that is NHWC and this NCHW. Absent: the same. */
  readonly permutation?: readonly number[];
  /**
   * Present where equalization multiplied and moved the channels of one of them: where `before` has its channels. They
   * are compared after each channel is brought back.
   */
  readonly equalized?: Layout;
}

/**
 * SQNR at pairs of tensors of two models; each tensor of the first one is in one pair at most.
 * @returns by tensor of the first model, decibels; null where the two differ in size, hold no floats, or do not
 * differ at all.
 */
export async function sqnrByTensor(
  bench: Bench,
  before: string,
  after: string,
  chunks: readonly (readonly TensorPair[])[],
  samples: Samples,
  onProgress: (fraction: number) => void,
): Promise<Map<string, number | null>> {
  const decibels = new Map<string, number | null>();
  const few = someSamples(samples, SAMPLES);
  for (const [index, pairs] of chunks.entries()) {
    const sums = pairs.map((pair) => ({
      pair,
      sum: pair.equalized === undefined ? new Sqnr() : new EqualizedSqnr(pair.equalized),
    }));
    const names = { before: pairs.map((pair) => pair.before), after: pairs.map((pair) => pair.after) };
    await withCopy(bench, await observing(bench, before, names.before), async (a) =>
      withCopy(bench, await observing(bench, after, names.after), async (b) => {
        for (let sample = 0; sample < few.size; sample++) {
          const feeds = await few.feeds(sample);
          const float = await a.run(feeds, names.before);
          const other = await b.run(feeds, names.after);
          for (const { pair, sum } of sums) {
            const x = valuesOf(float[pair.before]);
            const y = valuesOf(other[pair.after], pair.permutation);
            if (x === null || y === null || x.length !== y.length) continue;
            sum.add(x, y, float[pair.before]?.shape ?? []);
          }
        }
      }),
    );
    for (const { pair, sum } of sums) decibels.set(pair.before, reportedDecibels(sum.decibels));
    onProgress((index + 1) / chunks.length);
  }
  return decibels;
}

/** null: nothing that can be compared. */
function valuesOf(tensor: RuntimeTensor | undefined, permutation?: readonly number[]) {
  const laidOut = tensor && permutation ? transpose(tensor, permutation) : tensor;
  return laidOut ? floatValues(laidOut) : null;
}

async function observing(bench: Bench, model: string, tensors: readonly string[]): Promise<string> {
  const path = bench.newPath('layers', model);
  await withFile(bench, model, (file) => {
    if (file.format.withOutputs === undefined)
      throw new ModelError(`What layers of a ${file.format.name} model give cannot be read.`, {
        file: model,
      });
    file.format.withOutputs(file, tensors, path);
  });
  return path;
}

/**
 * Pairs in groups whose values fit in memory together; one of unknown size has a group of its own. `graph` is the
 * first model's.
 */
export function inChunks(pairs: readonly TensorPair[], graph: InferredGraph): TensorPair[][] {
  const chunks: TensorPair[][] = [];
  let room = 0;
  for (const pair of pairs) {
    const tensor = graph.tensors.get(pair.before);
    const elements = elementCount(tensor?.shape ?? null);
    const bytes = (elements === null ? null : byteLength(tensor?.type ?? 'float32', elements)) ?? CHUNK_BYTES;
    if (chunks.length === 0 || bytes > room) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    chunks.at(-1)?.push(pair);
    room -= bytes;
  }
  return chunks;
}
