import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelProtoSchema } from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { run as profile } from '../../src/jobs/profile';
import { run as quantize } from '../../src/jobs/quantize';
import { onnxRuntime } from '../../src/runtime/onnxruntime';

/** Blocks of 1 kB that are free on the disk of the folder for temporary files; null: as many as there are. */
const disk: { free: number | null } = vi.hoisted(() => ({ free: null }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statfsSync = (path: string) =>
    disk.free === null ? fs.statfsSync(path) : { bavail: disk.free, bsize: 1000, blocks: 10_000 };
  return { ...fs, statfsSync };
});

let folder: string;
let scratch: string;
let model: string;
let bytes: number;
const told: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-copies-'));
  scratch = mkdtempSync(join(tmpdir(), 'caliper-copies-'));
  model = join(folder, 'm.onnx');
  const weights = Array.from({ length: 300 * 300 }, (_, i) => Math.sin(i) / 20);
  const proto = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'g',
      input: [makeValueInfo('x', 'float32', [1, 300])],
      output: [makeValueInfo('y', 'float32', [1, 300])],
      initializer: ['a', 'b'].map((name) => makeFloatTensor(name, [300, 300], weights)),
      node: [makeNode('MatMul', ['x', 'a'], ['h']), makeNode('MatMul', ['h', 'b'], ['y'])],
    },
  });
  writeModel(proto, model);
  bytes = statSync(model).size;
  told.length = 0;
});
afterEach(() => {
  disk.free = null;
  vi.restoreAllMocks();
  for (const path of [folder, scratch]) rmSync(path, { recursive: true, force: true });
});

const context = () => ({
  scratch,
  memory: join(folder, 'memory'),
  progress: ({ message }: { message: string }) => told.push(message),
  log: () => {},
});
const rest = { threads: 1, runs: 1, dims: {}, shapes: {}, preprocessing: null, seed: 1 };
const options = (recipe: 'float32' | 'float16' | 'int8-dynamic' | 'int8-all') => ({
  ...rest,
  model,
  output: join(folder, 'out.onnx'),
  recipe,
  calibration: null,
  validation: null,
  calibrationSamples: 4,
  keep: [],
  activations: 'uint8' as const,
  search: { maxLoss: 1, seconds: 60 },
  ports: 'float' as const,
  measure: false,
  force: true,
});

/** Bytes on disk; files with several names once. */
function used(path: string): number {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) =>
    statSync(join(path, name)),
  );
  const sizes = new Map(files.filter((file) => file.isFile()).map((file) => [file.ino, file.size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

describe('copies for a job', () => {
  // As they were: 4.0, 3.5, 2.75 and 3.5 times the model. int8 has a model with equalized channels beside the cleaned one.
  it.each([
    ['float32', 2],
    ['float16', 2],
    ['int8-dynamic', 1.5],
    ['int8-all', 3.3],
  ] as const)('are no more than are needed at a time: %s', async (recipe, times) => {
    let most = 0;
    const { load } = onnxRuntime;
    vi.spyOn(onnxRuntime, 'load').mockImplementation((...given) => {
      most = Math.max(most, used(scratch));
      return load.apply(onnxRuntime, given);
    });
    expect((await quantize(options(recipe), context())).status).toBe('written');
    expect(most).toBeGreaterThan(0);
    expect(most / bytes).toBeLessThan(times + 0.1);
  });

  it('are not begun where the disk has no room for them', async () => {
    disk.free = Math.floor((1.9 * bytes) / 1000);
    await expect(quantize(options('float32'), context())).rejects.toThrow(
      /^Copies of m\.onnx, while it is quantized, would take about 1\.44 MB, and 1\.37 MB are free in /,
    );
    const wish = { ...rest, model, data: null, trace: null };
    await expect(profile(wish, context())).rejects.toThrow(
      /^Copies of m\.onnx, whose layers are timed, would/,
    );
    expect([told, readdirSync(scratch), readdirSync(folder)]).toEqual([[], [], ['m.onnx']]);
    disk.free = Math.floor((2.1 * bytes) / 1000);
    expect((await quantize(options('float32'), context())).status).toBe('written');
  });
});
