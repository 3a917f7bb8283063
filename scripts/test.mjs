// `npm test`: everything that is checked, set-up included. Every suite runs, also when an earlier one failed;
// the last line is the sum of all.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, install, ROOT, run } from './setup.mjs';
import { chromiumPath } from './vscode/chromium.mjs';

const REPORTS = path.join(ROOT, 'out', 'reports');
const bin = (name) => path.join(ROOT, 'node_modules', '.bin', name);

/**
 * A suite is a command. With a report its tests are counted, else the command is one test. A command that fails
 * without saying which test did counts as a failed test too.
 */
const SUITES = [
  { name: 'Types', command: [bin('tsc'), '--noEmit'] },
  { name: 'Format and lint', command: [bin('biome'), 'check', '.'] },
  {
    name: 'Unit tests',
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
    command: [bin('playwright'), 'test', '--reporter=line,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report('page') },
    count: () => countPlaywright(read('page')),
  },
  {
    name: 'Extension host',
    command: [process.execPath, path.join('scripts', 'vscode', 'extensionTests.mjs'), report('host')],
    count: () => read('host'),
  },
  {
    name: 'VS Code',
    command: [bin('playwright'), 'test', '--config', path.join('test', 'vscode'), '--reporter=line,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report('vscode') },
    count: () => countPlaywright(read('vscode')),
  },
];

install();
build();
if (chromiumPath() === undefined) run(process.execPath, [playwrightCli(), 'install', 'chromium']);
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
const chosen = process.argv.slice(2);
const results = SUITES.filter(({ name }) => chosen.length === 0 || chosen.includes(name)).map(runSuite);

console.log();
for (const { name, passed, failed } of results) console.log(`${name}: ${passed} passed, ${failed} failed`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

function runSuite({ name, command: [program, ...args], env, count }) {
  console.log(`\n── ${name}`);
  const shell = process.platform === 'win32';
  const { status } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell,
    env: { ...process.env, ...env },
  });
  const ok = status === 0;
  const { passed, failed } = count?.() ?? { passed: 0, failed: 0 };
  if (!ok && failed === 0) return { name, passed, failed: 1 };
  if (ok && passed === 0 && !count) return { name, passed: 1, failed: 0 };
  // A suite that found no tests has not shown anything.
  if (ok && passed === 0) return { name, passed, failed: failed + 1 };
  return { name, passed, failed };
}

function playwrightCli() {
  return path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
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
  return { passed: results.numPassedTests, failed: results.numFailedTests + broken.length };
}

function countPlaywright(results) {
  if (!results) return undefined;
  const { expected, unexpected, flaky } = results.stats;
  return { passed: expected + flaky, failed: unexpected + results.errors.length };
}
