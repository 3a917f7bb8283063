// Makes one VSIX a platform, each with the native code of that platform only:
//   node scripts/package.mjs [--target linux-x64 …]     all targets by default
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { addLiteRt } from './litert.mjs';
import { ROOT } from './root.mjs';

/** Platforms that ONNX Runtime for Node has native code for. */
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** Of the sample's images in a VSIX, of each of the ten classes. */
const IMAGES_A_CLASS = 3;

/** Packs the extension for a platform. Resolves to the path of the VSIX. */
export async function packageFor(target) {
  const [os, cpu] = target.split('-');
  const stage = path.join(ROOT, 'out', 'package', target);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const name of ['package.json', 'package-lock.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'media'])
    if (existsSync(path.join(ROOT, name)))
      cpSync(path.join(ROOT, name), path.join(stage, name), { recursive: true });
  // The sample of the walkthrough.
  for (const name of ['shapes_mobilenetv2.onnx', 'shapes_mobilenetv2.py', ...sampleImages()]) {
    mkdirSync(path.dirname(path.join(stage, 'models', name)), { recursive: true });
    cpSync(path.join(ROOT, 'models', name), path.join(stage, 'models', name));
  }
  run(process.execPath, ['scripts/build.mjs', '--production', '--outdir', path.join(stage, 'dist')]);
  for (const file of ['cli.js', 'page/report.js']) rmSync(path.join(stage, 'dist', file));
  const isNative = await addLiteRt(target, path.join(stage, 'dist'));
  // Where native code runs the models, WebAssembly is for the few that it cannot run: one build of it is enough.
  if (isNative)
    for (const extension of ['.js', '.wasm'])
      rmSync(path.join(stage, 'dist', 'wasm', `litert_wasm_threaded_internal${extension}`));
  compressEngines(path.join(stage, 'dist', 'wasm'));
  const platform = [`--os=${os}`, `--cpu=${cpu}`, ...(os === 'linux' ? ['--libc=glibc'] : [])];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  run('npm', ['ci', '--omit=dev', '--ignore-scripts', ...platform, ...quiet], { cwd: stage });
  const engine = `node_modules/onnxruntime-node/bin/napi-v6/${os}/${cpu}`;
  const images = `node_modules/@img/sharp*-${target}`;
  // It holds a build for musl too, which ONNX Runtime does not run on.
  const calls = `node_modules/@koromix/koffi-${target}`;
  const ignore = readFileSync(path.join(ROOT, '.vscodeignore'), 'utf8');
  const native = [
    `${engine}/*`,
    // Its readme says what is linked into it, under which licences.
    ...['*.json', '*.cjs', 'README.md', 'LICENSE', 'lib/*'].map((files) => `${images}/${files}`),
    ...['*.json', '*.js', `${os}_${cpu}/*`].map((files) => `${calls}/${files}`),
  ];
  const shipped = native.map((files) => `!${files}\n`).join('');
  writeFileSync(path.join(stage, '.vscodeignore'), `${ignore}${shipped}`);
  // The engine's library lies there twice on macOS; its binding loads the one with the short name.
  rmSync(path.join(stage, engine, 'libonnxruntime.1.30.0.dylib'), { force: true });
  const { name, version } = JSON.parse(readFileSync(path.join(stage, 'package.json'), 'utf8'));
  const vsix = path.join(ROOT, 'out', `${name}-${version}-${target}.vsix`);
  const vsce = path.join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  const options = [
    '--target',
    target,
    '--out',
    vsix,
    '--allow-missing-repository',
    '--skip-license',
    '--no-rewrite-relative-links',
  ];
  run(process.execPath, [vsce, 'package', ...options], { cwd: stage });
  recompress(vsix, path.join(stage, 'smaller.vsix'));
  rmSync(stage, { recursive: true, force: true });
  return vsix;
}

/** Images of every class for the sample to be calibrated on, fewer than the repository has: none can be made smaller. */
function sampleImages() {
  const folder = 'shapes/calibration';
  return readdirSync(path.join(ROOT, 'models', folder)).flatMap((kind) =>
    readdirSync(path.join(ROOT, 'models', folder, kind))
      .sort()
      .slice(0, IMAGES_A_CLASS)
      .map((name) => `${folder}/${kind}/${name}`),
  );
}

/**
 * Stores the engines as Brotli, which takes 30 % less than a VSIX's own compression and is unpacked in 0.1 s when one is
 * started: src/runtime/wasmModule.ts. The parser of Python stays as it is: it is started for every source.
 */
function compressEngines(folder) {
  for (const name of readdirSync(folder)) {
    if (!/^(litert|tflite)_.*\.wasm$/.test(name)) continue;
    const file = path.join(folder, name);
    const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
    rmSync(file);
  }
}

/** Makes the VSIX smaller where Python is there. */
function recompress(vsix, work) {
  const args = [path.join(ROOT, 'scripts', 'recompress.py'), vsix, work];
  const done = ['python3', 'python', 'py'].some((program) => spawnSync(program, args).status === 0);
  if (done) renameSync(work, vsix);
  else console.log('Python is not here, which would make the VSIX 2 % smaller.');
}

/** Runs a command and shows what it prints; throws when it fails. */
function run(command, args, options = {}) {
  // On Windows npm is a batch file, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell, ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error });
}

if (import.meta.filename === process.argv[1]) {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true, default: TARGETS } } });
  for (const target of values.target) {
    if (!TARGETS.includes(target)) throw new Error(`${target} is none of ${TARGETS.join(', ')}`);
    const vsix = await packageFor(target);
    console.log(`${vsix}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
  }
}
