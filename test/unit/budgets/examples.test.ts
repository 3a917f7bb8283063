import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseBudgets } from '../../../src/budgets/config';
import { BuiltCli } from '../builtCli';
import { gitIn } from '../support';
import { writeProduct } from './models';

/** Commands of the examples for continuous integration are run as they stand in the documents. */
const DOCUMENTS = ['README.md', 'docs/budgets.md'];

interface Command {
  readonly document: string;
  readonly line: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Fenced blocks of a language, as they stand. */
function fenced(document: string, language: string): string[] {
  const text = readFileSync(resolve(document), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block = '']) => block,
  );
}

/** The lines of an example that a shell gets, in their order: once for each share where jobs are numbered. */
function commandsOf(document: string, block: string): Command[] {
  const shares = Number(/^ +parallel: (\d+)$/m.exec(block)?.[1] ?? 0);
  const matrix = /matrix: \{ (\w+): \[([\d, ]+)\] \}/.exec(block);
  return [...block.matchAll(/^ +- (?:run: )?(caliper check .*)$/gm)].flatMap(([, line = '']): Command[] => {
    if (line.includes('$CI_NODE_INDEX'))
      return Array.from({ length: shares }, (_, at) => ({
        document,
        line,
        env: { CI_NODE_INDEX: String(at + 1), CI_NODE_TOTAL: String(shares) },
      }));
    const [, name = '', values = ''] = matrix ?? [];
    const variable = `\${{ matrix.${name} }}`;
    if (matrix === null || !line.includes(variable)) return [{ document, line, env: {} }];
    return values
      .split(',')
      .map((value) => ({ document, line: line.replaceAll(variable, value.trim()), env: {} }));
  });
}

const blocks = DOCUMENTS.flatMap((document) =>
  fenced(document, 'yaml')
    .filter((block) => block.includes('caliper check'))
    .map((block) => ({ document, block, commands: commandsOf(document, block) })),
);

const cli = new BuiltCli();
let root = '';

function run({ line, env }: Command): number | null {
  const path = `${join(cli.folder, 'bin')}${delimiter}${process.env['PATH']}`;
  const outside = {
    GITHUB_ACTIONS: '',
    GITHUB_WORKSPACE: '',
    CI_PROJECT_DIR: '',
    XDG_CACHE_HOME: cli.folder,
  };
  const { status, stderr } = spawnSync('sh', ['-c', line], {
    cwd: root,
    env: { ...process.env, ...outside, ...env, PATH: path },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return status;
}

beforeAll(() => {
  const bin = join(cli.folder, 'bin');
  mkdirSync(bin);
  const shim = join(bin, 'caliper');
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${cli.script}" "$@"\n`);
  chmodSync(shim, 0o755);
  root = join(cli.folder, 'repository');
});

beforeEach(() => {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  for (const name of ['a', 'b', 'c']) writeProduct(join(root, `${name}.onnx`), 20);
  writeFileSync(
    join(root, 'caliper.json'),
    '{ "budgets": [{ "models": "*.onnx", "fileSize": "10 kB", "maxGrowth": "2 %" }] }',
  );
  gitIn(root, 'init', '--quiet');
  gitIn(root, 'add', '--all');
  gitIn(root, 'commit', '--quiet', '-m', 'models');
  gitIn(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
});

describe.skipIf(process.platform === 'win32')('an example for continuous integration', () => {
  it('is there for GitHub Actions and GitLab', () => {
    const all = blocks.map(({ block }) => block).join('\n');
    expect(all).toContain('runs-on:');
    expect(all).toContain('$CI_NODE_INDEX');
    for (const { commands } of blocks) expect(commands).not.toEqual([]);
  });

  it.each(blocks)(
    'of $document is right while models fit, and ends with 3 once one has grown',
    ({ block, commands }) => {
      expect(commands.map(run)).toEqual(commands.map(() => 0));
      for (const [, file = ''] of block.matchAll(/(?:junit|sarif_file): ([\w.]+)/g))
        expect(existsSync(join(root, file)), file).toBe(true);
      rmSync(join(root, 'b.onnx'));
      writeProduct(join(root, 'b.onnx'), 40);
      expect(commands.map(run).at(-1)).toBe(3);
    },
  );

  it('of caliper.json is understood', () => {
    const examples = DOCUMENTS.flatMap((document) => fenced(document, 'jsonc'));
    expect(examples.length).toBeGreaterThan(0);
    for (const text of examples)
      expect(parseBudgets('/caliper.json', text).budgets.length).toBeGreaterThan(0);
  });
});
