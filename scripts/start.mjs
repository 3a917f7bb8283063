// `npm start [-- MODEL]`: shows a model in the terminal and opens it in VS Code, whatever has to be installed for that.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SAMPLE, showLayers, showQuantizing } from './demo.mjs';
import { addLiteRt } from './litert.mjs';
import { ROOT } from './root.mjs';
import { build, install } from './setup.mjs';
import { makeOpener } from './vscode/opener.mjs';

const started = Date.now();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Serves VS Code to a browser even where a desktop one is installed. */
    browser: { type: 'boolean', default: false },
  },
});
// npm runs scripts in the project's folder; a path is meant from where it was typed.
const model =
  positionals[0] === undefined ? SAMPLE : path.resolve(process.env.INIT_CWD ?? '', positionals[0]);
if (!existsSync(model)) {
  console.error(`There is no file ${model}.`);
  process.exit(1);
}

await install();
await build();
await addLiteRt(`${process.platform}-${process.arch}`, path.join(ROOT, 'dist'));
const isSample = model === SAMPLE;
if (!showLayers(model)) process.exit(1);
if (isSample) await showQuantizing();
console.log();

const folder = path.dirname(model);
const opener = makeOpener(model);
const desktop = values.browser || !hasScreen() ? undefined : await findDesktop();
if (desktop === undefined) await serve();
else open(desktop);

function hasScreen() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Command of an installed VS Code, else the executable of a downloaded one. */
async function findDesktop() {
  const shell = process.platform === 'win32';
  if (spawnSync('code', ['--version'], { stdio: 'ignore', shell }).status === 0) return 'code';
  try {
    const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
    return await downloadAndUnzipVSCode();
  } catch (error) {
    console.log(`VS Code could not be downloaded (${error.message}); serving it to a browser instead.`);
    return undefined;
  }
}

function open(executable) {
  console.log(`Opening VS Code after ${seconds()}.\n${firstMinute()}`);
  const shell = process.platform === 'win32';
  const args = [`--extensionDevelopmentPath=${ROOT}`, `--extensionDevelopmentPath=${opener}`, folder];
  const quoted = shell ? args.map((word) => `"${word}"`) : args;
  const { status } = spawnSync(executable, quoted, { stdio: 'inherit', shell });
  process.exitCode = status ?? 1;
}

/** Serves VS Code until Ctrl+C. */
async function serve() {
  const { serveFolder } = await import('./vscode/serve.mjs');
  const { url, exited } = await serveFolder(folder, opener);
  console.log(`Ready after ${seconds()}. ${path.basename(model)} is open in VS Code at\n\n  ${url}\n`);
  console.log(`${firstMinute()}\nCtrl+C ends it.`);
  if (hasScreen()) openAddress(url);
  await exited;
}

function openAddress(url) {
  const [program, ...args] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '', url]
      : [process.platform === 'darwin' ? 'open' : 'xdg-open', url];
  // Where there is no such program, the printed address serves.
  spawn(program, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

/** What to try first; the steps with data are for the sample, which has images beside it. */
function firstMinute() {
  const steps = [
    'Click a layer: its shapes, attributes and weights.',
    'Profile Latency, at the top right: how long every layer takes on this computer.',
    thirdStep(),
    ...(isSample ? ['Open shapes_mobilenetv2.py and point at a Conv2d: what that layer costs.'] : []),
  ];
  return ['In the first minute:', ...steps.map((step, index) => `  ${index + 1}. ${step}`), ''].join('\n');
}

function thirdStep() {
  // Other formats are not quantized yet.
  if (path.extname(model) !== '.onnx')
    return 'Compare With…, in the menu at the top right: any other model beside it.';
  const data = isSample
    ? 'with the folder shapes/calibration as data and the preset “half”'
    : 'with a folder of your own images as data';
  return `Quantize…, ${data}: before and after, layer by layer.`;
}

function seconds() {
  return `${Math.round((Date.now() - started) / 1000)} s`;
}
