import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { makeModel, realModels, realTfliteModels, scratchFolder } from '../../test/unit/support';
import { openModel } from './index';
import { makeNode, makeValueInfo } from './onnx/writing/make';
import { writeModel } from './onnx/writing/writer';

const folder = scratchFolder();
const text = (value: string) => new TextEncoder().encode(value);

describe('a file that is opened', () => {
  it.each(realModels())('%s is recognized by its content', (path) => {
    expect(openModel(path).format.id).toBe('onnx');
  });

  it.skipIf(realTfliteModels().length === 0).each(realTfliteModels())('%s is recognized as well', (path) => {
    expect(openModel(path).format.id).toBe('tflite');
  });

  it('is recognized whatever its name is', () => {
    const path = join(folder, 'model.tflite');
    writeModel(
      makeModel({
        input: [makeValueInfo('x', 'float32', [1])],
        output: [makeValueInfo('y', 'float32', [1])],
        node: [makeNode('Relu', ['x'], ['y'])],
      }),
      path,
    );
    expect(openModel(path).model.graph.nodes).toHaveLength(1);
  });

  it.each([
    ['empty', new Uint8Array(0), /it holds nothing \(0 bytes\)/],
    ['zeros', new Uint8Array(5000), /nothing but zeros/],
    ['zip', zipSync({ 'a.txt': text('a') }), /a ZIP archive/],
    ['lfs', text('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n'), /git lfs pull/],
    ['html', text('<!DOCTYPE html><html></html>'), /a web page, not a model/],
    ['json', text('{"a": 1}'), /JSON/],
    ['text', text('hello, world\n'), /text/],
    ['colon', text(':\tnot a model\n'), /text/],
    ['gguf', text('GGUF\x03\0\0\0'), /a GGUF model/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip data; unpack it first/],
    ['pickle', Uint8Array.of(0x80, 2, 0x8a, 0x0a), /Python pickle/],
  ])('holding %s is refused with what it looks like', (name, bytes, message) => {
    const path = join(folder, `${name}.onnx`);
    writeFileSync(path, bytes);
    expect(() => openModel(path)).toThrow(message);
    expect(() => openModel(path)).toThrow(
      /is not a model that can be opened \(ONNX, TensorFlow Lite or Core ML\)/,
    );
  });

  it('but is missing, a folder or damaged from its first byte says so', () => {
    expect(() => openModel(join(folder, 'gone.onnx'))).toThrow(/there is no such file/);
    mkdirSync(join(folder, 'folder.onnx'));
    expect(() => openModel(join(folder, 'folder.onnx'))).toThrow(/is a folder/);
    const noise = join(folder, 'noise.onnx');
    writeFileSync(noise, Uint8Array.of(0xff, 0xfe, 0x01, 0xff, 0xff));
    expect(() => openModel(noise)).toThrow(/damaged: at byte 0/);
  });

  // Models of other formats in ../shared/models, where they are.
  const others = ['data'].flatMap((name) => {
    const root = resolve('../shared/models', name);
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  });
  it.skipIf(others.length === 0)('of another format (../shared/models) is taken for none', () => {
    for (const path of others)
      expect(() => openModel(path), path).toThrow(/is not a model that can be opened/);
  });
});
