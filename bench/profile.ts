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
import { engineFor } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { profileLayers } from '../src/runtime/profile';
import { randomFeeds } from '../src/runtime/randomInputs';

const shared = join(__dirname, '../../shared/models');
const [runs = '50', part = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const expected: Record<string, { run_inputs?: Record<string, number[]> }> = JSON.parse(
    readFileSync(join(shared, 'expected-onnx.json'), 'utf8'),
  );
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    for (const [name, { run_inputs: shapes }] of Object.entries(expected)) {
      if (shapes === undefined || !name.includes(part)) continue;
      const file = openModel(join(shared, name));
      const inferred = file.infer({ dims: {}, shapes }).graph;
      const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
      const feeds = randomFeeds(modelInputs(inferred), roles, 1);
      const settings = { threads: 1, runs: Number(runs), scratch };
      const profile = await profileLayers(engineFor(file.format.id), file, inferred, feeds, settings);
      const timed = profile.layers.filter((layer) => layer.medianMs !== null).length;
      console.log(
        [
          name.padEnd(48),
          `${profile.medianMs.toFixed(3)} ms`.padStart(12),
          `factor ${profile.factor.toFixed(3)}`,
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
