import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeLibrary, SAMPLE_TFLITE, scratchFolder } from '../support';
import { fuzzProfile } from './profileSeeds';

/** The worker as it is shipped, in a folder that finds the native packages. */
const bundle = resolve('out', `profile-fuzz-${process.pid}`);
const scratch = scratchFolder();
const library = nativeLibrary();

/** bench/fuzz-profile.ts tries as many as one likes; each takes a second or more. */
const SEEDS = [1, 2, 3, 4, 5, 6];
const LIMIT = 120_000;

describe.skipIf(library === null)('profiling a damaged model on LiteRT’s own library', () => {
  beforeAll(async () => {
    await build({
      entryPoints: { worker: 'src/jobs/worker.ts' },
      outdir: bundle,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: ['onnxruntime-node', 'sharp'],
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(bundle, { recursive: true, force: true }));

  it.each(SEEDS)(
    'measures or refuses it: seed %i',
    async (seed) => {
      const fate = await fuzzProfile(seed, {
        ...{ library: library ?? '', scratch, firstStepsLimit: LIMIT / 4, limit: LIMIT },
        worker: join(bundle, 'worker.js'),
        models: [SAMPLE_TFLITE],
      });
      expect(fate).toMatch(/^(native|WebAssembly|refused)/);
    },
    LIMIT,
  );
});
