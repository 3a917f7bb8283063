import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../../test/unit/support';
import { openComplete } from '../..';
import type { OnnxFile } from '../file';
import { onnx } from '../format';
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../writing/make';

const root = scratchFolder();
let folders = 0;

/** A folder with `model.onnx`, whose tensor `w` of 4 floats lies in another file. */
function setUp(entries: Record<string, string>, prepare: (folder: string) => void = () => {}) {
  const folder = join(root, `m${folders++}`, 'model');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'weights'), new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer));
  writeFileSync(join(folder, '..', 'secret'), new Uint8Array(64));
  prepare(folder);
  const tensor = makeTensor('w', 'float32', [4], new Uint8Array(0));
  tensor.dataLocation = 1;
  tensor.externalData = Object.entries(entries).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  const model: ModelProto = makeModel({
    input: [makeValueInfo('x', 'float32', [4])],
    output: [makeValueInfo('y', 'float32', [4])],
    initializer: [tensor],
    node: [makeNode('Add', ['x', 'w'], ['y'])],
  });
  const path = join(folder, 'model.onnx');
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return { folder, file: onnx.open(path) };
}

const values = (file: OnnxFile) => {
  const tensor = file.model.graph.constants.get('w');
  return tensor && [...file.readTensor(tensor).values];
};

describe('external data', () => {
  it('that is missing is said before anything runs', () => {
    const { folder } = setUp({ location: 'gone' });
    expect(() => openComplete(join(folder, 'model.onnx'))).toThrow(/lacks weights: .*gone is missing/);
    const complete = setUp({ location: 'weights' });
    openComplete(join(complete.folder, 'model.onnx')).close();
  });

  it('is read from its offset', () => {
    const { file, folder } = setUp({ location: 'weights', offset: '8', length: '16' });
    expect(file.model.problems).toEqual([]);
    expect(values(file)).toEqual([2, 3, 4, 5]);
    expect(file.model.externalFiles).toEqual([{ path: join(folder, 'weights'), bytes: 24 }]);
    expect(file.model.graph.constants.get('w')?.location).toEqual({
      file: join(folder, 'weights'),
      offset: 8,
      length: 16,
    });
  });

  it('may leave out offset and length', () => {
    expect(values(setUp({ location: './weights' }).file)).toEqual([0, 1, 2, 3]);
  });

  it('may lie in a folder below, behind a link that stays inside', () => {
    const { file } = setUp({ location: 'below/link' }, (folder) => {
      mkdirSync(join(folder, 'below'));
      symlinkSync('../weights', join(folder, 'below', 'link'));
    });
    expect(values(file)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['a path to the parent', { location: '../secret' }, /outside the model's folder/],
    ['a roundabout path', { location: 'below/../../secret' }, /outside the model's folder/],
    ['an absolute path', { location: '/etc/passwd' }, /outside the model's folder/],
    ['a link that leads out', { location: 'link' }, /outside the model's folder/],
    ['a linked folder that leads out', { location: 'out/secret' }, /outside the model's folder/],
    ['the folder itself', { location: '.' }, /outside the model's folder/],
    ['a folder', { location: 'below' }, /not a regular file/],
    ['a missing file', { location: 'gone' }, /gone is missing; put it beside the model/],
    ['no file', { offset: '0' }, /does not say which file/],
    ['an impossible name', { location: 'a\0b' }, /impossible/],
    ['a negative offset', { location: 'weights', offset: '-4' }, /not a number/],
    ['an absurd offset', { location: 'weights', offset: '9007199254740993000' }, /not a number/],
    [
      'an offset behind the end',
      { location: 'weights', offset: '16' },
      /bytes 16 to 32 of .* behind its end at 24/,
    ],
    ['another length than the shape needs', { location: 'weights', length: '12' }, /12 bytes, .* need 16/],
  ])('at %s is a problem and is not read', (_, entries, message) => {
    const { file } = setUp(entries, (folder) => {
      mkdirSync(join(folder, 'below'));
      symlinkSync('../secret', join(folder, 'link'));
      symlinkSync('..', join(folder, 'out'));
    });
    expect(file.model.problems.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
    expect(file.model.problems[0]?.message).toMatch(/^The weights of 'w' cannot be read/);
    expect(file.model.graph.nodes).toHaveLength(1);
    expect(() => values(file)).toThrow(/'w'/);
  });

  it('in one missing file is one problem, however many tensors lie there', () => {
    const path = join(root, 'external.onnx');
    copyFileSync(resolve('test/trials/onnx/external_split_sizes.onnx'), path);
    const messages = onnx.open(path).model.problems.map(({ message }) => message);
    const missing = messages.filter((message) => message.includes('cannot be read'));
    expect(missing).toEqual([
      `The weights of 'w', 'split', 'shp' and 6 more cannot be read: ${join(root, 'm.data')} is missing; put it beside the model.`,
    ]);
  });

  it('stays external in the same folder and is embedded elsewhere', () => {
    const { file, folder } = setUp({ location: 'weights', offset: '4', length: '16' });
    file.write(join(folder, 'same.onnx'));
    const same = onnx.open(join(folder, 'same.onnx'));
    expect(same.model.externalFiles).toHaveLength(1);
    expect(values(same)).toEqual([1, 2, 3, 4]);
    const elsewhere = reopen(file.proto, root);
    expect(elsewhere.model.externalFiles).toEqual([]);
    expect(elsewhere.model.problems).toEqual([]);
    expect(values(elsewhere)).toEqual([1, 2, 3, 4]);
  });

  it('that is replaced in memory is written as it is now', () => {
    const { file } = setUp({ location: 'weights' });
    const graph = file.proto.graph;
    if (graph) graph.initializer = [makeFloatTensor('w', [4], [9, 8, 7, 6])];
    expect(values(reopen(file.proto, root))).toEqual([9, 8, 7, 6]);
  });
});
