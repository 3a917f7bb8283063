import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutate, type Place } from '../../../test/unit/mutate';
import { realTfliteModels, scratchFolder } from '../../../test/unit/support';
import { layerDetails } from '../../analysis/details';
import { analyze } from '../../analysis/inspect';
import { ModelError } from '../../model/modelError';
import { seededRandom } from '../../runtime/random';
import { openModel } from '../index';
import { decodeModel } from './decode';
import { labelsOf } from './metadata';

const MUTATIONS_EACH = 20;

const folder = scratchFolder();

/** Between the weights, where the structure is; now and then anywhere. */
function besidesWeights(path: string): Place {
  const weights = (decodeModel(path).root.buffers ?? [])
    .flatMap(({ data }) => (data && 'offset' in data && data.length > 64 ? [data] : []))
    .sort((a, b) => a.offset - b.offset);
  return (length, random) => {
    const kept = weights.reduce((sum, data) => sum - data.length, length);
    let position = Math.floor(random() * (random() < 0.9 ? kept : length));
    for (const { offset, length: skipped } of weights) if (position >= offset) position += skipped;
    return Math.min(position, length - 1);
  };
}

/** Everything that the page and the terminal ask of a file. */
function useAll(path: string): void {
  const file = openModel(path);
  const analysis = analyze(file, { dims: {}, shapes: {} });
  for (const { index } of analysis.rows) layerDetails(analysis, index);
  for (const tensor of file.model.graph.constants.values()) {
    try {
      file.readTensor(tensor, 16);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
  }
  const { metadata } = file as unknown as { metadata: { subgraphMetadata?: [] } | null };
  for (const { outputTensorMetadata = [] } of metadata?.subgraphMetadata ?? []) {
    for (const output of outputTensorMetadata) labelsOf(path, output, 2);
  }
}

describe('a damaged file', () => {
  it.each(realTfliteModels())(
    'made of %s is shown or refused with a sentence',
    (path) => {
      const original = readFileSync(path);
      const place = besidesWeights(path);
      for (let seed = 1; seed <= MUTATIONS_EACH; seed++) {
        const damaged = join(folder, 'damaged.tflite');
        writeFileSync(damaged, mutate(original, seededRandom(seed), place));
        try {
          useAll(damaged);
        } catch (error) {
          if (!(error instanceof ModelError)) {
            throw new Error(`seed ${seed} of ${path}: ${error}`, { cause: error });
          }
          expect(error.message, `seed ${seed}`).toMatch(/^[^\n]+\.$/);
        }
      }
    },
    60_000,
  );
});
