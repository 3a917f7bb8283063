import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { gitIn, makeModel, SAMPLE, scratchFolder } from '../../test/unit/support';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { openModel } from '../formats';
import { onnx } from '../formats/onnx/format';
import { ModelProtoSchema, StringStringEntryProtoSchema } from '../formats/onnx/onnx_pb';
import { makeNode, makeTensor, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import { copyHead } from './headCopy';

const scratch = scratchFolder();
let root = '';
let folder = '';

const git = (...args: string[]) => gitIn(root, ...args);

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '-m', 'state');
}

function companions(model: string): Promise<string[]> {
  const file = openModel(model);
  file.close();
  return Promise.resolve(file.model.externalFiles.map(({ path }) => path));
}

const head = (model: string) => copyHead(model, { git: 'git', folder, companions });

function differences(before: string, after: string) {
  const { layers } = compareFiles({ before, after, choice: { dims: {}, shapes: {} } });
  return layers
    .filter(({ status }) => status !== 'unchanged')
    .map(({ name, status, changes }) => [name, status, changes.map(({ what }) => what)]);
}

beforeEach(() => {
  root = mkdtempSync(join(scratch, 'repository-'));
  folder = join(root, '..', `copies of ${root.slice(-6)}`);
  git('init', '--quiet');
});

describe('a model as HEAD has it', () => {
  it('is compared with a changed weight and an added node', async () => {
    const model = join(root, 'models', 'sample [1].onnx');
    mkdirSync(join(root, 'models'));
    copyFileSync(SAMPLE, model);
    commit();
    expect((await head(model)).unchanged).toBe(true);

    const { proto } = onnx.open(SAMPLE);
    const bias = proto.graph?.initializer.find(({ name }) => name === 'classifier.1.bias');
    if (bias === undefined || proto.graph === undefined)
      throw new Error('The sample has another classifier.');
    const values = new Float32Array(Uint8Array.from(bias.rawData).buffer);
    values[0] = (values[0] ?? 0) + 1;
    bias.rawData = new Uint8Array(values.buffer);
    const [output] = proto.graph.output;
    if (output === undefined) throw new Error('The sample has no output.');
    proto.graph.node.push(makeNode('Softmax', [output.name], ['probabilities'], {}, { name: 'softmax' }));
    proto.graph.output = [makeValueInfo('probabilities', 'float32', ['N', 10])];
    execFileSync('rm', [model]);
    writeModel(proto, model);

    const copy = await head(model);
    expect(copy).toMatchObject({ unchanged: false, missing: [], commit: git('rev-parse', 'HEAD').trim() });
    expect(readFileSync(copy.path).equals(readFileSync(SAMPLE))).toBe(true);
    expect(differences(copy.path, model)).toEqual([
      ['/classifier/classifier.1/Gemm', 'changed', ['weight classifier.1.bias']],
      ['softmax', 'added', []],
    ]);
    // The same copy again, and nothing half made beside it.
    expect((await head(model)).path).toBe(copy.path);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('is a package too', async () => {
    const sample = resolve('models/shapes_mobilenetv2.mlpackage');
    const model = join(root, 'sample.mlpackage');
    execFileSync('cp', ['-r', sample, model]);
    commit();
    const copy = await head(model);
    expect(copy.unchanged).toBe(true);
    expect(differences(copy.path, model)).toEqual([]);
  });

  it('says where git has none', async () => {
    const model = join(root, 'model.onnx');
    copyFileSync(SAMPLE, model);
    await expect(head(model)).rejects.toThrow(/has no commit yet/);
    writeFileSync(join(root, 'other'), '');
    git('add', 'other');
    git('commit', '--quiet', '-m', 'other');
    await expect(head(model)).rejects.toThrow(/^model\.onnx is not in HEAD/);
    const outside = join(scratch, 'outside.onnx');
    copyFileSync(SAMPLE, outside);
    await expect(head(outside)).rejects.toThrow(/is not in a git repository/);
    await expect(copyHead(model, { git: join(root, 'no-git'), folder, companions })).rejects.toThrow(
      /git was not found/,
    );
  });

  it('is what a Git LFS pointer stands for, where that is on this computer', async () => {
    const model = join(root, 'model.onnx');
    const content = readFileSync(SAMPLE);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.length}\n`;
    writeFileSync(model, pointer);
    commit();
    writeFileSync(model, content);
    await expect(head(model)).rejects.toThrow(/^HEAD holds a Git LFS pointer for model\.onnx.*git lfs fetch/);

    const store = join(root, '.git', 'lfs', 'objects', sha256.slice(0, 2), sha256.slice(2, 4));
    mkdirSync(store, { recursive: true });
    writeFileSync(join(store, sha256), content);
    const copy = await head(model);
    expect(differences(copy.path, model)).toEqual([]);
  });

  it('comes with its external data, and says what HEAD lacks of it', async () => {
    const model = join(root, 'model.onnx');
    const external = (name: string, location: string) => {
      const tensor = makeTensor(name, 'float32', [4], new Uint8Array(0));
      tensor.dataLocation = 1;
      tensor.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
      return tensor;
    };
    const proto = makeModel({
      name: 'external',
      node: [
        makeNode('Add', ['x', 'a'], ['y'], {}, { name: 'first' }),
        makeNode('Add', ['y', 'b'], ['z'], {}, { name: 'second' }),
      ],
      initializer: [external('a', 'data/a.bin'), external('b', 'b.bin')],
      input: [makeValueInfo('x', 'float32', [4])],
      output: [makeValueInfo('z', 'float32', [4])],
    });
    writeFileSync(model, toBinary(ModelProtoSchema, proto));
    mkdirSync(join(root, 'data'));
    const floats = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
    writeFileSync(join(root, 'data', 'a.bin'), floats(1, 2, 3, 4));
    writeFileSync(join(root, 'b.bin'), floats(5, 6, 7, 8));
    writeFileSync(join(root, '.gitignore'), 'b.bin\n');
    commit();
    writeFileSync(join(root, 'data', 'a.bin'), floats(1, 2, 3, 5));

    const copy = await head(model);
    expect(copy.unchanged).toBe(false);
    expect(copy.missing).toEqual([
      expect.stringMatching(/^HEAD does not hold b\.bin, which has weights of model\.onnx/),
    ]);
    expect(differences(copy.path, model)).toEqual([['first', 'changed', ['weight a']]]);
    const report = compareFiles({ before: copy.path, after: model, choice: { dims: {}, shapes: {} } });
    // Whether the other one differs is unknown.
    expect(report.layers[1]?.weights).toMatchObject([{ before: { name: 'b' }, identical: null }]);
    expect(report.warnings).toEqual([
      'model.onnx keeps weights in b.bin, which is missing.',
      expect.stringMatching(/^Weights of a layer were not compared/),
    ]);
  });
});
