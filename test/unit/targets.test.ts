import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openModel } from '../../src/formats';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { run as profile } from '../../src/jobs/profile';
import { run as quantize } from '../../src/jobs/quantize';
import { onnxRuntime } from '../../src/runtime/onnxruntime';

/** As long as the name that the writer gives, which it takes the place of. */
const WEIGHTS = 'the.weights.bin';

/** Room for the structure of the model below, not for its weights: they go into a file beside it. */
const LIMIT = 20_000;

// A message of protobuf ends at 2 GB; tests have no such models.
vi.mock(import('../../src/formats/onnx/writing/writePlan'), async (original) => ({
  ...(await original()),
  MAX_MESSAGE_BYTES: 20_000,
}));

let folder: string;
let scratch: string;
let told: string[];
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-targets-'));
  scratch = mkdtempSync(join(tmpdir(), 'caliper-targets-'));
  told = [];
});
afterEach(() => {
  for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true });
  vi.restoreAllMocks();
});

const context = () => ({
  scratch,
  memory: join(scratch, 'memory'),
  progress: ({ message }: { message: string }) => told.push(message),
  log: () => {},
});

/** A product with 100 by 100 weights, which lie in `weights`. */
function makeModel(weights: string): string {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'g',
      input: [makeValueInfo('x', 'float32', [1, 100])],
      output: [makeValueInfo('y', 'float32', [1, 100])],
      initializer: [
        makeFloatTensor(
          'w',
          [100, 100],
          Array.from({ length: 10_000 }, (_, i) => Math.sin(i) / 10),
        ),
      ],
      node: [makeNode('MatMul', ['x', 'w'], ['y'])],
    },
  });
  writeModel(model, at('first.onnx'));
  // The same model, whose weights have another name.
  const [data] = openModel(at('first.onnx')).model.externalFiles;
  expect(data?.path).toBe(at('first.onnx.data'));
  const bytes = readFileSync(at('first.onnx')).toString('latin1');
  writeFileSync(at('m.onnx'), bytes.replaceAll('first.onnx.data', weights), 'latin1');
  renameSync(at('first.onnx.data'), at(weights));
  rmSync(at('first.onnx'));
  return at('m.onnx');
}

const options = (more: object) => ({
  model: at('m.onnx'),
  output: at('out.onnx'),
  recipe: 'float32' as const,
  calibration: null,
  validation: null,
  preprocessing: null,
  calibrationSamples: 4,
  seed: 1,
  keep: [],
  activations: 'uint8' as const,
  search: { maxLoss: 1, seconds: 60 },
  ports: 'float' as const,
  measure: false,
  force: true,
  threads: 1,
  runs: 1,
  dims: {},
  shapes: {},
  ...more,
});

describe('a result that is too large for one file', () => {
  it('has its weights beside it', async () => {
    makeModel(WEIGHTS);
    const outcome = await quantize(options({}), context());
    expect(outcome.status).toBe('written');
    const { model } = openModel(at('out.onnx'));
    expect(model.externalFiles).toEqual([{ path: at('out.onnx.data'), bytes: 40_000 }]);
    expect(model.fileBytes).toBeLessThan(LIMIT);
    const session = await onnxRuntime.load(at('out.onnx'), { threads: 1 });
    await session.close();
  });

  // As found: the companion was checked against `force` only, and the input's weights were gone.
  it('never replaces the weights of its input', async () => {
    const weights = 'out12.onnx.data';
    makeModel(weights);
    const before = readFileSync(at(weights));
    const output = at('out12.onnx');
    const load = vi.spyOn(onnxRuntime, 'load');
    await expect(quantize(options({ output }), context())).rejects.toThrow(
      /out12\.onnx\.data is the model itself or a part of the input/,
    );
    expect(readFileSync(at(weights)).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['m.onnx', weights]);
    // Before any work.
    expect([told, load.mock.calls, readdirSync(scratch)]).toEqual([[], [], []]);
  });

  it.each([
    ['a symbolic link', (from: string, to: string) => symlinkSync(from, to)],
    ['a hard link', (from: string, to: string) => linkSync(from, to)],
  ])('never replaces them by %s', async (_, link) => {
    makeModel(WEIGHTS);
    link(at(WEIGHTS), at('out.onnx.data'));
    const before = readFileSync(at('out.onnx.data'));
    await expect(quantize(options({}), context())).rejects.toThrow('part of the input');
    expect(readFileSync(at(WEIGHTS)).equals(before)).toBe(true);
    expect(told).toEqual([]);
  });

  it('replaces no weights of others unasked, and says so before the work', async () => {
    makeModel(WEIGHTS);
    writeFileSync(at('out.onnx.data'), 'mine');
    await expect(quantize(options({ force: false }), context())).rejects.toThrow(
      /out\.onnx\.data exists already/,
    );
    expect(told).toEqual([]);
    expect(readFileSync(at('out.onnx.data'), 'utf8')).toBe('mine');
  });

  it('refuses a folder where its weights would go, and says so before the work', async () => {
    makeModel(WEIGHTS);
    symlinkSync(scratch, at('out.onnx.data'));
    await expect(quantize(options({}), context())).rejects.toThrow('is a folder');
    expect(told).toEqual([]);
  });
});

/** A NumPy file with one row of float32. */
function npy(length: number): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${length}), }`.padEnd(117);
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  return Buffer.concat([prefix, Buffer.from(`${header}\n`), Buffer.from(new Float32Array(length).buffer)]);
}

describe('what a job reads', () => {
  it('is never replaced by a result: data and labels', async () => {
    makeModel(WEIGHTS);
    writeFileSync(at('a.npy'), npy(100));
    writeFileSync(at('labels.csv'), 'a.npy,1\n');
    const calibration = { path: folder, labels: at('labels.csv'), labelOffset: 0 };
    for (const output of [at('a.npy'), at('labels.csv')]) {
      await expect(quantize(options({ output, calibration }), context())).rejects.toThrow(
        'part of the input',
      );
    }
    expect(told).toEqual([]);
    // A new file may lie among them.
    expect((await quantize(options({ calibration }), context())).status).toBe('written');
  });

  it('is never replaced by a trace', async () => {
    const model = makeModel(WEIGHTS);
    const wish = {
      model,
      threads: 1,
      runs: 1,
      dims: {},
      shapes: {},
      data: null,
      preprocessing: null,
      seed: 1,
    };
    for (const trace of [model, at(WEIGHTS)]) {
      const before = readFileSync(trace);
      await expect(profile({ ...wish, trace }, context())).rejects.toThrow('part of the input');
      expect(readFileSync(trace).equals(before)).toBe(true);
    }
    const trace = at('trace.json');
    await profile({ ...wish, trace }, context());
    expect(Array.isArray(JSON.parse(readFileSync(trace, 'utf8')))).toBe(true);
  });
});
