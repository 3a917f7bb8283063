/**
 * Quantizes .tflite models to full int8 with `caliper`, and with Google's AI Edge Quantizer where Python has it, in
 * turns, and lists for both the time and the peak memory of the whole process, the size, and the SQNR.
 *
 *     npm run build && npx tsx bench/quantize-tflite.ts [python] [model.tflite …]
 *
 * Without models: the sample, and the shared ones where they are. The Python environment gives `caliper` its LiteRT too.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { openModel } from '../src/formats';
import { rewriter } from '../src/formats/tflite/rewrite';
import type { Comparison } from '../src/protocol/reports';
import { run } from './process';

const CLI = resolve('dist/cli.js');
const SHAPES = resolve('models/shapes');
const SAMPLE = resolve('models/shapes_mobilenetv2.tflite');
const SHARED = resolve('../shared/models/tflite');
/** Each tool runs so often on a model, in turns; the fastest counts. */
const ROUNDS = 3;

const [python = 'python3', ...named] = process.argv.slice(2);
// caliper looks for LiteRT's library in the environment that this variable names.
if (python.includes('/')) process.env['VIRTUAL_ENV'] = dirname(dirname(resolve(python)));

function models(): string[] {
  if (named.length > 0) return named.map((path) => resolve(path));
  const shared = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => name.endsWith('.tflite')) : [];
  return [SAMPLE, ...shared.map((name) => join(SHARED, name))].filter((path) => {
    const file = openModel(path);
    const possible = rewriter.refusal(file, 'int8-all') === null;
    file.close();
    return possible;
  });
}

async function caliper(command: string, ...args: string[]) {
  const result = await run(process.execPath, [CLI, command, ...args, '--json']);
  const report: Comparison | null = result.status === 0 ? JSON.parse(result.stdout) : null;
  return { ...result, report };
}

async function measure(model: string, folder: string): Promise<object[]> {
  const isSample = model === SAMPLE;
  const ours = join(folder, 'ours.tflite');
  const theirs = join(folder, 'theirs.tflite');
  // Where nothing else is given to check the result on, a part of the data would be kept back, and the peer keeps none.
  const images = join(SHAPES, 'calibration');
  const data = isSample ? ['--data', images, '--validate', images, '--preset', 'half'] : [];
  const best = { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY };
  const peak = { ours: 0, theirs: 0 };
  let problem = '';
  for (let round = 0; round < ROUNDS; round++) {
    const made = await caliper(
      'quantize',
      model,
      '-o',
      ours,
      '--force',
      '--recipe',
      'int8-all',
      '--no-measure',
      ...data,
    );
    if (made.report === null) throw new Error(made.stderr);
    best.ours = Math.min(best.ours, made.seconds);
    peak.ours = Math.max(peak.ours, made.peakBytes ?? 0);
    const given = isSample ? images : 'random';
    const peer = await run(python, ['bench/peer_quantize_tflite.py', model, theirs, given]);
    const last = peer.stdout.trim().split('\n').at(-1) ?? '';
    problem =
      peer.status === 0 ? (JSON.parse(last).problem ?? '') : (peer.stderr.trim().split('\n').at(-1) ?? '');
    best.theirs = Math.min(best.theirs, peer.seconds);
    peak.theirs = Math.max(peak.theirs, peer.peakBytes ?? 0);
  }
  const validation = isSample ? ['--data', join(SHAPES, 'validation'), '--preset', 'half'] : [];
  const row = async (tool: 'ours' | 'theirs', path: string) => {
    const { report } = await caliper('compare', model, path, '--no-measure', ...validation);
    return {
      model: basename(model),
      tool: tool === 'ours' ? 'caliper' : 'AI Edge Quantizer',
      bytes: report?.bytes.after,
      'SQNR dB': report?.accuracy?.sqnrDb?.toFixed(1),
      'top-1 %': report?.accuracy?.top1 ? (100 * report.accuracy.top1.after).toFixed(1) : '',
      seconds: best[tool].toFixed(1),
      'peak MB': Math.round(peak[tool] / 1e6),
    };
  };
  return [
    await row('ours', ours),
    problem === ''
      ? await row('theirs', theirs)
      : { model: basename(model), tool: `AI Edge Quantizer: ${problem}` },
  ];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const rows: object[] = [];
    for (const model of models()) rows.push(...(await measure(model, folder)));
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
