import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../src/formats';
import type { BudgetReport } from '../../src/protocol/budgets';
import { latencyConditions } from '../../src/protocol/deviceNames';
import type { DevicesReport } from '../../src/protocol/devices';
import type { Comparison, ModelsComparison, ProfileReport } from '../../src/protocol/reports';
import { summary } from '../../src/protocol/summary';
import { AdbStandIn, elf, operatorsCsv, SERIAL } from '../devices/standIn';
import { BuiltCli, type Ended } from './builtCli';
import { SAMPLE, SAMPLE_TFLITE } from './support';

/** The whole way from the command to a phone and back; what stands in for `adb` is `test/devices/adb.sh`. */
const cli = new BuiltCli();
const standIn = new AdbStandIn();
afterAll(() => standIn.remove());

const env = {
  PATH: `${standIn.bin}${delimiter}${process.env['PATH']}`,
  ANDROID_HOME: '',
  ANDROID_SDK_ROOT: '',
};
const caliper = (...args: string[]): Promise<Ended> => cli.start(args, env).ended;
const tool = ['--benchmark-model', standIn.benchmarkModel];

const file = openModel(SAMPLE_TFLITE);
const { nodes } = file.model.graph;
file.close();
/** Every operator by plain kernels, 0.1 ms each and more. */
const KERNELS = operatorsCsv(
  nodes.map(({ op, outputs }, index) => ({
    type: op,
    name: `[${outputs.join(', ')}]:${index}`,
    ms: 12 / nodes.length,
  })),
);
/** The first operator, and all others in a delegate. */
const DELEGATED = operatorsCsv([
  { type: 'PAD', name: `[${nodes[0]?.outputs[0]}]:0`, ms: 0.1 },
  { type: 'TfLiteXNNPackDelegate', name: `[${nodes.at(-1)?.outputs[0]}]:${nodes.length}`, ms: 11.9 },
]);

/** What is remembered of folders on devices. */
function noted(): string[] {
  const folder = join(cli.folder, 'model-caliper', 'left-on-devices');
  return existsSync(folder) ? readdirSync(folder) : [];
}

beforeEach(() => standIn.set({}));

describe('caliper devices', () => {
  it('lists this computer and phones with what they are', async () => {
    const { stdout, status } = await caliper('devices', '--json');
    expect(status).toBe(0);
    const { devices, problems } = JSON.parse(stdout) as DevicesReport;
    expect(problems).toEqual([]);
    expect(devices[0]).toMatchObject({ id: 'computer', kind: 'computer', state: 'ready', abi: process.arch });
    expect(devices[1]).toEqual({
      id: SERIAL,
      kind: 'adb',
      name: 'Pixel 8',
      model: 'Pixel 8',
      soc: 'Tensor G3',
      system: 'Android 16',
      abi: 'arm64-v8a',
      state: 'ready',
    });
    const table = await caliper('devices');
    expect(table.stdout).toMatch(/28121FDH2000AB +Pixel 8 +Tensor G3 +Android 16 +arm64-v8a +ready/);
  });

  it('says what to do with phones that cannot be used', async () => {
    standIn.set({
      devices: [
        { serial: 'A1', state: 'unauthorized' },
        { serial: 'B2', state: 'offline' },
      ],
    });
    const { stdout } = await caliper('devices');
    expect(stdout).toContain('A1 does not trust this computer yet: unlock it and allow USB debugging there.');
    expect(stdout).toContain('B2 is offline: plug it in again, or restart it.');
  });

  it('says how to get adb where there is none, and lists the rest', async () => {
    const bare = { ...env, PATH: cli.temporary };
    const { stdout, status } = await cli.start(['devices'], bare).ended;
    expect(status).toBe(0);
    expect(stdout).toContain('computer');
    expect(stdout).toContain(
      'adb, which reaches Android phones, was not found: install Android’s platform tools',
    );
  });
});

describe('caliper profile --device', () => {
  it('measures on the phone, and leaves it as it was', async () => {
    standIn.setOperators(KERNELS);
    const { stdout, stderr, status } = await caliper(
      'profile',
      SAMPLE_TFLITE,
      '--device',
      SERIAL,
      '--runs',
      '50',
      '--threads',
      '4',
      '--delegate',
      'cpu',
      ...tool,
      '--json',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as ProfileReport;
    expect(report).toMatchObject({
      file: SAMPLE_TFLITE,
      engine: 'LiteRT benchmark_model, CPU kernels',
      cpu: 'Tensor G3',
      threads: 4,
      inputs: 'random',
      device: { id: SERIAL, kind: 'adb', name: 'Pixel 8', system: 'Android 16' },
      conditions: {
        before: {
          batteryTemperature: 28.4,
          cpuTemperature: 45.2,
          frequencies: [1803, 2914],
          thermalStatus: 1,
        },
      },
    });
    // Seven starts of 12 ms, each up to 1.6 % more.
    expect(report.latencyMs.median).toBeGreaterThanOrEqual(12);
    expect(report.latencyMs.median).toBeLessThan(12.2);
    expect(report.latencyMs.ci95[0]).toBeLessThan(report.latencyMs.median);
    expect(report.latencyMs.p90).toBeNull();
    expect(report.layers).toHaveLength(nodes.length);
    const sum = report.layers.reduce((total, { medianMs }) => total + (medianMs ?? 0), 0);
    expect(sum).toBeCloseTo(report.latencyMs.median, 6);
    expect(report.profileFactor).toBeCloseTo(12 / report.latencyMs.median, 6);
    expect(standIn.left).toEqual([]);
    expect(noted()).toEqual([]);
    const lines = standIn.calls.filter((words) => words.includes('shell')).map((words) => words.at(-1) ?? '');
    const starts = lines.filter((line) => line.includes('exec'));
    expect(starts).toHaveLength(7 + 3);
    for (const line of starts) {
      expect(line).toMatch(
        /^echo \$\$ > (\/data\/local\/tmp\/caliper-[0-9a-f]{16})\/pid; exec \1\/benchmark_model --graph=\1\/0\.tflite --num_threads=4 --num_runs=50 .*--use_xnnpack=false/,
      );
    }
    expect(starts.filter((line) => line.includes('--enable_op_profiling=true'))).toHaveLength(3);
  });

  it('shows what a delegate runs as one row', async () => {
    standIn.setOperators(DELEGATED);
    const { stdout } = await caliper(
      'profile',
      SAMPLE_TFLITE,
      '--device',
      SERIAL,
      '--delegate',
      'gpu',
      ...tool,
      '--json',
    );
    const report = JSON.parse(stdout) as ProfileReport;
    expect(report.added).toMatchObject([{ op: 'TfLiteXNNPackDelegate' }]);
    expect(report.layers[0]?.medianMs).toBeGreaterThan(0);
    expect(report.layers[1]).toMatchObject({ medianMs: null, fusedInto: 'TfLiteXNNPackDelegate' });
    expect(report.notes?.join(' ')).toContain('partially executed by the delegate w/ 2 delegate kernels');
    expect(standIn.calls.flat().join(' ')).toContain('--use_gpu=true');
  });

  it('tells the tool of chosen sizes', async () => {
    const { stderr, status } = await caliper(
      'profile',
      SAMPLE_TFLITE,
      '--device',
      SERIAL,
      '--shape',
      `${file.model.graph.inputs[0]?.name}=1,96,96,3`,
      ...tool,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(standIn.calls.flat().join(' ')).toMatch(/--input_layer=\S+ --input_layer_shape=1,96,96,3 /);
  });

  it('gives limits on a phone what they ask for', async () => {
    const folder = join(cli.folder, 'limits');
    mkdirSync(folder, { recursive: true });
    copyFileSync(SAMPLE_TFLITE, join(folder, 'm.tflite'));
    const config = join(folder, 'caliper.json');
    const checked = async (latency: object) => {
      writeFileSync(config, JSON.stringify({ budgets: [{ models: 'm.tflite', latency }] }));
      const { stdout, stderr, status } = await caliper(
        'check',
        '--config',
        config,
        '--measure',
        ...tool,
        '--json',
      );
      expect(stderr).toBe('');
      const { models } = JSON.parse(stdout) as BudgetReport;
      return { status, limit: models[0]?.limits[0] };
    };
    // Seven starts of 12 ms, each up to 1.6 % more.
    const fits = await checked({ maxMs: 20, device: SERIAL });
    expect(fits).toMatchObject({
      status: 0,
      limit: { rule: 'latency', status: 'fits', unit: 'milliseconds' },
    });
    expect(fits.limit?.measured).toBeGreaterThanOrEqual(12);
    expect(fits.limit?.measured).toBeLessThan(12.2);
    const over = await checked({ maxMs: 10, device: SERIAL });
    expect(over).toMatchObject({ status: 3, limit: { status: 'over' } });
    // In turns with itself, it takes as long as itself.
    const turns = await checked({ max: '1.5×', reference: 'm.tflite', device: SERIAL });
    expect(turns).toMatchObject({ status: 0, limit: { status: 'fits' } });
    expect(standIn.calls.flat().join(' ')).toContain('--use_xnnpack=true');
    expect(standIn.left).toEqual([]);
    standIn.set({ devices: [] });
    const gone = await checked({ maxMs: 20, device: SERIAL });
    expect(gone.limit).toMatchObject({ status: 'unknown', measured: null });
    expect(gone.limit?.reason).toMatch(/is not connected to adb: plug it in/);
    expect(noted()).toEqual([]);
  });

  const refuses = async (settings: Parameters<AdbStandIn['set']>[0], args: string[]) => {
    standIn.set(settings);
    const ended = await caliper('profile', SAMPLE_TFLITE, ...args);
    expect(ended.stdout).toBe('');
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(standIn.left).toEqual([]);
    return ended;
  };
  const phone = ['--device', SERIAL, ...tool];

  it.each([
    ['no device', { devices: [] }, phone, /The device 28121FDH2000AB is not connected to adb: plug it in/],
    [
      'an unauthorized one',
      { devices: [{ serial: SERIAL, state: 'unauthorized' }] },
      phone,
      /allow USB debugging/,
    ],
    [
      'one that is offline',
      { devices: [{ serial: SERIAL, state: 'offline' }] },
      phone,
      /is offline: plug it in again/,
    ],
    [
      'two and none named',
      { devices: [SERIAL, 'B2'].map((serial) => ({ serial, state: 'device' })) },
      ['--device', 'adb', ...tool],
      /Several devices are connected \(28121FDH2000AB, B2\): name one by --device\./,
    ],
    ['a full disk', { failure: 'space' }, phone, /there is no space left in \/data/],
    ['a tool that does not run there', { failure: 'abi' }, phone, /built for another ABI/],
    ['a phone of another ABI', { abi: 'x86_64' }, phone, /is built for arm64-v8a, and Pixel 8 runs x86_64/],
    [
      'a model that the tool cannot run',
      { failure: 'model' },
      phone,
      /Didn't find op for builtin opcode 'CONV_2D'/,
    ],
    [
      'a tool without the delegate',
      { unknown: '--use_nnapi=true' },
      [...phone, '--delegate', 'nnapi'],
      /knows no NNAPI/,
    ],
  ] as const)('says what to do about %s', async (_, settings, args, sentence) => {
    const { stderr, status } = await refuses(settings as never, [...args]);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(/Several/.test(stderr) ? 2 : 1);
  });

  it('says how to get benchmark_model where it is missing, or what is no such program', async () => {
    const home = join(cli.folder, 'home');
    mkdirSync(home, { recursive: true });
    const missing = await cli.start(['profile', SAMPLE_TFLITE, '--device', SERIAL], { ...env, HOME: home })
      .ended;
    expect(missing.stderr).toMatch(
      /LiteRT’s benchmark_model, which measures on a phone, is not here: get Google’s prebuilt one/,
    );
    const text = await caliper('profile', SAMPLE_TFLITE, '--device', SERIAL, '--benchmark-model', SAMPLE);
    expect(text.stderr).toContain('is no program for Android');
  });

  it('takes the tool that Google’s command keeps, and prints the device and how warm it was', async () => {
    const home = join(cli.folder, 'other-home');
    const cache = join(home, '.cache', 'litert-cli', 'binaries', 'arm64-v8a');
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, 'benchmark_model'), elf(183), { mode: 0o755 });
    const { stdout, status } = await cli.start(['profile', SAMPLE_TFLITE, '--device', 'adb'], {
      ...env,
      HOME: home,
    }).ended;
    expect(stdout).toContain('shapes_mobilenetv2.tflite on LiteRT benchmark_model, XNNPACK');
    expect(stdout).toContain('Pixel 8 (28121FDH2000AB, Tensor G3, Android 16)');
    expect(stdout).toContain('battery 28.4 → 28.4 °C, CPU 45.2 → 45.2 °C, fastest core 2914 → 2914 MHz');
    expect(stdout).toContain('the phone slows itself down because it is hot');
    expect(status).toBe(0);
  });

  it('refuses what a phone cannot run, and serials that are options', async () => {
    const onnx = await caliper('profile', SAMPLE, '--device', SERIAL, ...tool);
    expect(onnx.stderr).toContain('benchmark_model runs TensorFlow Lite models alone, and this is ONNX');
    const option = await caliper('profile', SAMPLE_TFLITE, '--device=-e', ...tool);
    expect(option.stderr).toContain('“-e” is no serial number');
    expect(option.status).toBe(2);
    const here = await caliper('profile', SAMPLE_TFLITE, '--delegate', 'gpu');
    expect(here.stderr).toContain('--delegate says what runs a model on an Android phone');
  });

  it('removes what an unplugged phone kept when it is back', async () => {
    standIn.set({ failure: 'unplug' });
    const { stderr } = await caliper('profile', SAMPLE_TFLITE, ...phone);
    expect(stderr).toMatch(/Pixel 8 was unplugged while it was measured: connect it again and repeat/);
    expect(standIn.left).toHaveLength(1);
    expect(noted()).toHaveLength(1);
    standIn.plugIn();
    await caliper('devices');
    expect(standIn.left).toEqual([]);
    expect(noted()).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends the tool and removes everything at %s', async (signal) => {
    standIn.set({ failure: 'hang' });
    const { child, ended } = cli.start(['profile', SAMPLE_TFLITE, ...phone], env);
    await waitFor(() => existsSync(standIn.file('running')));
    child.kill(signal);
    const { status } = await ended;
    expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(standIn.left).toEqual([]);
    expect(noted()).toEqual([]);
    expect(existsSync(standIn.file('killed'))).toBe(true);
  });

  it('removes everything when the command itself is killed', async () => {
    standIn.set({ failure: 'hang' });
    const { child, ended } = cli.start(['profile', SAMPLE_TFLITE, ...phone], env);
    await waitFor(() => existsSync(standIn.file('running')));
    child.kill('SIGKILL');
    await ended;
    // The child process learns that nobody waits any more.
    await waitFor(() => standIn.left.length === 0 && noted().length === 0);
  });
});

// Each starts the tool twenty times and more.
describe('caliper compare --device', { timeout: 180_000 }, () => {
  it('measures both in turns on the phone, and accuracy here', async () => {
    standIn.setOperators(KERNELS);
    const { stdout, stderr, status } = await caliper(
      'compare',
      SAMPLE_TFLITE,
      SAMPLE_TFLITE,
      '--device',
      SERIAL,
      ...tool,
      '--json',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Comparison;
    expect(report.device).toMatchObject({
      id: SERIAL,
      name: 'Pixel 8',
      engine: 'LiteRT benchmark_model, XNNPACK',
      threads: 1,
    });
    expect(report.engine).not.toContain('benchmark_model');
    expect(report.accuracy?.identical).toBe(true);
    expect(report.latencyMs?.speedup.ratio).toBeCloseTo(1.5, 1);
    expect(report.latencyMs?.speedup.verdict).toBe('faster');
    expect(report.layers[0]?.before?.medianMs).toBeGreaterThan(0);
    const order = standIn.calls
      .map(
        (words) =>
          /--graph=\S+\/(\d)\.tflite.*false/.exec(words.at(-1) ?? '') ??
          /--graph=\S+\/(\d)\.tflite/.exec(words.at(-1) ?? ''),
      )
      .flatMap((match, index) =>
        match === null || standIn.calls[index]?.at(-1)?.includes('op_profiling') ? [] : [match[1]],
      );
    expect(order.join('')).toBe('01100110011001');
  });

  it('measures three in turns, each against the first, and says in words where', async () => {
    const models = [SAMPLE_TFLITE, SAMPLE_TFLITE, SAMPLE_TFLITE];
    const { stdout } = await caliper('compare', ...models, '--device', SERIAL, ...tool, '--json');
    const report = JSON.parse(stdout) as ModelsComparison;
    const ratios = [report, ...(report.others ?? [])].map(({ latencyMs }) => latencyMs?.speedup.ratio ?? 0);
    expect(ratios).toHaveLength(2);
    expect(ratios[0]).toBeCloseTo(1.5, 1);
    expect(ratios[1]).toBeCloseTo(2, 1);
    expect(summary(report)).toMatch(/faster on Pixel 8 \(/);
    expect(latencyConditions(report)).toBe(
      'latency on Pixel 8, Tensor G3, Android 16: LiteRT benchmark_model, XNNPACK, 1 thread',
    );
  });

  it('does not fall back to files where the device fails', async () => {
    standIn.set({ devices: [] });
    const { stderr, status } = await caliper(
      'compare',
      SAMPLE_TFLITE,
      SAMPLE_TFLITE,
      '--device',
      SERIAL,
      ...tool,
    );
    expect(status).toBe(1);
    expect(stderr).toContain('is not connected to adb');
  });
});

describe('caliper quantize --device', () => {
  it('says that a phone cannot run what it makes', async () => {
    const output = join(cli.folder, 'small.onnx');
    const { stderr, status } = await caliper(
      'quantize',
      SAMPLE,
      '-o',
      output,
      '--recipe',
      'int8-dynamic',
      '--device',
      SERIAL,
      ...tool,
    );
    expect(status).toBe(1);
    expect(stderr).toContain('benchmark_model runs TensorFlow Lite models alone');
    expect(existsSync(output)).toBe(false);
  });
});

const REAL = '/usr/bin/adb';
const whyNoAdb = existsSync(REAL) ? '' : ' (skipped: adb is not installed)';

describe.skipIf(whyNoAdb !== '')(`Debian’s adb${whyNoAdb}`, () => {
  // A server of the test's own, which is stopped again.
  const real = { ...env, PATH: `/usr/bin${delimiter}${env.PATH}`, ANDROID_ADB_SERVER_PORT: '25037' };
  afterAll(() => execFileSync(REAL, ['kill-server'], { env: { ...process.env, ...real } }));

  it('lists what is there', async () => {
    const { stdout, status } = await cli.start(['devices', '--json', '--adb', REAL], real).ended;
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as DevicesReport;
    expect(report.problems).toEqual([]);
    expect(report.devices.every(({ kind }) => kind === 'computer' || kind === 'adb')).toBe(true);
  });

  it('says that a phone is not connected', async () => {
    const { stderr, status } = await cli.start(
      ['profile', SAMPLE_TFLITE, '--device', 'no-such-phone', '--adb', REAL],
      real,
    ).ended;
    expect(stderr).toMatch(
      /^caliper: The device no-such-phone is not connected to adb.*: plug it in, and allow USB debugging in its developer options\.\n$/,
    );
    expect(status).toBe(1);
  });
});

async function waitFor(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It did not happen within 30 s.');
}
