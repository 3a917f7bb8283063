/**
 * Accuracy of int8-all over the shared convolutional ONNX models, beside another build: SQNR on samples that neither was
 * calibrated on, of the outputs and before a last Softmax or Sigmoid, and the time that quantizing takes. Both files are
 * judged by this build.
 *
 *     npm run build && npx tsx bench/numbers.ts OTHER_CHECKOUT [part of a name]
 *
 * Images of `models/shapes` are the data of every model that takes images of three channels: what a model was trained on
 * is not there for most, and rounding is the same whatever an image shows. The others are measured on random numbers.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Comparison, QuantizeReport } from '../src/protocol/reports';
import { run } from './process';

const SHARED = resolve('../shared/models/onnx');

interface Case {
  readonly file: string;
  readonly shape?: string;
  /** null: random numbers. */
  readonly preprocessing: string | null;
}

const CASES: readonly Case[] = [
  { file: resolve('models/shapes_mobilenetv2.onnx'), preprocessing: 'half' },
  { file: join(SHARED, 'stm32_mobilenet_v2_0.5_128.onnx'), preprocessing: 'half' },
  { file: join(SHARED, 'squeezenet_fp16.onnx'), preprocessing: 'caffe' },
  { file: join(SHARED, 'ultraface_version-RFB-320.onnx'), preprocessing: 'half' },
  { file: join(SHARED, 'yunet_n_dynamic.onnx'), shape: 'input=1,3,160,160', preprocessing: 'none' },
  { file: join(SHARED, 'mnist_cntk.onnx'), preprocessing: null },
  { file: join(SHARED, 'kbarbarin_digit_external_data/model.onnx'), preprocessing: null },
  { file: join(SHARED, 'basic_pitch_nmp.onnx'), preprocessing: null },
];

interface Figures {
  readonly sqnr: string;
  readonly scores: string;
  readonly agreement: string;
  readonly seconds: number;
  readonly steps: string;
}

async function figures(checkout: string, { file, shape, preprocessing }: Case): Promise<Figures | string> {
  const folder = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  const output = join(folder, 'out.onnx');
  const given = [
    ...(shape === undefined ? [] : ['--shape', shape]),
    ...(preprocessing === null ? [] : ['--preset', preprocessing]),
  ];
  const data = (part: string, option: string) =>
    preprocessing === null ? [] : [option, resolve(`models/shapes/${part}`)];
  try {
    const made = await run(process.execPath, [
      join(resolve(checkout), 'dist/cli.js'),
      ...['quantize', file, '-o', output, '--recipe', 'int8-all', '--no-measure', '--json'],
      ...given,
      ...data('calibration', '--data'),
      ...data('validation', '--validate'),
    ]);
    if (!existsSync(output)) return made.stderr.trim().split('\n').at(-1) ?? 'failed';
    const { steps = [] }: Partial<QuantizeReport> = JSON.parse(made.stdout);
    const compared = await run(process.execPath, [
      resolve('dist/cli.js'),
      ...['compare', file, output, '--no-measure', '--json', ...given, ...data('validation', '--data')],
    ]);
    const { accuracy }: Pick<Comparison, 'accuracy'> = JSON.parse(compared.stdout);
    const decibels = (value: number | null | undefined) => value?.toFixed(1) ?? '';
    return {
      sqnr: decibels(accuracy?.sqnrDb),
      scores: decibels(accuracy?.scoresSqnrDb),
      agreement: accuracy?.top1Agreement?.toFixed(3) ?? '',
      seconds: Math.round(made.seconds),
      steps: steps.join('; '),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const [other = '', part = ''] = process.argv.slice(2);
  if (!existsSync(join(other, 'dist/cli.js'))) throw new Error(`There is no build in ${other}.`);
  for (const one of CASES) {
    if (!one.file.includes(part) || !existsSync(one.file)) continue;
    const before = await figures(other, one);
    console.log(one.file.split('/').at(-1), { before, now: await figures('.', one) });
  }
}

void main();
