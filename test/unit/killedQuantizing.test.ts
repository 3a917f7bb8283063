import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Plugin } from 'esbuild';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeScratch, removeScratch } from '../../src/files/scratch';
import { openModel } from '../../src/formats';
import type { ModelProto } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { seededRandom } from '../../src/runtime/random';
import { BuiltCli, type Ended } from './builtCli';
import { makeModel, SAMPLE, SAMPLE_TFLITE } from './support';

/*
 * The whole command, killed with all its processes at moments of a seed, and two of them at once. Where exactly a
 * process dies while it gives results their names is the subject of killedPlacing.test.ts.
 */

const SEED = Number(process.env['SEED'] ?? 1);

/** A message of protobuf ends at 2 GB, and larger models have their weights beside them; tests have no such models. */
const LIMIT = 400_000;
const smallMessages: Plugin = {
  name: 'small-messages',
  setup: (build) =>
    build.onLoad({ filter: /onnx\/writing\/writePlan\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace('MAX_MESSAGE_BYTES = 2 ** 31 - 1', `MAX_MESSAGE_BYTES = ${LIMIT}`);
      expect(contents).not.toBe(text);
      return { contents, loader: 'ts' };
    }),
};

const cli = new BuiltCli([smallMessages]);
const target = join(cli.folder, 'target');
/** What the command remembers. */
const memory = join(cli.folder, 'model-caliper');

beforeAll(() => {
  copyFileSync(SAMPLE, join(cli.folder, 'm.onnx'));
  writeModel(fewLayers(), join(cli.folder, 'few.onnx'));
  copyFileSync(SAMPLE_TFLITE, join(cli.folder, 'm.tflite'));
  cpSync(resolve('models/shapes_mobilenetv2.mlpackage'), join(cli.folder, 'm.mlpackage'), {
    recursive: true,
  });
});

beforeEach(() => {
  rmSync(target, { recursive: true, force: true });
  rmSync(memory, { recursive: true, force: true });
  mkdirSync(target);
});

/** A network that is searched in a second. */
function fewLayers(): ModelProto {
  const random = seededRandom(SEED);
  const weight = (name: string, dims: number[]) => {
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random() - 0.5);
    return makeFloatTensor(name, dims, values);
  };
  return makeModel({
    node: [
      makeNode('Conv', ['x', 'w1'], ['a']),
      makeNode('Relu', ['a'], ['b']),
      makeNode('Conv', ['b', 'w2'], ['c']),
      makeNode('Relu', ['c'], ['d']),
      makeNode('GlobalAveragePool', ['d'], ['e']),
      makeNode('Flatten', ['e'], ['f']),
      makeNode('Gemm', ['f', 'w3'], ['y']),
    ],
    initializer: [weight('w1', [16, 3, 3, 3]), weight('w2', [32, 16, 3, 3]), weight('w3', [32, 10])],
    input: [makeValueInfo('x', 'float32', [1, 3, 32, 32])],
    output: [makeValueInfo('y', 'float32', [1, 10])],
  });
}

interface Case {
  readonly name: string;
  readonly model: string;
  readonly args: readonly string[];
}

const quick = (recipe: string) => ['quantize', '--recipe', recipe, '--no-measure'];

const CASES: readonly Case[] = [
  { name: 'ONNX with weights beside it', model: 'm.onnx', args: quick('float16') },
  { name: 'TensorFlow Lite', model: 'm.tflite', args: quick('int8-weights') },
  { name: 'a Core ML package', model: 'm.mlpackage', args: quick('palette-4') },
  {
    name: 'a search',
    model: 'few.onnx',
    args: ['quantize', '--recipe', 'int8', '--runs', '3', '--time', '1'],
  },
];

function start({ model, args }: Case, ...more: string[]) {
  const [command = '', ...options] = args;
  return cli.start([command, model, '-o', join(target, model), ...options, ...more]);
}

/** Every file below a folder, with what it holds. */
function filesOf(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => !statSync(join(folder, name)).isDirectory());
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

/** Times that each command is killed. */
const ROUNDS = 3;

/** Temporary files beside results and in what is remembered. */
function strays(): string[] {
  return [target, memory].flatMap((folder) =>
    [...filesOf(folder).keys()].filter((name) => /(^|[/\\])\.caliper-/.test(name)),
  );
}

/** What every command does first. */
async function sweepAsStarted(): Promise<void> {
  vi.stubEnv('TMPDIR', cli.temporary);
  await removeScratch(await makeScratch());
  vi.unstubAllEnvs();
}

/** A start that is over soon: it has nothing to profile, but the child process of a job. */
async function startAgain(): Promise<void> {
  expect((await cli.start(['profile', 'none.onnx']).ended).status).toBe(1);
}

describe.skipIf(process.platform === 'win32')(`a command that is killed (seed ${SEED})`, () => {
  it.each(CASES)(
    'leaves nothing half, and nothing at all after the next start: $name',
    async (one) => {
      const random = seededRandom(SEED + CASES.indexOf(one));
      const began = performance.now();
      const whole = await start(one).ended;
      // A search may find that nothing is worth it; then there is only nothing to expect.
      expect(whole.status === 0 || one.args.includes('int8'), whole.stderr).toBe(true);
      const took = performance.now() - began;
      const expected = filesOf(target);
      for (let round = 0; round < ROUNDS; round++) {
        rmSync(target, { recursive: true });
        rmSync(memory, { recursive: true, force: true });
        mkdirSync(target);
        const { child, ended } = start(one);
        const moment = random() * took;
        await wait(moment);
        if (child.exitCode === null) process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
        await ended;
        const named = existsSync(join(target, one.model));
        // Each start is seconds of a process; that a process does it is seen once.
        await (round === 0 ? startAgain() : sweepAsStarted());
        const context = `killed after ${moment.toFixed(0)} of ${took.toFixed(0)} ms`;
        const files = filesOf(target);
        expect(strays(), context).toEqual([]);
        expect(readdirSync(cli.temporary), context).toEqual([]);
        if (named) expect(files.size, context).toBeGreaterThan(0);
        if (files.size > 0 && !one.args.includes('int8')) expect(files, context).toEqual(expected);
        if (files.size > 0) openModel(join(target, one.model)).close();
      }
    },
    240_000,
  );
});

describe('two commands at once on one model', () => {
  const both = (...jobs: readonly { ended: Promise<Ended> }[]) => Promise.all(jobs.map(({ ended }) => ended));

  it.each(CASES.slice(0, 3))(
    'give its name to one of them: $name',
    async (one) => {
      const ends = await both(start(one), start(one));
      expect(ends.map(({ status }) => status).sort()).toEqual([0, 1]);
      expect(ends.map(({ stderr }) => stderr).join('')).toMatch(/^caliper: .* exists already[^\n]*\.\n$/);
      openModel(join(target, one.model)).close();
      expect(strays()).toEqual([]);
      expect(readdirSync(cli.temporary)).toEqual([]);
    },
    60_000,
  );

  it('that may replace it never give the weights of one to the model of the other', async () => {
    const model = 'm.onnx';
    const results = new Map<string, Map<string, string>>();
    for (const recipe of ['float16', 'float32']) {
      await start({ name: '', model, args: quick(recipe) }, '--force').ended;
      results.set(recipe, filesOf(target));
    }
    await both(
      ...['float16', 'float32', 'float16', 'float32'].map((recipe) =>
        start({ name: '', model, args: quick(recipe) }, '--force'),
      ),
    );
    expect([...results.values()]).toContainEqual(filesOf(target));
    expect(readdirSync(cli.temporary)).toEqual([]);
  }, 60_000);

  it('remember one search, and a third one is given it', async () => {
    const args = ['search', 'few.onnx', '--runs', '3', '--time', '1', '--json'];
    const ends = await both(cli.start(args), cli.start(args));
    expect(ends.map(({ status }) => status)).toEqual([0, 0]);
    expect(strays()).toEqual([]);
    const searches = existsSync(join(memory, 'searches')) ? readdirSync(join(memory, 'searches')) : [];
    // A computer that is too busy to be measured on remembers nothing.
    expect(searches.length).toBeLessThanOrEqual(1);
    const third = JSON.parse((await cli.start(args).ended).stdout);
    if (searches.length === 1) expect(third.remembered).toBe(true);
  }, 120_000);
});
