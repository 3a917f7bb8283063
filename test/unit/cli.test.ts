import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/formats/index';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import type { ImportedProfile } from '../../src/protocol/imported';
import { log, nodeRow, tables } from './benchmarkOutput';
import { parseCsv } from './parseCsv';
import { makeModel, SAMPLE_TFLITE } from './support';

/** The whole command as a process: bundled as it is shipped, into a folder that finds the native packages. */
const bundle = resolve('out', `cli-test-${process.pid}`);
const sample = resolve('models/shapes_mobilenetv2.onnx');
const images = resolve('models/shapes');
let folder: string;
/** Where the command keeps what is temporary. */
let temporary: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-cli-'));
  temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  await build({
    entryPoints: { cli: 'src/cli/main.ts', worker: 'src/jobs/worker.ts' },
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

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function start(args: string[], program = bundle): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(program, 'cli.js'), ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder },
  });
  const ended = new Promise<Ended>((done) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
  return { child, ended };
}

const caliper = (...args: string[]): Promise<Ended> => start(args).ended;

/** A NumPy file with one row of float32. */
function npy(row: number[]): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${row.length}), }`.padEnd(117);
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  return Buffer.concat([prefix, Buffer.from(`${header}\n`), Buffer.from(Float32Array.from(row).buffer)]);
}

/** Runs a command for its JSON, of which every field must be documented. */
async function json<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await caliper(...args, '--json');
  expect([status, stderr]).toEqual([0, '']);
  const documentation = readFileSync('docs/json.md', 'utf8');
  const undocumented = new Set<string>();
  const report = JSON.parse(stdout, function (this: unknown, key, value) {
    const isField = !Array.isArray(this) && key !== '' && !/^(N|float32)$/.test(key);
    if (isField && !new RegExp(`\\b${key}\\b`).test(documentation)) undocumented.add(key);
    return value;
  });
  expect([...undocumented]).toEqual([]);
  return report;
}

/** One line on stderr that begins with the command's name, nothing on stdout. */
function expectError({ status, stdout, stderr }: Ended, expected: number, message: RegExp): void {
  expect({ status, stdout }, stderr).toEqual({ status: expected, stdout: '' });
  expect(stderr).toMatch(/^caliper: [^\n]+\n$/);
  expect(stderr).toMatch(message);
}

describe('caliper', () => {
  it('explains itself', async () => {
    const { status, stdout } = await caliper('--help');
    expect(status).toBe(0);
    for (const command of ['inspect', 'profile', 'quantize', 'compare', 'check', 'report', 'completion']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    }
    const help = await caliper('quantize', '--help');
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('Examples:')]);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect((await caliper('--version')).stdout).toBe(`${version}\n`);
  });

  it.each([
    [['frobnicate'], /unknown command/],
    [[], /Usage: caliper/],
    [['compare', sample], /missing required argument/],
    [['check', sample], /There is no caliper\.json in this folder or around it/],
    [['check', sample, '--target', 'nowhere'], /Allowed choices are mlkit/],
    [['inspect', sample, '--json', '--csv'], /cannot be used with/],
    [['inspect', sample, '--dim', 'N'], /NAME=VALUE/],
    [['inspect', sample, '--shape', 'image=1,-3,96,96'], /whole number/],
    [['profile', sample, '--threads', '0'], /whole number from 1/],
    [['profile', sample, '--mean', '1,2'], /three/],
    [['profile', sample, '--name', 'Pixel 8'], /--name says what the device of --import is called/],
    [['profile', sample, '--import', 'a.txt', '--trace', 'b.json'], /cannot be used with/],
    [['quantize', sample, '--recipe', 'int3'], /Allowed choices/],
  ])('answers %j as wrong usage', async (args, message) => {
    const { status, stdout, stderr } = await caliper(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('lays what was measured elsewhere over the model, and runs nothing', async () => {
    const measured = join(folder, 'benchmark.txt');
    const model = openModel(SAMPLE_TFLITE);
    const { graph, fileBytes } = model.model;
    model.close();
    writeFileSync(measured, log(fileBytes) + tables(graph.nodes.map(nodeRow), 'plain'));
    const options = ['profile', SAMPLE_TFLITE, '--import', measured, '--name', 'Pixel 8'];
    const report = await json<ImportedProfile>(...options);
    expect(report).toMatchObject({ device: { kind: 'imported', name: 'Pixel 8' }, unattributed: 0 });
    const { stdout } = await caliper(...options);
    expect(stdout).toContain('15.5 ms, average');
    expect(stdout).toMatch(/functional_1\/add_1\/Add +ADD +0\.012 ms/);
    const [heading = [], ...lines] = parseCsv((await caliper(...options, '--csv')).stdout);
    expect(heading[2]).toBe('latency_ms');
    expect(lines.map((line) => Number(line[2]))).toEqual(report.layers.map(({ ms }) => ms));
    expectError(await caliper('profile', sample, '--import', measured), 1, /does not run ONNX files/);
    expectError(await caliper('profile', sample, '--import', 'nothing.txt'), 1, /nothing\.txt/);
  });

  it.each([
    ['inspect', 'empty.onnx'],
    ['inspect', 'text.onnx'],
    ['inspect', 'cut.onnx'],
    ['inspect', 'folder.onnx'],
    ['inspect', 'missing.onnx'],
    ['profile', 'cut.onnx'],
    ['quantize', 'missing.onnx'],
  ])('%s %s is an error in one line', async (command, file) => {
    writeFileSync(join(folder, 'empty.onnx'), '');
    writeFileSync(join(folder, 'text.onnx'), 'this is not a model\n'.repeat(20));
    writeFileSync(join(folder, 'cut.onnx'), readFileSync(sample).subarray(0, 100_000));
    mkdirSync(join(folder, 'folder.onnx'), { recursive: true });
    const ended = await caliper(command, file);
    expectError(ended, 1, new RegExp(file));
    expect(ended.stderr).not.toMatch(/crash|inside the program/);
  });

  it.each(['profile', 'quantize', 'compare'])(
    'says which node and byte the job of %s failed at',
    async (command) => {
      // The same command with a worker that fails at once.
      const faked = join(bundle, command);
      mkdirSync(faked);
      copyFileSync(join(bundle, 'cli.js'), join(faked, 'cli.js'));
      const error = {
        kind: 'check',
        message: 'It is damaged.',
        file: '/models/w.bin',
        node: 'conv 7',
        offset: 1234,
      };
      writeFileSync(
        join(faked, 'worker.js'),
        `process.once('message', ({ id }) =>
        process.send({ type: 'response', id, ok: false, error: ${JSON.stringify(error)} }, () => process.exit(0)));`,
      );
      const files = { profile: [], quantize: ['-o', 'never.onnx'], compare: [sample] }[command] ?? [];
      const ended = await start([command, sample, ...files], faked).ended;
      expectError(ended, 3, /^caliper: It is damaged\. \(\/models\/w\.bin, node conv 7, byte 1234\)$/m);
    },
  );
});

interface Inspected {
  dims: Record<string, { value: number; assumed: boolean }>;
  inputs: { name: string; type: string; shape: number[]; declaredShape: (number | string)[] }[];
  totals: { layers: number; macs: number };
  layers: { name: string; op: string; parameters: number; macs: number; outputs: { shape: number[] }[] }[];
}

describe('caliper inspect', () => {
  it('prints the contract as JSON', async () => {
    const report = await json<Inspected>('inspect', sample);
    expect(report).toMatchObject({
      version: 1,
      format: 'onnx',
      file: sample,
      fileBytes: readFileSync(sample).length,
      externalBytes: 0,
      inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 96, 96], declaredShape: ['N', 3, 96, 96] }],
      outputs: [{ name: 'logits', type: 'float32', shape: [1, 10] }],
      dims: { N: { value: 1, assumed: true } },
      problems: [],
    });
    expect(Object.keys(report.totals)).toEqual(
      expect.arrayContaining([
        'layers',
        'nodesWithSubgraphs',
        'initializerElements',
        'parameters',
        'parameterBytes',
        'activationBytes',
        'peakActivationBytes',
        'macs',
      ]),
    );
    expect(report.layers).toHaveLength(report.totals.layers);
    for (const layer of report.layers) {
      expect(layer).toEqual(
        expect.objectContaining({
          name: expect.any(String),
          op: expect.any(String),
          parameters: expect.any(Number),
          parameterBytes: expect.any(Number),
          activationBytes: expect.any(Number),
          macs: expect.any(Number),
        }),
      );
    }
    expect(report.layers.reduce((sum, { macs }) => sum + macs, 0)).toBe(report.totals.macs);
  });

  it('takes values of dimensions and shapes of inputs', async () => {
    const one = await json<Inspected>('inspect', sample);
    const two = await json<Inspected>('inspect', sample, '--dim', 'N=2');
    expect(two.dims).toEqual({ N: { value: 2, assumed: false } });
    expect(two.totals.macs).toBe(2 * one.totals.macs);
    const shaped = await json<Inspected>('inspect', sample, '--shape', 'image=2,3,96,96');
    expect(shaped.totals).toEqual(two.totals);
  });

  it('prints layers as CSV', async () => {
    const report = await json<Inspected>('inspect', sample);
    const { stdout } = await caliper('inspect', sample, '--csv');
    const [heading, ...rows] = parseCsv(stdout);
    expect(heading).toEqual(expect.arrayContaining(['name', 'op', 'parameters', 'macs']));
    expect(rows.map((row) => row[0])).toEqual(report.layers.map(({ name }) => name));
    const macs = heading?.indexOf('macs') ?? -1;
    expect(rows.map((row) => Number(row[macs]))).toEqual(report.layers.map((layer) => layer.macs));
  });

  it('prints a table with what was assumed', async () => {
    const { stdout, stderr, status } = await caliper('inspect', sample);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^shapes_mobilenetv2\.onnx: ONNX, 1\.64 MB\n/);
    expect(stdout).toMatch(/^layer +operator +output/m);
    expect(stdout).toMatch(/^total /m);
    expect(stdout).toContain('--dim N=VALUE');
  });

  it('says which default of the model was used, not that it was assumed', async () => {
    const { stdout } = await caliper('inspect', resolve('test/trials/coreml/enumerated_shapes.mlpackage'));
    expect(stdout).toContain('Dimension x[2] has no value, default 25 used');
    expect(stdout).toContain('Dimension x[3] has no value, default 20 used');
    expect(stdout).not.toContain('assumed');
  });

  it('says what a total is at least where a part is unknown', async () => {
    const model = makeModel({
      name: 'unknown',
      node: [
        makeNode('MatMul', ['x', 'w'], ['a']),
        makeNode('ATen', ['a'], ['b'], { operator: 'anything' }),
        makeNode('MatMul', ['b', 'w'], ['c']),
      ],
      input: [makeValueInfo('x', 'float32', [2, 3])],
      initializer: [makeFloatTensor('w', [3, 3], new Array(9).fill(1))],
      output: [makeValueInfo('b', 'float32', ['n', 'm'])],
    });
    writeFileSync(join(folder, 'unknown.onnx'), toBinary(ModelProtoSchema, model));
    const { stdout } = await caliper('inspect', 'unknown.onnx');
    expect(stdout).toMatch(/^MACs +at least 18, not all is known$/m);
    expect(stdout).toMatch(/^activations +at least 24 B, not all is known$/m);
    // x and a at the first product.
    expect(stdout).toMatch(/^peak memory +at least 48 B, not all is known$/m);
    expect(stdout).toMatch(/^total .*9 +36 B +≥ 24 B +≥ 18$/m);
  });

  it('does not let a file control the terminal', async () => {
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'g',
        input: [makeValueInfo('x', 'float32', [1])],
        output: [makeValueInfo('y\x1b[2J', 'float32', [1])],
        node: [makeNode('Relu', ['x'], ['y\x1b[2J'], {}, { name: '\x1b]0;title\x07\n' })],
      },
    });
    writeFileSync(join(folder, 'hostile.onnx'), toBinary(ModelProtoSchema, model));
    const { status, stdout } = await caliper('inspect', 'hostile.onnx');
    expect(status).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });

  it('loads neither the engine nor the image decoder', () => {
    const reached = new Set<string>();
    const native = /require\("(onnxruntime-node|sharp)"\)/g;
    for (const [, name] of readFileSync(join(bundle, 'cli.js'), 'utf8').matchAll(native))
      reached.add(name ?? '');
    expect([...reached]).toEqual([]);
  });
});

describe('caliper check', () => {
  it('ends with 3 when a rule fails, which both outputs name', async () => {
    const text = await caliper('check', sample, '--target', 'mlkit');
    expect([text.status, text.stderr]).toEqual([3, '']);
    expect(text.stdout).toMatch(/^fail +format +TensorFlow Lite file +It is a file of ONNX\.$/m);
    expect(text.stdout).toContain('format: Convert the model to TensorFlow Lite.');
    const json = await caliper('check', sample, '--target', 'mlkit', '--json');
    expect([json.status, json.stderr]).toEqual([3, '']);
    const { rules, ...rest } = JSON.parse(json.stdout);
    expect(rest).toEqual({
      version: 1,
      file: sample,
      target: 'mlkit',
      targetName: 'ML Kit custom classifier',
    });
    expect(rules[0]).toEqual({
      rule: 'format',
      title: 'TensorFlow Lite file',
      status: 'fail',
      reason: 'It is a file of ONNX.',
      fix: 'Convert the model to TensorFlow Lite.',
    });
  });

  const labeler = resolve('../shared/models/tflite/mlkit_object_labeler.tflite');
  it.skipIf(!existsSync(labeler))('ends with 0 when none fails (../shared/models)', async () => {
    const { rules } = (await json('check', labeler, '--target', 'mlkit')) as { rules: { status: string }[] };
    expect(new Set(rules.map(({ status }) => status))).toEqual(new Set(['pass']));
  });

  it('ends with 1 for what is no model', async () => {
    expectError(await caliper('check', 'nothing.tflite', '--target', 'mlkit'), 1, /no such file/);
  });
});

describe('caliper profile', () => {
  it('prints the contract as JSON, with every layer attributed', async () => {
    const report = await json<{ layers: { name: string; medianMs: number | null; fusedInto?: string }[] }>(
      'profile',
      sample,
      '--runs',
      '1',
      '--trace',
      'trace.json',
    );
    expect(report).toMatchObject({
      version: 1,
      engine: expect.stringMatching(/^ONNX Runtime \d/),
      cpu: expect.any(String),
      threads: 1,
      runs: expect.any(Number),
      latencyMs: {
        median: expect.any(Number),
        p90: expect.any(Number),
        ci95: [expect.any(Number), expect.any(Number)],
      },
      profileFactor: expect.any(Number),
      added: expect.any(Array),
    });
    const { totals } = await json<Inspected>('inspect', sample);
    expect(report.layers).toHaveLength(totals.layers);
    for (const layer of report.layers) expect(layer.medianMs ?? layer.fusedInto, layer.name).toBeTruthy();
    expect(JSON.parse(readFileSync(join(folder, 'trace.json'), 'utf8'))).toBeTruthy();
  });
});

interface Compared {
  bytes: { before: number; after: number };
  accuracy: { samples: number; top1?: { before: number; after: number } };
  layers: object[];
}

describe('caliper search', () => {
  interface Searched {
    subject: string;
    chosen: string;
    headline: string;
    output: string | null;
    remembered?: true;
    candidates: { id: string; bytes: number; latencyMs: unknown; accuracy: { samples: number } | null }[];
  }
  /** Of every class so many. */
  const IMAGES = 3;
  const data = () => [
    ...['--data', join(images, 'calibration'), '--validate', 'labelled', '--time', '20'],
    ...['--mean', '0.5', '--std', '0.5', '--calibration-samples', '12'],
    ...['--activations', 'uint8', '--runs', '5'],
  ];
  let classes = 0;

  beforeAll(() => {
    for (const name of readdirSync(join(images, 'validation'))) {
      classes++;
      mkdirSync(join(folder, 'labelled', name), { recursive: true });
      for (const image of readdirSync(join(images, 'validation', name)).slice(0, IMAGES))
        copyFileSync(join(images, 'validation', name, image), join(folder, 'labelled', name, image));
    }
  });

  it('finds candidates, writes the chosen one, and repeats nothing the second time', async () => {
    const args = [sample, ...data(), '--max-loss', '5', '-o', 'chosen.onnx'];
    const first = await json<Searched>('search', ...args);
    expect(first.candidates.slice(0, 3).map(({ id }) => id)).toEqual(['float', 'cleaned', 'int8-all']);
    expect(first.candidates.length).toBeGreaterThanOrEqual(3);
    expect(first.candidates.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(first.candidates.map(({ accuracy }) => accuracy?.samples ?? null)).toEqual([
      null,
      ...first.candidates.slice(1).map(() => classes * IMAGES),
    ]);
    if (first.chosen === 'cleaned') expect(existsSync(join(folder, 'chosen.onnx'))).toBe(false);
    else {
      const chosen = first.candidates.find(({ id }) => id === first.chosen);
      expect(readFileSync(join(folder, 'chosen.onnx')).length).toBe(chosen?.bytes);
    }
    const again = await json<Searched>('search', ...args, '--force');
    expect(again).toEqual({ ...first, remembered: true });
    const other = await caliper('search', ...args);
    expectError(other, 1, /chosen\.onnx exists/);
  }, 900_000);

  it('is shared by machines, and merged', async () => {
    const parts = ['1/2', '2/2'].map((share) => [sample, ...data(), '--shard', share]);
    const reports: Searched[] = [];
    for (const args of parts) reports.push(await json<Searched>('search', ...args));
    for (const [index, report] of reports.entries())
      writeFileSync(join(folder, `part${index}.json`), JSON.stringify(report));
    const merged = await json<Searched>('search', '--merge', 'part0.json', 'part1.json');
    const ids = (report: Searched) => report.candidates.map(({ id }) => id);
    const own = reports.map((report) => ids(report).filter((id) => id !== 'float' && id !== 'cleaned'));
    expect(new Set(own.flat()).size).toBe(own.flat().length);
    expect([...ids(merged)].sort()).toEqual(['float', 'cleaned', ...own.flat()].sort());
    expect(ids(merged)).toContain(merged.chosen);
    const text = await caliper('search', '--merge', 'part0.json', 'part1.json');
    expect(text.stdout).toContain(merged.headline);
    const { subject: _, ...broken } = merged;
    writeFileSync(join(folder, 'broken.json'), JSON.stringify(broken));
    writeFileSync(join(folder, 'foreign.json'), JSON.stringify({ ...merged, subject: 'another model' }));
    expectError(await caliper('search', '--merge', 'broken.json'), 1, /no report of a search/);
    expectError(await caliper('search', '--merge', 'part0.json', 'foreign.json'), 1, /not of the same model/);
  }, 900_000);

  it.each([
    [['--shard', '3/2'], /expected I\/N/],
    [['--max-loss', '101'], /from 0 to 100/],
    [['second.onnx'], /Give one model/],
    [['--merge', '-o', 'x.onnx'], /Reports hold no models/],
  ])('refuses %j', async (args, message) => {
    writeFileSync(
      join(folder, 'report.json'),
      JSON.stringify({ subject: '', candidates: [], measure: 'SQNR' }),
    );
    const first = args[0] === '--merge' ? 'report.json' : sample;
    expectError(await caliper('search', first, ...args), 2, message);
  });
});

describe('caliper quantize and compare', () => {
  const data = ['--preset', 'half', '--no-measure'];

  it('write a smaller model, and show what changed', async () => {
    const args = ['--data', join(images, 'calibration'), '--validate', join(images, 'validation'), ...data];
    const made = await json<Compared>('quantize', sample, '-o', 'small.onnx', ...args);
    expect(made).toMatchObject({
      version: 1,
      input: sample,
      output: 'small.onnx',
      recipe: 'int8',
      bytes: { before: readFileSync(sample).length, after: readFileSync(join(folder, 'small.onnx')).length },
      latencyMs: null,
      accuracy: { samples: 200, top1: { before: 0.97 } },
    });
    expect(made.bytes.after).toBeLessThan(made.bytes.before / 2);
    expect(made.accuracy.top1?.after).toBeGreaterThanOrEqual(0.96);

    const again = await caliper('quantize', sample, '-o', 'small.onnx', ...args);
    expectError(again, 1, /small\.onnx.*--force/);

    const compared = await json<Compared>(
      'compare',
      sample,
      'small.onnx',
      '--data',
      join(images, 'validation'),
      ...data,
    );
    expect(compared.bytes).toEqual(made.bytes);
    expect(compared.accuracy.top1).toEqual(made.accuracy.top1);
    const { stdout } = await caliper('compare', sample, 'small.onnx', '--csv', '--no-measure');
    expect(parseCsv(stdout)).toHaveLength(compared.layers.length + 1);
    // Neither of ours nor of the engine, which would keep what it reports to its maker there.
    expect(readdirSync(temporary)).toEqual([]);
  }, 180_000);

  it('compare files without running them, of two formats too', async () => {
    const tflite = resolve('models/shapes_mobilenetv2.tflite');
    const report = await json<Compared>('compare', sample, tflite, '--no-run');
    expect(report).toMatchObject({
      version: 1,
      format: { before: 'onnx', after: 'tflite' },
      accuracy: null,
      latencyMs: null,
      engine: null,
      statuses: { changed: 0, added: 0, removed: 0 },
    });
    const text = await caliper('compare', sample, tflite, '--no-run');
    expect([text.status, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(/the same layers in two formats\.\n$/);
    const same = await caliper('compare', sample, sample, '--no-run', '--md');
    expect(same.stdout).toMatch(/^\*\*The two models are the same\.\*\*/);
    expectError(await caliper('compare', sample, sample, '--md', '--json'), 2, /cannot be used with/);
    expectError(await caliper('compare', sample, 'nothing.onnx', '--no-run'), 1, /no such file/);
  });

  it('compare three models in one run, each with the first', async () => {
    const tflite = resolve('models/shapes_mobilenetv2.tflite');
    const [two, three] = [
      [sample, sample],
      [sample, sample, tflite],
    ];
    const report = await json<Compared & { others: Compared[] }>('compare', ...three, '--no-measure');
    const { others, ...first } = report;
    const alone = await json<Compared>('compare', ...two, '--no-measure');
    // Whoever knows two models finds what two models give.
    expect({ ...first, seconds: 0 }).toEqual({ ...alone, seconds: 0 });
    expect(others).toMatchObject([
      { input: sample, output: tflite, accuracy: { sqnrDb: expect.any(Number) } },
    ]);
    const text = await caliper('compare', ...three, '--no-measure');
    expect([text.status, text.stderr]).toEqual([0, '']);
    expect(text.stdout).toMatch(
      /1 shapes_mobilenetv2\.onnx +2 shapes_mobilenetv2\.onnx +3 shapes_mobilenetv2\.tflite\n/,
    );
    expect(text.stdout).toMatch(/^SQNR +identical +\d+\.\d dB$/m);
    expect(text.stdout).toMatch(/^layer +operator +weights 1 +weights 2 +weights 3 +SQNR 2 +SQNR 3\n/m);
    const markdown = await caliper('compare', ...three, '--no-run', '--md');
    expect(markdown.stdout).toMatch(/^\| {2}\| `\S+` \| `\S+` \| `shapes_mobilenetv2\.tflite` \|$/m);
    const csv = parseCsv((await caliper('compare', ...three, '--no-run', '--csv')).stdout);
    expect(csv).toHaveLength(first.layers.length + (others[0]?.layers.length ?? 0) + 1);
    expect(csv[0]?.[0]).toBe('model');
    expect(new Set(csv.slice(1).map(([model]) => model))).toEqual(
      new Set(['shapes_mobilenetv2.onnx', 'shapes_mobilenetv2.tflite']),
    );
  }, 180_000);

  it('compare what cannot be run, and say so', async () => {
    const package_ = resolve('models/shapes_mobilenetv2.mlpackage');
    const { status, stdout } = await caliper('compare', sample, package_, '--no-measure', '--all');
    expect(status).toBe(0);
    // On macOS both are run.
    if (process.platform !== 'darwin') expect(stdout).toMatch(/^Warning: The models were not run: Core ML/m);
    expect(stdout).toMatch(/^\/features\/features\.0\/features\.0\.0\/Conv +Conv/m);
  }, 60_000);

  it('never write over the model itself', async () => {
    const own = join(folder, 'own.onnx');
    writeFileSync(own, readFileSync(sample));
    const { status } = await caliper(
      'quantize',
      own,
      '-o',
      own,
      '--force',
      '--recipe',
      'float32',
      '--no-measure',
    );
    expect(status).not.toBe(0);
    expect(readFileSync(own).equals(readFileSync(sample))).toBe(true);
  });

  it('end with 3 and write nothing when the result fails its check', async () => {
    const model = makeModel({
      name: 'g',
      input: [makeValueInfo('x', 'float32', ['N', 4])],
      output: [makeValueInfo('y', 'float32', ['N', 4])],
      initializer: [makeFloatTensor('w', [4, 4], new Array(16).fill(1))],
      node: [makeNode('Gemm', ['x', 'w'], ['y'])],
    });
    writeFileSync(join(folder, 'narrow.onnx'), toBinary(ModelProtoSchema, model));
    // Calibrated for values so large that those it then meets drown in rounding.
    writeFileSync(join(folder, 'large.npy'), npy([-1000, 1000, -1000, 1000]));
    writeFileSync(join(folder, 'small.npy'), npy([0.001, 0.002, 0.001, 0.002]));
    const data = ['--data', 'large.npy', '--validate', 'small.npy'];
    const options = ['-o', 'narrowed.onnx', '--recipe', 'int8-all', '--no-measure'];
    expectError(
      await caliper('quantize', 'narrow.onnx', ...options, ...data),
      3,
      /nothing to do with the original's/,
    );
    expect(existsSync(join(folder, 'narrowed.onnx'))).toBe(false);
  });

  it('leave nothing behind when they are interrupted', async () => {
    const target = join(folder, 'interrupted');
    mkdirSync(target);
    const { child, ended } = start(['quantize', sample, '-o', join(target, 'out.onnx'), '--recipe', 'int8']);
    // The job's own folder is the sign that it has begun.
    while (readdirSync(temporary).length === 0) await new Promise((next) => setTimeout(next, 20));
    child.kill('SIGINT');
    expect((await ended).status).toBe(130);
    expect([readdirSync(target), readdirSync(temporary)]).toEqual([[], []]);
  });
});
