/**
 * Profiles damaged .tflite models on LiteRT's own library, each made from a seed, and lists those that were neither
 * measured nor refused with a sentence, or took too long. Needs `npm run build` and the library in dist/litert
 * (`npm test` puts it there).
 *
 *     npx tsx bench/fuzz-profile.ts [--count N, default 2000] [--seed FIRST, default 1] [--jobs N, default 2] [MODEL…]
 *
 * Models that are damaged: the sample unless others are named. Prints a line of JSON. Exit status 1 where one failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Fate, fuzzProfile } from '../test/unit/fuzz/profileSeeds';
import { nativeLibrary, SAMPLE_TFLITE } from '../test/unit/places';

/** Of an engine's first steps; the product waits longer, for the largest models. */
const FIRST_STEPS = 30_000;
/** Of everything, on a computer that does much else. */
const LIMIT = 180_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '2' },
    },
  });
  // What is checked is not how long something takes.
  process.env['CALIPER_CALM_CLOCK'] = '1';
  const library = nativeLibrary();
  if (library === null)
    throw new Error('There is no library in dist/litert: run `npm test` or `npm start` once.');
  const scratch = mkdtempSync(path.join(tmpdir(), 'caliper-fuzz-'));
  const settings = {
    ...{ library, scratch, firstStepsLimit: FIRST_STEPS, limit: LIMIT },
    worker: path.resolve('dist/worker.js'),
    models: positionals.length === 0 ? [SAMPLE_TFLITE] : positionals,
  };
  const [first, count] = [Number(values.seed), Number(values.count)];
  const start = performance.now();
  const fates: Partial<Record<Fate, number>> = {};
  const failures: number[] = [];
  let next = first;
  let slowest = 0;
  const work = async () => {
    while (next < first + count) {
      const seed = next++;
      const began = performance.now();
      try {
        const fate = await fuzzProfile(seed, settings);
        fates[fate] = (fates[fate] ?? 0) + 1;
        if (fate.includes('after')) console.error(`${seed}: ${fate}`);
      } catch (error) {
        failures.push(seed);
        console.error(String(error));
      }
      slowest = Math.max(slowest, performance.now() - began);
      if ((seed - first) % 50 === 49) console.error(`${seed}: ${JSON.stringify(fates)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(JSON.stringify({ first, count, fates, slowest: Math.round(slowest), seconds, failures }));
  if (failures.length > 0) process.exitCode = 1;
}

void main();
