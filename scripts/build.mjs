// Bundles everything that runs: the extension host, the child process and reading thread, the command line and the page.
import { cp } from 'node:fs/promises';
import { context } from 'esbuild';

const watch = process.argv.includes('--watch');
const minify = process.argv.includes('--production');

const shared = {
  bundle: true,
  minify,
  sourcemap: minify ? false : 'linked',
  logLevel: 'info',
  outdir: 'dist',
  tsconfig: 'tsconfig.json',
};

/** Native packages cannot be bundled; `vscode` exists only inside the editor. */
const external = ['vscode', 'onnxruntime-node', 'sharp'];

const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external,
  entryPoints: {
    extension: 'src/extension/extension.ts',
    worker: 'src/jobs/worker.ts',
    reader: 'src/jobs/reader.ts',
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
  entryPoints: { 'page/model': 'webview/model.ts', 'page/comparison': 'webview/comparison.ts' },
};

const contexts = await Promise.all([node, cli, page].map((options) => context(options)));
if (watch) {
  await Promise.all(contexts.map((one) => one.watch()));
} else {
  await Promise.all(contexts.map((one) => one.rebuild()));
  await Promise.all(contexts.map((one) => one.dispose()));
}
await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/page/codicon.css');
await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/page/codicon.ttf');
