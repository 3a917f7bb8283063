import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutate } from '../../../test/unit/mutate';
import { realModels, scratchFolder } from '../../../test/unit/support';
import { ModelError } from '../../model/modelError';
import { seededRandom } from '../../runtime/random';
import { openModel } from '../index';

/** Larger files take longer and hold more weights, whose damage nobody can see. The sample is smaller. */
const LARGEST = 2_000_000;
const MUTATIONS_EACH = 40;

const folder = scratchFolder();

/** The structure between the weights is what a reader can stumble over; most of it lies at the ends. */
function atEnds(length: number, random: () => number): number {
  const edge = Math.floor(random() * Math.min(4096, length));
  const kind = random();
  return kind < 0.35 ? edge : kind < 0.7 ? length - 1 - edge : Math.floor(random() * length);
}

describe('a damaged file', () => {
  const models = realModels().filter((path) => statSync(path).size <= LARGEST);

  it.each(models)('made of %s is shown or refused with a sentence', (path) => {
    const original = readFileSync(path);
    for (let seed = 1; seed <= MUTATIONS_EACH; seed++) {
      const damaged = join(folder, `${seed}.onnx`);
      writeFileSync(damaged, mutate(original, seededRandom(seed), atEnds));
      try {
        const file = openModel(damaged);
        file.parameterTensors(file.model.graph);
        file.infer({ dims: {}, shapes: {} });
        for (const node of file.model.graph.nodes) expect(node.attributes.length).toBeGreaterThanOrEqual(0);
        for (const tensor of file.model.graph.constants.values()) {
          try {
            file.readTensor(tensor, 16);
          } catch (error) {
            if (!(error instanceof ModelError)) throw error;
          }
        }
      } catch (error) {
        if (!(error instanceof ModelError))
          throw new Error(`seed ${seed} of ${path}: ${error}`, { cause: error });
        expect(error.message, `seed ${seed}`).toMatch(/^[^\n]+\.$/);
      }
    }
  });
});
