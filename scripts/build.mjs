// Bundles everything that runs: the extension host, the child process and reading thread, the command line and the page.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { context } from 'esbuild';
import { writeNotices } from './notices.mjs';
import { workerText } from './workerText.mjs';

const { watch, production, outdir } = parseArgs({
  options: {
    watch: { type: 'boolean', default: false },
    /** Small and without source maps, as it is shipped. */
    production: { type: 'boolean', default: false },
    outdir: { type: 'string', default: 'dist' },
  },
}).values;

const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'info',
  metafile: true,
  outdir,
  tsconfig: 'tsconfig.json',
};

/** Native packages cannot be bundled; `vscode` exists only inside the editor. */
const external = ['vscode', 'onnxruntime-node', 'koffi', 'sharp'];

const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external,
  // Its module for `import` asks where it lies, which a bundle cannot say.
  alias: { 'web-tree-sitter': path.resolve('node_modules/web-tree-sitter/web-tree-sitter.cjs') },
  entryPoints: {
    extension: 'src/extension/extension.ts',
    worker: 'src/jobs/worker.ts',
    reader: 'src/jobs/reader.ts',
    source: 'src/jobs/source.ts',
  },
};

const cli = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external,
  banner: { js: '#!/usr/bin/env node' },
  entryPoints: { cli: 'src/cli/main.ts' },
};

const page = {
  ...shared,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  plugins: [workerText],
  entryPoints: {
    'page/model': 'webview/model.ts',
    'page/comparison': 'webview/comparison.ts',
    'page/board': 'webview/board.ts',
  },
};

/** Engines that run TensorFlow Lite models: builds for old and new Node, and the one for models that these cannot run. */
const engines = [
  '@litertjs/core/wasm/litert_wasm_compat_internal',
  '@litertjs/core/wasm/litert_wasm_threaded_internal',
  '@tensorflow/tfjs-tflite/wasm/tflite_web_api_cc_simd',
].map((file) => path.join('node_modules', file));
const icons = path.join('node_modules', '@vscode/codicons/dist');

/** The pages as one script each, which `caliper report` writes into a file: small, because each file holds it. */
const report = {
  ...page,
  minify: true,
  sourcemap: false,
  entryPoints: { 'page/report': 'webview/report.ts' },
};

const contexts = await Promise.all([node, cli, page, report].map((options) => context(options)));
if (watch) {
  await Promise.all(contexts.map((one) => one.watch()));
} else {
  const built = await Promise.all(contexts.map((one) => one.rebuild()));
  const bundled = built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeNotices([...bundled, ...engines, icons], path.join(outdir, 'THIRD_PARTY_NOTICES.txt'));
  await Promise.all(contexts.map((one) => one.dispose()));
}
for (const file of engines)
  for (const extension of ['.js', '.wasm'])
    await cp(file + extension, path.join(outdir, 'wasm', path.basename(file) + extension));
// The parser of Python: its machinery and its grammar.
for (const file of ['web-tree-sitter/web-tree-sitter.wasm', 'tree-sitter-python/tree-sitter-python.wasm'])
  await cp(path.join('node_modules', file), path.join(outdir, 'wasm', path.basename(file)));
// Runs in macOS's osascript, not in Node.
await cp('src/runtime/coremlRunner.js', path.join(outdir, 'coremlRunner.js'));
for (const file of ['codicon.css', 'codicon.ttf'])
  await cp(path.join(icons, file), path.join(outdir, 'page', file));
