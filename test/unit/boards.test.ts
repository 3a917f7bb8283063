import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema, StringStringEntryProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeNode, makeTensor, makeValueInfo } from '../../src/formats/onnx/writing/make';
import type { DevicesReport } from '../../src/protocol/devices';
import type { Comparison, ProfileReport } from '../../src/protocol/reports';
import { SshBoards, whyNoSshd } from '../devices/sshd';
import { BuiltCli, type Ended } from './builtCli';
import { makeModel, SAMPLE, SAMPLE_TFLITE } from './support';

/** The whole way from the command to boards and back, by a real ssh server on loopback. */
const cli = new BuiltCli();
/** `caliper` as it is installed with npm. */
const INSTALLED = `CALIPER_CALM_CLOCK=1 exec '${process.execPath}' '${cli.script}' "$@"`;
const WHOLE = JSON.stringify({ latency: { median_ms: 0.31, num_runs: 30 } });
const boards = new SshBoards({
  board: { caliper: INSTALLED },
  elsewhere: { 'my caliper': INSTALLED },
  litert: {
    'litert-benchmark': `for word; do case $word in --result_json=*) echo '${WHOLE}' > "\${word#*=}";; esac; done`,
  },
  bare: {},
  nodeless: { caliper: '#!/usr/bin/env node\nconsole.log("never");\n' },
  old: { caliper: 'echo 0.0.9' },
  strange: { caliper: 'if [ "$1" = --version ]; then echo 0.1.0; else echo "{}"; fi' },
  older: { caliper: 'if [ "$1" = --version ]; then echo 0.1.0; else echo \'{"version":0}\'; fi' },
  newer: { caliper: 'if [ "$1" = --version ]; then echo 9.1.0; else echo \'{"version":99}\'; fi' },
  slow: {
    caliper:
      'if [ "$1" = --version ]; then echo 0.1.0; else echo $$ > "$TMPDIR/../running"; exec sleep 1000; fi',
  },
  full: {
    caliper: 'if [ "$1" = --version ]; then echo 0.1.0; else echo "caliper: No space left." >&2; exit 1; fi',
  },
});

const env = () => ({ PATH: `${boards.bin}${delimiter}${process.env['PATH']}` });
const caliper = (...args: string[]): Promise<Ended> => cli.start(args, env()).ended;
/** Few runs: what comes back matters here, not how exact it is. */
const QUICK = ['--runs', '3'];

function noted(): string[] {
  const folder = join(cli.folder, 'model-caliper', 'left-on-devices');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe.skipIf(whyNoSshd !== null)(`boards by ssh${whyNoSshd === null ? '' : ` (${whyNoSshd})`}`, () => {
  beforeAll(() => boards.start());
  afterAll(() => boards.stop());

  it('are listed with what they are, or why not', async () => {
    const { stdout, status } = await caliper('devices', 'ssh:board', 'ssh:off', '--json');
    expect(status).toBe(0);
    const { devices } = JSON.parse(stdout) as DevicesReport;
    const [, board, off] = devices.filter(({ kind }) => kind !== 'adb');
    expect(board).toMatchObject({ id: 'ssh:board', kind: 'ssh', name: 'board', state: 'ready' });
    expect(board?.system).toBeTruthy();
    expect(board?.abi).toMatch(/x86_64|aarch64|arm64/);
    expect(off).toMatchObject({ id: 'ssh:off', state: 'unreachable' });
    expect(off?.problem).toContain('off refuses connections: start its ssh server');
  });

  it('profile a model with its layers, and keep nothing', async () => {
    const odd = join(cli.folder, "-it's $(odd); model.tflite");
    copyFileSync(SAMPLE_TFLITE, odd);
    const { stdout, stderr, status } = await caliper(
      'profile',
      '--device',
      'ssh:board',
      ...QUICK,
      '--json',
      '--',
      odd,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as ProfileReport;
    expect(report).toMatchObject({ file: odd, device: { id: 'ssh:board', kind: 'ssh' }, threads: 1 });
    expect(report.engine).toMatch(/LiteRT/);
    expect(report.layers).toHaveLength(69);
    expect(report.layers.some(({ medianMs }) => medianMs !== null)).toBe(true);
    expect(boards.left('board')).toEqual([]);
    expect(noted()).toEqual([]);
  });

  it('run a caliper that is elsewhere, with weights in files of their own', async () => {
    const model = modelWithWeightsBeside(cli.folder);
    const named = ['--remote-caliper', 'my caliper'];
    const { stdout, stderr } = await caliper(
      'profile',
      model,
      '--device',
      'ssh:elsewhere',
      ...named,
      ...QUICK,
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('beside.onnx on ONNX Runtime');
    expect(stdout).toMatch(/device +elsewhere \(ssh:elsewhere, /);
    expect(boards.left('elsewhere')).toEqual([]);
  });

  it('compare two models in turns there', async () => {
    const { stdout, stderr } = await caliper(
      'compare',
      SAMPLE,
      SAMPLE,
      '--device',
      'ssh:board',
      ...QUICK,
      '--json',
    );
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Comparison;
    expect(report.device).toMatchObject({ id: 'ssh:board' });
    expect(report.latencyMs?.before.median).toBeGreaterThan(0);
    expect(report.latencyMs?.speedup.ci95[0]).toBeLessThan(report.latencyMs?.speedup.ratio ?? 0);
    const timed = report.layers.filter(
      ({ before, after }) => before?.medianMs != null && after?.medianMs != null,
    );
    expect(timed.length).toBeGreaterThan(20);
    expect(boards.left('board')).toEqual([]);
  });

  it('measure what quantizing made', async () => {
    const output = join(cli.folder, 'there.onnx');
    const { stdout, stderr } = await caliper(
      'quantize',
      SAMPLE,
      '-o',
      output,
      '--recipe',
      'int8',
      '--data',
      resolve('models/shapes'),
      '--device',
      'ssh:board',
      ...QUICK,
      '--json',
    );
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Comparison;
    expect(report.device).toMatchObject({ id: 'ssh:board' });
    expect(report.latencyMs?.cleaned).toBeUndefined();
    expect(report.warnings.join(' ')).toContain('No layer was left in float for being slow');
    expect(existsSync(output)).toBe(true);
  });

  it('measure the whole by litert-benchmark where there is no caliper', async () => {
    const { stdout, stderr } = await caliper('profile', SAMPLE_TFLITE, '--device', 'ssh:litert', '--json');
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as ProfileReport;
    expect(report).toMatchObject({
      engine: 'LiteRT litert-benchmark',
      latencyMs: { median: 0.31, p90: null, runs: 7 * 30 },
    });
    expect(report.layers.every(({ medianMs }) => medianMs === null)).toBe(true);
    const onnx = await caliper('profile', SAMPLE, '--device', 'ssh:litert');
    expect(onnx.stderr).toContain('runs TensorFlow Lite models alone');
    expect(boards.left('litert')).toEqual([]);
  });

  it.each([
    ['refusing', /refusing refuses the login, since passwords are not asked for: set up a key/],
    ['changed', /The host key of changed has changed, so that it may be another computer/],
    ['unknown', /The host key of unknown is not known yet: try “ssh unknown” in a terminal once/],
    ['off', /off refuses connections: start its ssh server/],
    ['no-such-host.invalid', /There is no computer no-such-host\.invalid: check the name/],
    [
      'bare',
      /There is neither caliper nor litert-benchmark on bare: install caliper there, which needs Node 20\.19 or later \(there is no Node there\)/,
    ],
    ['nodeless', /There is no Node on nodeless, which caliper there needs: install Node 20\.19 or later/],
    ['old', /caliper 0\.0\.9 on old is too old: install the newer version there/],
    ['older', /caliper on older is too old for this one/],
    ['newer', /caliper on newer is newer than this one: install the newer version here/],
    ['strange', /strange answered with something that is no report/],
    ['full', /caliper failed on full: there is no space left; free some and repeat/],
  ])('say what to do: %s', async (board, sentence) => {
    const { stdout, stderr, status } = await caliper('profile', SAMPLE_TFLITE, '--device', `ssh:${board}`);
    expect(stdout).toBe('');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(1);
    expect(noted()).toEqual([]);
    if (existsSync(boards.path(`boards/${board}`))) expect(boards.left(board)).toEqual([]);
  });

  it.each(['-oProxyCommand=id', 'a b', 'a;id', '$(id)', 'user@-x y', ''])(
    'refuse the address %j',
    async (address) => {
      const { stderr, status } = await caliper('profile', SAMPLE_TFLITE, `--device=ssh:${address}`);
      expect(status).toBe(2);
      expect(stderr).toContain('is no address of a board');
    },
  );

  it('are left as they were after a cancel', async () => {
    const running = boards.path('boards/slow/running');
    const { child, ended } = cli.start(['profile', SAMPLE_TFLITE, '--device', 'ssh:slow'], env());
    await waitFor(() => existsSync(running) && readFileSync(running, 'utf8') !== '');
    const pid = Number(readFileSync(running, 'utf8'));
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    expect(boards.left('slow')).toEqual([]);
    expect(noted()).toEqual([]);
    await waitFor(() => !isRunning(pid));
  });

  it('lose what a killed process left there at the next connection', async () => {
    const notes = join(cli.folder, 'model-caliper', 'left-on-devices');
    const token = '0123456789abcdef';
    mkdirSync(notes, { recursive: true });
    // A process that cannot be: numbers end below that.
    writeFileSync(join(notes, `999999999_1-${token}`), 'ssh:board');
    mkdirSync(boards.path(`boards/board/tmp/caliper-${token}-AbCdEf`));
    mkdirSync(boards.path('boards/board/tmp/of-others'));
    await caliper('devices', 'ssh:board');
    expect(boards.left('board')).toEqual(['of-others']);
    expect(noted()).toEqual([]);
  });
});

/** A model whose only weight lies in another file, in a folder of its own. */
function modelWithWeightsBeside(folder: string): string {
  mkdirSync(join(folder, 'weights'));
  writeFileSync(join(folder, 'weights', 'w'), new Uint8Array(Float32Array.of(0, 1, 2, 3).buffer));
  const weight = makeTensor('w', 'float32', [4], new Uint8Array(0));
  weight.dataLocation = 1;
  weight.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: 'weights/w' })];
  const model = makeModel({
    input: [makeValueInfo('x', 'float32', [4])],
    output: [makeValueInfo('y', 'float32', [4])],
    initializer: [weight],
    node: [makeNode('Add', ['x', 'w'], ['y'])],
  });
  const path = join(folder, 'beside.onnx');
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return path;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitFor(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not happen within 30 s.');
}
