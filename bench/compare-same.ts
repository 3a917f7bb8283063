/**
 * Compares a model with itself again and again: how often the verdict is "no difference measured". At least 19 of
 * 20 is what is asked for.
 *
 *     npx tsx bench/compare-same.ts MODEL [TIMES] [RUNS]
 */
import { openModel } from '../src/formats/index';
import { engineFor } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { compareLatency, speedup } from '../src/runtime/measure';
import { randomFeeds } from '../src/runtime/randomInputs';

const [model, times = '20', runs = '50'] = process.argv.slice(2);

async function main(path: string): Promise<void> {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const measured = { path, feeds: randomFeeds(modelInputs(inferred), roles, 1) };
  const engine = engineFor(file.format.id);
  let same = 0;
  for (let attempt = 1; attempt <= Number(times); attempt++) {
    const settings = { threads: 1, runs: Number(runs), seed: attempt };
    const [before, after] = await compareLatency(engine, [measured, measured], settings);
    if (before === undefined || after === undefined) throw new Error('Nothing was measured.');
    const { ratio, ci95, verdict } = speedup(before, after, attempt);
    if (verdict === 'no difference measured') same++;
    const interval = ci95.map((bound) => bound.toFixed(3)).join(' to ');
    console.log(
      `${attempt}: ${before.latency.median.toFixed(3)} ms, ${ratio.toFixed(3)} (${interval}) ${verdict}`,
    );
  }
  console.log(`no difference measured: ${same} of ${times}`);
}

if (model === undefined) {
  console.error('usage: compare-same.ts MODEL [TIMES] [RUNS]');
  process.exitCode = 2;
} else {
  void main(model);
}
