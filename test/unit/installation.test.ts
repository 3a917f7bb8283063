import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';

/** What Node says of a package that is not there. */
function missing(name: string): never {
  throw new Error(`Cannot find package '${name}' imported from /somewhere/worker.js`);
}
vi.mock('onnxruntime-node', () => missing('onnxruntime-node'));
// What `require` asks for; where files lie is still found.
vi.mock('node:module', async (original) => {
  const { createRequire } = await original<typeof import('node:module')>();
  return { createRequire: (from: string) => Object.assign(() => missing('sharp'), createRequire(from)) };
});

const folder = mkdtempSync(join(tmpdir(), 'caliper-broken-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that lacks a part must not say that the user's file is at fault. */
describe('a broken installation is named as such', () => {
  test('where ONNX Runtime is missing', async () => {
    const { onnxRuntime } = await import('../../src/runtime/onnxruntime');
    const loading = onnxRuntime.load(join(folder, 'm.onnx'), { threads: 1 });
    await expect(loading).rejects.toThrow(
      /^A part of Model Caliper itself cannot be loaded, onnxruntime-node \(.*\): install Model Caliper again\.$/,
    );
    await expect(loading).rejects.not.toThrow(/m\.onnx/);
  });

  test('where the decoder of images is missing', async () => {
    const { openImages } = await import('../../src/evaluation/data/images');
    const path = join(folder, 'a.png');
    writeFileSync(path, '\x89PNG\r\n\x1a\n', 'latin1');
    const files = { images: [{ path, folder: null }], arrays: [], testDataSets: [], classes: [] };
    const inputs = [{ name: 'x', type: 'float32', shape: [1, 3, 8, 8] } as const];
    const opening = openImages({ path: folder, labels: null, labelOffset: 0 }, null, inputs, files);
    await expect(opening).rejects.toThrow(/^A part of Model Caliper itself cannot be loaded, sharp /);
  });

  test('where the engine in WebAssembly is missing', async () => {
    const { loadWasm } = await import('../../src/runtime/wasmModule');
    const build = { package: 'vitest', name: 'no_such_engine', factory: 'Module' };
    await expect(loadWasm(build, () => {})).rejects.toThrow(
      /^A part of Model Caliper itself cannot be loaded, no_such_engine\.js /,
    );
  });
});
