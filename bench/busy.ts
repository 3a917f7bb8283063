/**
 * Whether a ratio that is stated beside other work is what it is on a quiet computer: two models are compared without
 * and with processes that spin. Every ratio must be within 5 % of the quiet one, or withheld.
 *
 *     npx tsx bench/busy.ts BEFORE AFTER [PROCESSES ...]
 *
 * The first comparison means something on a computer that does nothing else.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { openModel } from '../src/formats/index';
import type { Speedup } from '../src/protocol/reports';
import { engineThatRuns } from '../src/runtime/engines';
import { modelInputs } from '../src/runtime/inputs';
import { compareLatency, speedup, type Timing } from '../src/runtime/measure';
import { randomFeeds } from '../src/runtime/randomInputs';
import { unlessBusy } from '../src/runtime/stopwatch';

const FAR = 0.05;
const SPINNING = {
  arithmetic: 'let x = 1; for (;;) x = (x * 1103515245 + 12345) | 0',
  memory: 'const a = new Float64Array(4e6); for (;;) for (let i = 0; i < a.length; i++) a[i] += 1.5',
};

const [before, after, ...counts] = process.argv.slice(2);

async function measure(paths: readonly string[]): Promise<{ speedup: Speedup; timing: Timing } | null> {
  const [first = ''] = paths;
  const file = openModel(first);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const engine = await engineThatRuns(file.format.id, paths, 1);
  const models = paths.map((path) => ({ path, feeds }));
  const timings = await unlessBusy(
    compareLatency(engine, models, { threads: 1, runs: 30, seed: 1 }),
    (sentence) => console.log(`  ${sentence}`),
  );
  const [one, other] = timings ?? [];
  if (one === undefined || other === undefined) return null;
  return { speedup: speedup(one, other, 1), timing: one };
}

async function beside(count: number, script: string, paths: readonly string[]) {
  const children: ChildProcess[] = [];
  for (let child = 0; child < count; child++) children.push(spawn(process.execPath, ['-e', script]));
  try {
    return await measure(paths);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function main(paths: readonly string[]): Promise<void> {
  const quiet = await measure(paths);
  if (quiet === null) throw new Error('This computer is not quiet.');
  console.log(`quiet: ${describe(quiet.speedup)}`);
  let far = 0;
  for (const count of counts.length === 0 ? [1, 2, 4, 10] : counts.map(Number)) {
    for (const [kind, script] of Object.entries(SPINNING)) {
      console.log(`beside ${count} processes (${kind}):`);
      const busy = await beside(count, script, paths);
      if (busy === null) continue;
      const off = busy.speedup.ratio / quiet.speedup.ratio - 1;
      if (Math.abs(off) > FAR) far++;
      const { runs, counted, crowded } = { ...busy.timing, ...busy.timing.latency };
      console.log(
        `  ${describe(busy.speedup)}, ${(100 * off).toFixed(1)} % off, ${counted} of ${runs} runs counted${crowded ? ', crowded' : ''}`,
      );
    }
  }
  console.log(
    far === 0 ? 'every stated ratio is within 5 %' : `${far} stated ratios are farther than 5 % off`,
  );
  process.exitCode = far === 0 ? 0 : 1;
}

function describe({ ratio, ci95: [low, high], verdict }: Speedup): string {
  return `${ratio.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}) ${verdict}`;
}

if (before === undefined || after === undefined) {
  console.error('usage: busy.ts BEFORE AFTER [PROCESSES ...]');
  process.exitCode = 2;
} else void main([before, after]);
