// Runs test/extension inside the extension host: in desktop VS Code where there is one, else in code-server.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { ROOT } from '../root.mjs';
import { SAMPLE_FOLDER } from '../setup.mjs';

const report = path.resolve(process.argv[2] ?? path.join(ROOT, 'out', 'reports', 'host.json'));
const bundled = path.join(ROOT, 'out', 'extension');
const folder = mkdtempSync(path.join(tmpdir(), 'model-caliper-tests-'));
let failed = true;
try {
  await build({
    entryPoints: [path.join(ROOT, 'test', 'extension', 'index.ts')],
    outdir: bundled,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
  });
  // Tests write beside the models, so they get copies.
  cpSync(SAMPLE_FOLDER, folder, { recursive: true });
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  await runTests({
    // An installed desktop editor is named by this variable; the default is VS Code served by code-server.
    vscodeExecutablePath: process.env.VSCODE_EXECUTABLE || path.join(ROOT, 'scripts', 'vscode', 'shim.mjs'),
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: path.join(bundled, 'index.js'),
    launchArgs: [folder],
    // Nothing is to depend on what else the computer does: src/runtime/clock.ts.
    extensionTestsEnv: { CALIPER_TEST_REPORT: report, CALIPER_CALM_CLOCK: '1' },
  }).catch((error) => console.error(error.message));
  const { tests, ...counts } = JSON.parse(readFileSync(report, 'utf8'));
  for (const { title, error } of tests) console.log(error ? `✗ ${title}\n${error}` : `✓ ${title}`);
  writeFileSync(report, JSON.stringify(counts));
  failed = counts.failed > 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
