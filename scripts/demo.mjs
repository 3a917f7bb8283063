// What `npm start` shows in the terminal before the editor is there: the layers of a model, and what quantizing does.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './root.mjs';
import { SAMPLE_FOLDER } from './setup.mjs';
import { step } from './steps.mjs';

/** The model that `npm start` opens unless another one is named. */
export const SAMPLE = path.join(SAMPLE_FOLDER, 'shapes_mobilenetv2.onnx');

/** Rows of the table of layers that fit a screen together with what else is printed. */
const ROWS = 12;

const CLI = path.join(ROOT, 'dist', 'cli.js');

/** Prints what the model's layers cost. @returns {boolean} whether the model could be read */
export function showLayers(model) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, 'inspect', model], {
    encoding: 'utf8',
    // A table of 100,000 layers.
    maxBuffer: 1 << 28,
  });
  if (status !== 0) {
    console.error(stderr.trimEnd());
    return false;
  }
  const lines = stdout.trimEnd().split('\n');
  const table = lines.findIndex((line) => /^─+/.test(line)) + 1;
  console.log(`\n${lines.slice(0, table + ROWS).join('\n')}`);
  const left = lines.length - table - ROWS;
  if (left > 0) console.log(`… ${left} more lines: node dist/cli.js inspect ${path.relative('', model)}`);
  return true;
}

/** Quantizes the sample on the images beside it, and prints what that changed. */
export async function showQuantizing() {
  const folder = mkdtempSync(path.join(tmpdir(), 'model-caliper-start-'));
  const data = (name) => path.join(SAMPLE_FOLDER, 'shapes', name);
  const options = ['--recipe', 'int8-all', '--preset', 'half', '--runs', '10'];
  try {
    console.log();
    const output = await step('Quantizing it to int8, measured on 200 other images', process.execPath, [
      ...[CLI, 'quantize', SAMPLE, '-o', path.join(folder, 'int8.onnx'), ...options],
      ...['--data', data('calibration'), '--validate', data('validation')],
    ]);
    console.log(`→ ${output.trimEnd().split('\n').at(-1)}`);
  } catch (error) {
    // It is no reason not to open the editor.
    console.log(error.message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
