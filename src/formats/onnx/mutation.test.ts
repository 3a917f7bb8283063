import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realModels, scratchFolder } from '../../../test/unit/support';
import { ModelError } from '../../model/modelError';
import { seededRandom } from '../../runtime/random';
import { openModel } from '../index';

/** Larger files take longer and hold more weights, whose damage nobody can see. The sample is smaller. */
const LARGEST = 2_000_000;
const MUTATIONS_EACH = 40;

const folder = scratchFolder();

/** One damaged copy of a file: cut short, bytes changed, a length made absurd, or a piece removed or doubled. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const at = (length: number) => Math.floor(random() * length);
  // The structure between the weights is what a reader can stumble over; most of it lies at the ends.
  const place = () => {
    const edge = Math.min(4096, bytes.length);
    const kind = random();
    return kind < 0.35 ? at(edge) : kind < 0.7 ? bytes.length - 1 - at(edge) : at(bytes.length);
  };
  const copy = Buffer.from(bytes);
  switch (at(6)) {
    case 0:
      return copy.subarray(0, place());
    case 1:
      for (let i = 0; i < 1 + at(4); i++) copy[place()] = at(256);
      return copy;
    case 2: {
      const start = place();
      copy.fill(0xff, start, Math.min(copy.length, start + 1 + at(9)));
      return copy;
    }
    case 3: {
      const index = place();
      copy[index] = (copy[index] ?? 0) ^ (1 << at(8));
      return copy;
    }
    case 4: {
      const start = place();
      return Buffer.concat([copy.subarray(0, start), copy.subarray(start + 1 + at(40))]);
    }
    default: {
      const start = place();
      return Buffer.concat([copy.subarray(0, start + 1 + at(40)), copy.subarray(start)]);
    }
  }
}

describe('a damaged file', () => {
  const models = realModels().filter((path) => statSync(path).size <= LARGEST);

  it.each(models)('made of %s is shown or refused with a sentence', (path) => {
    const original = readFileSync(path);
    for (let seed = 1; seed <= MUTATIONS_EACH; seed++) {
      const damaged = join(folder, `${seed}.onnx`);
      writeFileSync(damaged, mutate(original, seededRandom(seed)));
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
