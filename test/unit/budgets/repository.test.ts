import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetReport } from '../../../src/protocol/budgets';
import { BuiltCli } from '../builtCli';
import { gitIn } from '../support';
import { writeProduct } from './models';
import { sarifProblems } from './sarifSchema';

/** A repository with models and budgets, as the command in it says whether they fit. */
const cli = new BuiltCli();
let root = '';

const CONFIG = `{
  // What the app downloads.
  "budgets": [
    {
      "name": "app",
      "models": "models/**/*.onnx",
      "fileSize": "10 kB",
      "macs": "3 k",
      "maxGrowth": { "parameters": "2 %" }
    }
  ]
}
`;

/** Outside of any system for continuous integration, in the repository. */
async function check(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const outside = { GITHUB_ACTIONS: '', GITHUB_WORKSPACE: root, GITHUB_STEP_SUMMARY: '', CI_PROJECT_DIR: '' };
  const config = join(root, 'caliper.json');
  const own = args.includes('--merge') ? args : ['--config', config, ...args];
  return cli.start(['check', ...own], { ...outside, ...env }).ended;
}

async function report(...args: string[]): Promise<BudgetReport> {
  const { stdout, stderr } = await check([...args, '--json']);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** Of each limit, in the order of the report. */
const statuses = ({ models }: BudgetReport) =>
  models.map(({ model, limits }) => `${model}: ${limits.map(({ status }) => status).join(' ')}`);

function grow(): void {
  const model = join(root, 'models', 'b.onnx');
  rmSync(model);
  writeProduct(model, 40);
}

beforeAll(() => {
  root = join(cli.folder, 'repository');
});

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'models', 'deep'), { recursive: true });
  writeFileSync(join(root, 'caliper.json'), CONFIG);
  for (const name of ['a', 'b', 'deep/c']) writeProduct(join(root, 'models', `${name}.onnx`), 20);
  gitIn(root, 'init', '--quiet');
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'models');
});

describe('a repository of models', () => {
  it('passes, and says what there is', async () => {
    const { status, stdout, stderr } = await check([]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('caliper.json\n');
    expect(stdout).toMatch(/^fits +models\/deep\/c\.onnx +file-size +8\.\d+ kB +at most 10\.0 kB +7$/m);
    expect(stdout).toMatch(/3 are not measured, 6 fit\.\n$/);
    expect(statuses(await report())).toEqual(
      ['a', 'b', 'deep/c'].map((name) => `models/${name}.onnx: fits fits unmeasured`),
    );
  });

  it('ends with 3 once a model has grown, and names the line of the limit', async () => {
    grow();
    const { status, stdout } = await check([]);
    expect(status).toBe(3);
    expect(stdout).toMatch(
      /^over +models\/b\.onnx +file-size +16\.\d kB +at most 10\.0 kB +6\.\d+ kB over +7$/m,
    );
    expect(stdout).toMatch(/^over +models\/b\.onnx +macs +4\.00 k +at most 3\.00 k +1\.00 k over +8$/m);
    const [, b] = (await report()).models;
    expect(b?.limits[0]).toMatchObject({
      rule: 'file-size',
      status: 'over',
      at: { line: 7, column: 19, endLine: 7, endColumn: 26 },
    });
  });

  it('is compared with another revision', async () => {
    expect(statuses(await report('--against', 'HEAD'))).toEqual(
      ['a', 'b', 'deep/c'].map((name) => `models/${name}.onnx: fits fits fits`),
    );
    grow();
    writeProduct(join(root, 'models', 'new.onnx'), 20);
    const grown = await report('--against', 'HEAD');
    expect(statuses(grown)).toEqual([
      'models/a.onnx: fits fits fits',
      'models/b.onnx: over over over',
      'models/deep/c.onnx: fits fits fits',
      'models/new.onnx: fits fits unmeasured',
    ]);
    expect(grown.models[1]?.limits[2]).toMatchObject({
      ...{ rule: 'growth', subject: 'parameters', measured: 1, found: '+100.0 % (2.00 k to 4.00 k)' },
      over: '1.96 k over',
    });
    const unknown = await check(['--against', 'no-such-branch']);
    expect([unknown.status, unknown.stdout]).toEqual([1, '']);
    expect(unknown.stderr).toContain('has no commit no-such-branch');
  });

  it('is right also for names that look like options of git', async () => {
    const { status, stderr } = await check(['--against=--output=x']);
    expect([status, stderr]).toEqual([1, expect.stringContaining('has no commit --output=x')]);
  });

  it('is reported as SARIF that the published schema takes, with results that stay the same alerts', async () => {
    grow();
    writeFileSync(join(root, 'models', 'a b#.onnx'), 'no model');
    const out = join(cli.folder, 'out.sarif');
    const read = async () => {
      expect((await check(['--sarif', out])).status).toBe(3);
      return JSON.parse(readFileSync(out, 'utf8'));
    };
    const sarif = await read();
    expect(sarifProblems(sarif)).toEqual([]);
    const [{ results, tool }] = sarif.runs;
    expect(results.map(({ ruleId, kind, level }: Record<string, unknown>) => [ruleId, kind, level])).toEqual([
      ['model', 'open', 'none'],
      ['file-size', 'fail', 'error'],
      ['macs', 'fail', 'error'],
    ]);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(results[0].relatedLocations[0].physicalLocation.artifactLocation.uri).toBe('models/a%20b%23.onnx');
    expect(results[1].locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'caliper.json', uriBaseId: '%SRCROOT%' },
          region: { startLine: 7, startColumn: 19, endLine: 7, endColumn: 26 },
        },
      },
    ]);
    // A line above moves the place, not the identity.
    writeFileSync(join(root, 'caliper.json'), `// moved\n${CONFIG}`);
    const moved = (await read()).runs[0].results;
    expect(moved[1].locations[0].physicalLocation.region.startLine).toBe(8);
    for (const [at, { partialFingerprints }] of results.entries())
      expect(moved[at].partialFingerprints).toEqual(partialFingerprints);
    expect(
      new Set(results.map((one: { partialFingerprints: object }) => JSON.stringify(one.partialFingerprints)))
        .size,
    ).toBe(3);
  });

  it('would not pass the schema with a mistake in it', async () => {
    expect(sarifProblems({ version: '2.1.0' })).not.toEqual([]);
    expect(sarifProblems({ version: '2.1.0', runs: [{ tool: { driver: {} }, results: [] }] })).not.toEqual(
      [],
    );
  });

  it('is reported as JUnit, with names that are markup elsewhere', async () => {
    grow();
    writeFileSync(join(root, 'models', '<&">.onnx'), 'no model');
    const out = join(cli.folder, 'budgets.xml');
    await check(['--junit', out]);
    const xml = readFileSync(out, 'utf8');
    expect(xml).toContain('<testsuites name="Model Caliper" tests="10" failures="2" errors="1" skipped="3">');
    expect(xml).toContain(
      '<testsuite name="models/&lt;&amp;&quot;&gt;.onnx (app)" tests="1" failures="0" errors="1"',
    );
    expect(xml).toMatch(
      /<testcase name="macs" classname="models\/b\.onnx" file="caliper\.json" line="8"><failure message="macs: 4\.00 k, 1\.00 k over, at most 3\.00 k\." type="macs">/,
    );
    expect(xml.match(/<testcase /g)).toHaveLength(10);
    // Every tag that is opened is closed, in its order.
    const open: string[] = [];
    for (const [, close, name = '', own] of xml.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!own && !name.startsWith('xml')) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('is annotated and summed up where GitHub runs it', async () => {
    grow();
    const summary = join(cli.folder, 'summary.md');
    writeFileSync(summary, 'before\n');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const { status, stdout } = await check([], env);
    expect(status).toBe(3);
    const commands = stdout.split('\n').filter((line) => line.startsWith('::'));
    expect(commands).toEqual([
      expect.stringMatching(
        /^::error file=caliper\.json,line=7,endLine=7,col=19,endColumn=26,title=models\/b\.onnx is over budget::models\/b\.onnx: file-size: /,
      ),
      expect.stringMatching(/^::error file=caliper\.json,line=8,/),
    ]);
    const markdown = readFileSync(summary, 'utf8');
    expect(markdown).toMatch(/^before\n## Model budgets: 2 limits are over, 3 are not measured, 4 fit\n/);
    expect(markdown).toMatch(
      /^\| ❌ over \| models\/b\.onnx \| file-size \| 16\.\d kB \| at most 10\.0 kB \| 6\.\d+ kB over \|$/m,
    );
    // Where stdout is for a program, it holds nothing else.
    const json = await check(['--json'], env);
    expect(() => JSON.parse(json.stdout)).not.toThrow();
    expect(json.stderr).toMatch(/^::error /);
  });

  it('is Markdown in which names of files stay names', async () => {
    writeFileSync(join(root, 'models', '|@x<b>`.onnx'), 'no model');
    const { stdout, status } = await check(['--md']);
    expect(status).toBe(1);
    expect(stdout).toContain('models/&#124;&#64;x&#60;b&#62;&#96;.onnx');
    expect(stdout).not.toMatch(/<b>|@x/);
  });

  it('lets no name of a file become a command of the runner', async () => {
    writeFileSync(join(root, 'models', 'x\n::add-mask::a ##[add-mask]b.onnx'), 'no model');
    const { stdout } = await check([], { GITHUB_ACTIONS: 'true' });
    expect(stdout.match(/^\s*::.*/gm)).toEqual([expect.stringMatching(/^::warning file=caliper\.json/)]);
    expect(stdout).not.toContain('##[');
  });

  it('is listed as figures for github-action-benchmark', async () => {
    const out = join(cli.folder, 'benchmark.json');
    await check(['--benchmark', out]);
    const list = JSON.parse(readFileSync(out, 'utf8'));
    expect(list).toHaveLength(6);
    expect(list[1]).toEqual({
      name: 'models/a.onnx macs',
      unit: '',
      value: 2000,
      extra: 'app: at most 3.00 k',
    });
  });

  it('is the same by shares that are merged, in any order', async () => {
    grow();
    const whole = await report();
    const shares: string[] = [];
    for (const index of [1, 2, 3]) {
      const { stdout } = await check(['--shard', `${index}/3`, '--json']);
      const file = join(cli.folder, `${index}.json`);
      writeFileSync(file, stdout);
      expect(JSON.parse(stdout).models).toHaveLength(1);
      shares.unshift(file);
    }
    const out = join(cli.folder, 'merged.sarif');
    const { status, stdout } = await check(['--merge', ...shares, '--json', '--sarif', out]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toEqual(whole);
    expect(JSON.parse(readFileSync(out, 'utf8')).runs[0].results).toHaveLength(2);
    const missing = await check(['--merge', ...shares.slice(1)]);
    expect([missing.status, missing.stderr]).toEqual([1, 'caliper: Share 3 of 3 is missing.\n']);
    const twice = await check(['--merge', ...shares, ...shares.slice(0, 1)]);
    expect(twice.stderr).toContain('Share 3 of 3 is there twice.');
    appendFileSync(join(root, 'caliper.json'), '\n');
    const { stdout: other } = await check(['--shard', '3/3', '--json']);
    writeFileSync(join(cli.folder, '3.json'), other);
    const mixed = await check(['--merge', ...shares]);
    expect(mixed.stderr).toContain('not of the same models, budgets and revision');
  });

  it('is read again only where a model changed', async () => {
    const first = await report();
    // Another file of the same content is the same model; what is remembered does not depend on limits.
    const memory = join(cli.folder, 'model-caliper', 'budgets');
    const count = readdirSync(memory).length;
    for (const name of readdirSync(memory)) utimesSync(join(memory, name), 1, 1);
    expect(await report()).toEqual(first);
    expect(readdirSync(memory)).toHaveLength(count);
    grow();
    expect(statuses(await report())[1]).toBe('models/b.onnx: over over unmeasured');
    for (const name of readdirSync(memory)) writeFileSync(join(memory, name), '{"version":');
    expect(statuses(await report())[1]).toBe('models/b.onnx: over over unmeasured');
  });

  it('ends with 1 for what cannot be checked, and with 2 for a mistake in the budgets', async () => {
    writeFileSync(join(root, 'models', 'damaged.onnx'), 'no model');
    const damaged = await check([]);
    expect(damaged.status).toBe(1);
    expect(damaged.stdout).toMatch(/^cannot be checked +models\/damaged\.onnx +model/m);
    writeFileSync(join(root, 'caliper.json'), CONFIG.replace('"10 kB"', '"10 kb"'));
    expect(await check([])).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^caliper: caliper\.json:7:19: expected bytes as a number.*\n$/),
    });
  });

  it('is checked in part where models are named', async () => {
    expect(statuses(await report(join(root, 'models', 'a.onnx')))).toEqual([
      'models/a.onnx: fits fits unmeasured',
    ]);
    writeProduct(join(root, 'other.onnx'), 20);
    const other = await check([join(root, 'other.onnx')]);
    expect([other.status, other.stdout]).toEqual([
      1,
      expect.stringContaining('no budget of caliper.json is for it.'),
    ]);
  });
});
