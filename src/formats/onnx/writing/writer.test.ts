import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onnx } from '../format';
import { type ModelProto, ModelProtoSchema, type TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from './make';
import { dataPathOf } from './writePlan';
import { encodeWithoutWeights, writeForRunning, writeModel } from './writer';

/** 64 kB of floats and more. */
const LARGE = 20_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function tensor(name: string, size: number): TensorProto {
  return makeFloatTensor(
    name,
    [size],
    Float32Array.from({ length: size }, (_, i) => i + name.length),
  );
}

/** Adds a large weight and a small one, and what a Constant holds if it is given. */
function model(constant?: TensorProto): ModelProto {
  const added = constant === undefined ? 'small' : 'c';
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'g',
      input: [makeValueInfo('x', 'float32', [1])],
      output: [makeValueInfo('y', 'float32', [LARGE])],
      initializer: [tensor('large', LARGE), tensor('small', 1)],
      node: [
        ...(constant === undefined ? [] : [makeNode('Constant', [], ['c'], { value: constant })]),
        makeNode('Add', ['x', 'large'], ['h']),
        makeNode('Add', ['h', added], ['y']),
      ],
    },
  });
}

/** A file with a model, opened. */
function stored(proto: ModelProto, path = join(folder, 'm.onnx')) {
  writeModel(proto, path);
  return onnx.open(path);
}

function valuesIn(path: string): Record<string, number[]> {
  const file = onnx.open(path);
  const constants = [...file.model.graph.constants];
  return Object.fromEntries(constants.map(([name, one]) => [name, [...file.readTensor(one).values]]));
}

describe('a copy for running', () => {
  it('has the same weights without a copy of the large ones', () => {
    const source = stored(model());
    const copy = join(folder, 'copy.onnx');
    writeForRunning(source.proto, copy);
    expect(valuesIn(copy)).toEqual(valuesIn(source.path));
    expect(statSync(copy).size).toBeLessThan(1000);
    expect(statSync(dataPathOf(copy)).ino).toBe(statSync(source.path).ino);
  });

  it('lends of the same file when it is copied again, and is whole when it is written as a model', () => {
    const source = stored(model());
    const copy = join(folder, 'copy.onnx');
    writeForRunning(source.proto, copy);
    const again = join(folder, 'again.onnx');
    writeForRunning(onnx.open(copy).proto, again);
    expect(statSync(dataPathOf(again)).ino).toBe(statSync(source.path).ino);
    const whole = join(folder, 'whole.onnx');
    onnx.open(again).write(whole);
    expect(existsSync(dataPathOf(whole))).toBe(false);
    expect(valuesIn(whole)).toEqual(valuesIn(source.path));
  });

  it('is a whole copy where a second name is not to be had, or a Constant is large', () => {
    const source = stored(model());
    const copy = join(folder, 'copy.onnx');
    writeFileSync(dataPathOf(copy), 'of somebody else');
    writeForRunning(source.proto, copy);
    expect(valuesIn(copy)).toEqual(valuesIn(source.path));
    expect(statSync(copy).size).toBe(statSync(source.path).size);
    const other = stored(model(tensor('value', LARGE)), join(folder, 'other.onnx'));
    const second = join(folder, 'second.onnx');
    writeForRunning(other.proto, second);
    expect(existsSync(dataPathOf(second))).toBe(false);
  });
});

describe('bytes without weights', () => {
  it('refer to the file that they are of', () => {
    const source = stored(model());
    const bytes = encodeWithoutWeights(source.proto, source.path);
    const skeleton = join(folder, 'skeleton.onnx');
    writeFileSync(skeleton, bytes ?? '');
    expect(statSync(skeleton).size).toBeLessThan(1000);
    expect(onnx.open(skeleton).model.externalFiles.map(({ path }) => path)).toEqual([source.path]);
    expect(valuesIn(skeleton)).toEqual(valuesIn(source.path));
  });

  it('are not to be had of a model whose weights lie beside it', () => {
    const source = stored(model());
    const copy = join(folder, 'copy.onnx');
    writeForRunning(source.proto, copy);
    expect(encodeWithoutWeights(onnx.open(copy).proto, copy)).toBeNull();
  });
});
