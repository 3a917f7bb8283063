import { rmSync } from 'node:fs';
import { byteLength, elementCount } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import { ModelError } from '../model/modelError';
import { floatValues } from './floats';
import { type Samples, someSamples } from './samples';
import { reportedDecibels, Sqnr } from '../analysis/sqnr';
import { type Bench, withFile, withSession } from './workbench';

/** A ratio of sums over thousands of elements is steady after a few samples. */
const SAMPLES = 4;
/** Activations that leave one model at a time. */
const CHUNK_BYTES = 12 * 2 ** 20;

/**
 * SQNR at tensors that two models have by the same name.
 * @returns by tensor, decibels; null where they differ in size, hold no floats, or do not differ at all.
 */
export async function sqnrByTensor(
  bench: Bench,
  before: string,
  after: string,
  chunks: readonly (readonly string[])[],
  samples: Samples,
  onProgress: (fraction: number) => void,
): Promise<Map<string, number | null>> {
  const decibels = new Map<string, number | null>();
  const few = someSamples(samples, SAMPLES);
  for (const [index, tensors] of chunks.entries()) {
    const sums = new Map(tensors.map((tensor) => [tensor, new Sqnr()]));
    const observed = await Promise.all([before, after].map((model) => observing(bench, model, tensors)));
    const [first, second] = observed as [string, string];
    await withSession(bench, first, (a) =>
      withSession(bench, second, async (b) => {
        for (let sample = 0; sample < few.size; sample++) {
          const feeds = await few.feeds(sample);
          const [float, other] = [await a.run(feeds, tensors), await b.run(feeds, tensors)];
          for (const tensor of tensors) {
            const x = float[tensor] === undefined ? null : floatValues(float[tensor]);
            const y = other[tensor] === undefined ? null : floatValues(other[tensor]);
            if (x !== null && y !== null && x.length === y.length) sums.get(tensor)?.add(x, y);
          }
        }
      }),
    );
    for (const path of observed) rmSync(path, { force: true });
    for (const [tensor, sum] of sums) decibels.set(tensor, reportedDecibels(sum.decibels));
    onProgress((index + 1) / chunks.length);
  }
  return decibels;
}

async function observing(bench: Bench, model: string, tensors: readonly string[]): Promise<string> {
  const path = bench.newPath('layers');
  await withFile(bench, model, (file) => {
    if (file.format.withOutputs === undefined)
      throw new ModelError(`What layers of a ${file.format.name} model give cannot be read.`, {
        file: model,
      });
    file.format.withOutputs(file, tensors, path);
  });
  return path;
}

/** Tensors in groups whose values fit in memory together; a tensor of unknown size has a group of its own. */
export function inChunks(tensors: readonly string[], graph: InferredGraph): string[][] {
  const chunks: string[][] = [];
  let room = 0;
  for (const name of tensors) {
    const tensor = graph.tensors.get(name);
    const elements = elementCount(tensor?.shape ?? null);
    const bytes = (elements === null ? null : byteLength(tensor?.type ?? 'float32', elements)) ?? CHUNK_BYTES;
    if (chunks.length === 0 || bytes > room) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    chunks.at(-1)?.push(name);
    room -= bytes;
  }
  return chunks;
}
