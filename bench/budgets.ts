/**
 * How long `caliper check` takes for a repository of models, and the most memory that it holds.
 *
 *     npm run build -- --production && npx tsx bench/budgets.ts [models]
 *
 * Prints one line of JSON a run: the first time, and again when nothing has changed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRepository, runMeasured } from '../test/unit/budgets/manyModels';

const count = Number(process.argv[2] ?? 500);
const cli = join(import.meta.dirname, '..', 'dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
try {
  makeRepository(folder, count);
  for (const run of ['first', 'nothing changed']) {
    const { seconds, megabytes } = runMeasured(cli, folder, ['check', '--json'], join(folder, 'memory'));
    console.log(
      JSON.stringify({
        models: count,
        run,
        seconds: Number(seconds.toFixed(2)),
        peakMegabytes: Math.round(megabytes),
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
