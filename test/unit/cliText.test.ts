import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { parseText } from '../../src/onnxtxt/parser';
import { makeModel, SAMPLE } from './support';

const bundle = resolve('out', `cli-text-test-${process.pid}`);
const cli = join(bundle, 'cli.js');
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-cli-text-'));
  await build({
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'sharp'],
    logLevel: 'error',
  });
});
afterAll(() => {
  rmSync(bundle, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

function activation(op: string): Uint8Array {
  const model = makeModel({
    name: 'g',
    input: [makeValueInfo('x', 'float32', ['N', 4])],
    output: [makeValueInfo('y', 'float32', ['N', 4])],
    node: [makeNode('Exp', ['x'], ['t']), makeNode(op, ['t'], ['y'], {}, { name: 'activation' })],
  });
  return toBinary(ModelProtoSchema, model);
}

const hasGit = spawnSync('git', ['--version']).status === 0;

describe('caliper text', () => {
  it('prints a text that can be read again, without colours', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'text', SAMPLE], {
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: '1' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('\u001b');
    const { model, places } = parseText(stdout);
    expect(places.problems).toEqual([]);
    expect([...model.graph.nodes]).toHaveLength(169);
  });

  it('ends quietly when nobody reads on', () => {
    const command = `"${process.execPath}" "${cli}" text "${SAMPLE}" | head -3`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toHaveLength(4);
  });

  it('says in one line what it cannot read', () => {
    const path = join(folder, 'no.onnx');
    writeFileSync(path, 'not a model');
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'text', path], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^caliper: [^\n]+\n$/);
  });

  it.skipIf(!hasGit)('lets git diff read models, as the README says', () => {
    const repository = mkdtempSync(join(folder, 'repository-'));
    // Whatever git is set up to do on this computer must not matter.
    const env = {
      ...process.env,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: join(folder, 'none'),
    };
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
        cwd: repository,
        env,
        encoding: 'utf8',
      });
    git('init', '-q');
    git('config', 'diff.caliper.textconv', `"${process.execPath}" "${cli}" text`);
    appendFileSync(join(repository, '.gitattributes'), '*.onnx diff=caliper\n');
    writeFileSync(join(repository, 'model.onnx'), activation('Relu'));
    copyFileSync(SAMPLE, join(repository, 'sample.onnx'));
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    writeFileSync(join(repository, 'model.onnx'), activation('Sigmoid'));
    const lines = git('diff', '--no-color').split('\n');
    expect(lines).toContain('-  [activation] y = Relu (t)');
    expect(lines).toContain('+  [activation] y = Sigmoid (t)');
    expect(lines.filter((line) => /^[-+] /.test(line))).toHaveLength(2);
  });
});
