import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, realModels, reopen, scratchFolder } from '../../../test/unit/support';
import { sizeOf } from '../pieces';
import { PayloadSchema } from '../protobuf/payload_pb';
import { writeFiles } from '../writeFiles';
import type { OnnxFile } from './file';
import { onnx } from './format';
import { ModelProtoSchema, StringStringEntryProtoSchema } from './onnx_pb';
import { tensorsOf } from './reading/tensors';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from './writing/make';
import { planModel } from './writing/writePlan';
import { writeModel } from './writing/writer';

const folder = scratchFolder();
let folders = 0;

function freshFolder(): string {
  const path = join(folder, `f${folders++}`);
  mkdirSync(path);
  return path;
}

describe('a real model that is read and written', () => {
  // ../shared/models/onnx and the sample.
  it.each(realModels())('%s gives the same bytes', (path) => {
    const copy = freshFolder();
    cpSync(dirname(path), copy, { recursive: true });
    const target = join(copy, 'written.onnx');
    onnx.open(join(copy, basename(path))).write(target);
    expect(readFileSync(target).equals(readFileSync(path))).toBe(true);
  });

  it.each(realModels())('%s keeps every tensor in another folder', (path) => {
    const source = onnx.open(path);
    const target = join(freshFolder(), 'moved.onnx');
    source.write(target);
    const moved = onnx.open(target);
    expect(moved.model.externalFiles).toEqual([]);
    sameTensors(source, moved);
  });

  it.each(realModels())('%s keeps every tensor with its weights in a file beside it', (path) => {
    const source = onnx.open(path);
    const target = join(freshFolder(), 'split.onnx');
    const plan = planModel(toBinary(ModelProtoSchema, source.proto), target, 'beside');
    writeFiles([
      { path: plan.dataPath, parts: plan.data },
      { path: target, parts: plan.model },
    ]);
    const split = onnx.open(target);
    expect(split.model.problems).toEqual(source.model.problems);
    if (sizeOf(plan.data) > 0) {
      expect(split.model.externalFiles).toEqual([{ path: plan.dataPath, bytes: sizeOf(plan.data) }]);
    }
    sameTensors(source, split);
  });
});

function sameTensors(a: OnnxFile, b: OnnxFile): void {
  const [left, right] = [[...tensorsOf(a.proto)], [...tensorsOf(b.proto)]];
  expect(right.map((tensor) => tensor.name)).toEqual(left.map((tensor) => tensor.name));
  for (const [i, tensor] of left.entries()) {
    const other = right[i];
    const same = other && Buffer.from(a.tensorBytes(tensor)).equals(b.tensorBytes(other));
    expect(same, tensor.name).toBe(true);
  }
}

describe('writing', () => {
  const model = () =>
    makeModel({
      input: [makeValueInfo('x', 'float32', [1, 4096])],
      output: [makeValueInfo('y', 'float32', [1, 4096])],
      initializer: [
        makeFloatTensor(
          'w',
          [4096],
          Array.from({ length: 4096 }, (_, i) => i),
        ),
      ],
      node: [makeNode('Add', ['x', 'w'], ['y'])],
    });

  it('keeps unknown fields of messages that hold streamed payloads', () => {
    const proto = model();
    const unknown = { no: 4000, wireType: 2, data: Uint8Array.of(3, 1, 2, 3) };
    proto.$unknown = [unknown];
    for (const tensor of tensorsOf(proto)) tensor.$unknown = [unknown];
    const first = reopen(proto, folder);
    const again = reopen(first.proto, folder);
    expect(again.proto.$unknown).toEqual([unknown]);
    expect([...tensorsOf(again.proto)][0]?.$unknown).toEqual([unknown]);
    expect(readFileSync(again.path).equals(readFileSync(first.path))).toBe(true);
  });

  it('never overwrites, and removes what it could not finish', () => {
    const target = join(freshFolder(), 'model.onnx');
    writeFileSync(target, 'precious');
    expect(() => writeModel(model(), target)).toThrow(/exists already/);
    expect(readFileSync(target, 'utf8')).toBe('precious');

    const source = reopen(model(), folder);
    rmSync(source.path);
    const second = join(freshFolder(), 'model.onnx');
    expect(() => writeModel(source.proto, second)).toThrow(/no such file/);
    expect(existsSync(second)).toBe(false);
  });

  it('lets a payload stand for its field, whatever else was set there', () => {
    const path = join(freshFolder(), 'noise');
    writeFileSync(path, new Uint8Array(8).fill(7));
    const proto = model();
    const tensor = makeTensor('w', 'uint8', [8], Uint8Array.of(1));
    tensor.payload = [create(PayloadSchema, { path, length: 8n, field: 9 })];
    if (proto.graph) proto.graph.initializer = [tensor];
    const read = reopen(proto, folder);
    const [only] = tensorsOf(read.proto);
    expect(only && [...read.tensorBytes(only)]).toEqual(new Array(8).fill(7));
  });

  it('refuses weights that were not found', () => {
    const proto = model();
    const [tensor] = tensorsOf(proto);
    if (!tensor) throw new Error('no tensor');
    tensor.rawData = new Uint8Array(0);
    tensor.dataLocation = 1;
    tensor.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: 'gone' })];
    const target = join(freshFolder(), 'model.onnx');
    expect(() => writeModel(proto, target)).toThrow(/weights of 'w'.*not found/);
    expect(existsSync(target)).toBe(false);
  });
});
