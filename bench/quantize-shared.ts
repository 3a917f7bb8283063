/**
 * Quantizes the real models of `../shared/models/onnx` by the recipe int8 and says of each what was delivered and
 * how fast it is beside the cleaned float model, or why nothing was. Random inputs: speed is meant, not accuracy.
 *
 *     npm run build && npx tsx bench/quantize-shared.ts [part of a name]
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { QuantizeReport, Speedup } from '../src/protocol/reports';

const CLI = resolve('dist/cli.js');
const MODELS = resolve('../shared/models');
const EXPECTED = join(MODELS, 'expected-onnx.json');
/** Exit status of `caliper` when a check failed: nothing was written. */
const REFUSED = 3;

interface Expected {
  run_inputs?: Record<string, number[]>;
}

function quantize(name: string, { run_inputs }: Expected, output: string): Record<string, unknown> {
  const shapes = Object.entries(run_inputs ?? {}).flatMap(([input, shape]) =>
    shape.length === 0 ? [] : ['--shape', `${input}=${shape.join(',')}`],
  );
  const args = [
    'quantize',
    join(MODELS, name),
    '-o',
    output,
    '--recipe',
    'int8',
    '--force',
    '--json',
    ...shapes,
  ];
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  if (stdout === '') return { result: stderr.trim().split('\n').at(-1) };
  const report: QuantizeReport = JSON.parse(stdout);
  return {
    result: status === REFUSED ? 'refused' : 'written',
    'SQNR dB': report.accuracy?.sqnrDb?.toFixed(1),
    'in float': `${report.layers.filter(({ kept }) => kept !== undefined).length} of ${report.layers.length}`,
    'over original': ratio(report.latencyMs?.speedup),
    'over cleaned': ratio(report.latencyMs?.speedupOverCleaned),
    'size %': Math.round((100 * report.bytes.after) / report.bytes.before),
    seconds,
  };
}

function ratio(speedup: Speedup | undefined): string {
  if (speedup === undefined) return '';
  const [low, high] = speedup.ci95;
  return `${speedup.ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function main(): void {
  if (!existsSync(EXPECTED)) {
    console.log(`There are no models in ${MODELS}.`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const models: Record<string, Expected> = JSON.parse(readFileSync(EXPECTED, 'utf8'));
    for (const [name, expected] of Object.entries(models)) {
      if (!name.includes(process.argv[2] ?? '')) continue;
      console.log(name, quantize(name, expected, join(folder, 'out.onnx')));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
