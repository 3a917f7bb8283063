/**
 * How well the profile's rows add up: for each model the factor (sum of the rows / latency without profiler, 1 is
 * best), how many layers have a row, and how many rows the engine added.
 *
 *     npx tsx bench/profile.ts [RUNS] [PART OF A NAME]
 *
 * Reads the models in ../shared/models. Timings mean something on a computer that does nothing else.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '../src/formats/index';
import { engineThatRuns } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { profileLayers } from '../src/runtime/profile';
import { randomFeeds } from '../src/runtime/randomInputs';

const shared = join(__dirname, '../../shared/models');
const [runs = '50', part = ''] = process.argv.slice(2);

/** By file name: shapes that an ONNX model was run with, whether a TensorFlow Lite model runs. */
type Expected = Record<string, { run_inputs?: Record<string, number[]>; runs?: true | string }>;

async function main(): Promise<void> {
  const read = (name: string): Expected => JSON.parse(readFileSync(join(shared, name), 'utf8'));
  const expected = { ...read('expected-onnx.json'), ...read('expected-tflite.json') };
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    for (const [name, { run_inputs, runs: runsAsIs }] of Object.entries(expected)) {
      const shapes = runsAsIs === true ? {} : run_inputs;
      if (shapes === undefined || !name.includes(part)) continue;
      const file = openModel(join(shared, name));
      const inferred = file.infer({ dims: {}, shapes }).graph;
      const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
      const feeds = randomFeeds(modelInputs(inferred), roles, 1);
      const settings = { threads: 1, runs: Number(runs), scratch };
      const engine = await engineThatRuns(file.format.id, [file.model.file], 1);
      const profile = await profileLayers(engine, file, inferred, feeds, settings).catch((error: Error) => {
        console.log(`${name.padEnd(48)}  ${error.message}`);
        return null;
      });
      if (profile === null) continue;
      const timed = profile.layers.filter((layer) => layer.medianMs !== null).length;
      console.log(
        [
          name.padEnd(48),
          `${profile.medianMs?.toFixed(3)} ms`.padStart(12),
          `factor ${profile.sum?.factor.toFixed(3)} ${profile.layers.find(({ mark }) => mark)?.mark ?? ''}`,
          `${timed} of ${profile.layers.length} layers`,
          `${profile.added.length} added`,
        ].join('  '),
      );
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

void main();
