// `npm test`: everything that is checked, set-up included. Every suite runs, also when an earlier one failed;
// the last line is the sum of all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureSshd } from './getSshd.mjs';
import { addLiteRt } from './litert.mjs';
import { ROOT } from './root.mjs';
import { build, install } from './setup.mjs';
import { ensureChromium } from './vscode/getChromium.mjs';
import { ensureCodeServer } from './vscode/install.mjs';

const REPORTS = path.join(ROOT, 'out', 'reports');
const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name);

/**
 * A suite is a command. With a report its tests are counted, else the command is one test. A command that fails
 * without saying which test did counts as a failed test too, and so does a suite whose browser is missing.
 */
const SUITES = [
  { name: 'Types', command: ['npm', 'run', 'types'] },
  { name: 'Format and lint', command: [bin('biome'), 'check', '.'] },
  {
    name: 'Unit tests',
    needsSshd: true,
    command: [
      bin('vitest'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report('unit')}`,
    ],
    count: () => countVitest(read('unit')),
  },
  {
    name: 'Page',
    needsBrowser: true,
    command: [bin('playwright'), 'test', '--reporter=line,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report('page') },
    count: () => countPlaywright(read('page')),
  },
  {
    name: 'Extension host',
    needsBrowser: true,
    needsEditor: true,
    command: [process.execPath, path.join('scripts', 'vscode', 'extensionTests.mjs'), report('host')],
    count: () => read('host'),
  },
  {
    name: 'VS Code',
    needsBrowser: true,
    needsEditor: true,
    command: [bin('playwright'), 'test', '--config', path.join('test', 'vscode'), '--reporter=line,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report('vscode') },
    count: () => countPlaywright(read('vscode')),
  },
];

await install();
await build();
await addLiteRt(`${process.platform}-${process.arch}`, path.join(ROOT, 'dist'));
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
const chosen = process.argv.slice(2);
const suites = SUITES.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
const browser = suites.some(({ needsBrowser }) => needsBrowser) ? await ensureChromium() : undefined;
// Installed here, so that its minutes are no test's.
if (browser !== undefined && process.platform !== 'win32' && suites.some(({ needsEditor }) => needsEditor))
  await ensureCodeServer();
if (suites.some(({ needsSshd }) => needsSshd)) await ensureSshd();
const results = suites.map(runSuite);

console.log();
for (const result of results) console.log(describe(result));
const missing = results.filter(({ ran }) => !ran).map(({ name }) => name);
if (missing.length > 0) console.log(`Not run, because there is no browser: ${missing.join(', ')}`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

function describe({ name, passed, failed, skipped, seconds, ran }) {
  if (!ran) return `${name}: did not run`;
  return `${name}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`;
}

function runSuite({ name, command: [program, ...args], needsBrowser, env, count }) {
  // A suite that did not run has shown nothing.
  if (needsBrowser && browser === undefined)
    return { name, passed: 0, failed: 1, skipped: 0, seconds: 0, ran: false };
  console.log(`\n── ${name}`);
  const shell = process.platform === 'win32';
  const started = Date.now();
  const { status } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell,
    env: { ...process.env, ...(needsBrowser ? { CHROMIUM_PATH: browser } : {}), ...env },
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  const ok = status === 0;
  const { passed, failed, skipped } = { passed: 0, failed: 0, skipped: 0, ...count?.() };
  const result = { name, passed, failed, skipped, seconds, ran: true };
  if (!ok && failed === 0) return { ...result, failed: 1 };
  if (ok && passed === 0 && !count) return { ...result, passed: 1 };
  // A suite that found no tests has not shown anything.
  if (ok && passed === 0) return { ...result, failed: failed + 1 };
  return result;
}

function report(name) {
  return path.join(REPORTS, `${name}.json`);
}

function read(name) {
  const file = report(name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function countVitest(results) {
  if (!results) return undefined;
  // A file that cannot be loaded has no tests, but it has failed.
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

function countPlaywright(results) {
  if (!results) return undefined;
  // A test that passes only when it is tried again has failed.
  const { expected, unexpected, flaky, skipped } = results.stats;
  return { passed: expected, failed: unexpected + flaky + results.errors.length, skipped };
}
