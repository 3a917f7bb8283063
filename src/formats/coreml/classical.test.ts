import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode, type ModelInit } from '../../../test/unit/coreml';
import { scratchFolder } from '../../../test/unit/support';
import { inspect } from '../../analysis/inspect';
import { openModel } from '../index';

const folder = scratchFolder();
let written = 0;

function open(model: ModelInit) {
  const path = join(folder, `${written++}.mlmodel`);
  writeFileSync(path, encode({ specificationVersion: 4, ...model }));
  return openModel(path);
}

const inspected = (model: ModelInit) => inspect(open(model), { dims: {}, shapes: {} });

// Messages by hand: tag and length before the content.
const message = (field: number, ...contents: Buffer[]) => {
  const content = Buffer.concat(contents);
  const length = content.length;
  const size =
    length < 128
      ? [length]
      : length < 16_384
        ? [(length % 128) | 128, length >> 7]
        : [(length % 128) | 128, ((length >> 7) % 128) | 128, length >> 14];
  return Buffer.concat([Buffer.from([field * 8 + 2, ...size]), content]);
};
/** Numbers from 1 on. */
const doubles = (field: number, count: number) =>
  message(field, Buffer.from(Float64Array.from({ length: count }, (_, at) => at + 1).buffer));
const double = (field: number) => Buffer.concat([Buffer.from([field * 8 + 1]), Buffer.alloc(8, 1)]);
const repeat = (count: number, part: Buffer) => new Array<Buffer>(count).fill(part);

const KERNEL = message(1, message(1));

describe('parameters of a classical model', () => {
  it.each<[string, ModelInit, number, number | null]>([
    ['a linear regressor', { glmRegressor: Buffer.concat([message(1, doubles(1, 5)), doubles(2, 1)]) }, 6, 5],
    [
      'a linear classifier that stays on disk',
      { glmClassifier: Buffer.concat([...repeat(4, message(1, doubles(1, 900))), doubles(2, 4)]) },
      3604,
      3600,
    ],
    [
      'a support vector regressor',
      {
        supportVectorRegressor: Buffer.concat([
          KERNEL,
          message(3, ...repeat(100, message(1, doubles(1, 30)))),
          message(4, doubles(1, 100)),
          double(5),
        ]),
      },
      3101,
      null,
    ],
    [
      'a support vector classifier',
      {
        supportVectorClassifier: Buffer.concat([
          KERNEL,
          message(4, ...repeat(4, message(1, doubles(1, 3)))),
          ...repeat(2, message(5, doubles(1, 4))),
          doubles(6, 3),
          doubles(7, 3),
          doubles(8, 3),
        ]),
      },
      29,
      null,
    ],
    ['numbers that come one by one', { glmRegressor: message(1, ...repeat(3, double(1))) }, 3, 3],
    ['a scaler', { scaler: Buffer.concat([doubles(1, 4), doubles(2, 4)]) }, 8, 0],
    ['a model that changes features', { normalizer: Buffer.from([8, 1]) }, 0, 0],
  ])('of %s are counted', (_, model, parameters, macs) => {
    const { totals, layers, problems } = inspected(model);
    const counted = { parameters, parameterBytes: 8 * parameters, macs };
    expect(layers).toMatchObject([counted]);
    expect(totals).toMatchObject({ ...counted, knownParameters: parameters, layers: 1 });
    expect(problems).toEqual([]);
  });

  it.each<[string, ModelInit, number | null]>([
    ['trees', { treeEnsembleRegressor: new Uint8Array(10_000) }, 0],
    ['features that Core ML makes', { visionFeaturePrint: Buffer.from([8, 1]) }, null],
    ['nearest neighbours', { kNearestNeighborsClassifier: new Uint8Array(3) }, null],
    [
      'sparse support vectors',
      {
        supportVectorClassifier: Buffer.concat([
          message(3, message(1, message(1, double(2)))),
          message(5, doubles(1, 4)),
        ]),
      },
      null,
    ],
  ])('of %s are unknown', (_, model, macs) => {
    const { totals, layers } = inspected(model);
    const unknown = { parameters: null, parameterBytes: null, macs };
    expect(layers).toMatchObject([unknown]);
    expect(totals).toMatchObject({ ...unknown, knownParameters: 0, knownParameterBytes: 0 });
  });

  it.each([
    ['cut', message(1, doubles(1, 5)).subarray(0, -3)],
    ['of half a number', message(1, message(1, Buffer.alloc(12)))],
    ['no list', message(1, Buffer.from([8, 1]))],
  ])('are unknown, and a problem, where the list is %s', (_, glmRegressor) => {
    const { totals, problems } = inspected({ glmRegressor });
    expect(totals.parameters).toBeNull();
    expect(problems).toMatchObject([{ node: 'glmRegressor', message: expect.stringContaining('damaged') }]);
  });

  it('leave a pipeline with the part that is known', () => {
    const features = (input: string, output: string) => ({
      input: [{ name: input }],
      output: [{ name: output }],
    });
    const linear = { glmRegressor: message(1, doubles(1, 5)) };
    type Init = { glmRegressor: Buffer } | { treeEnsembleRegressor: Buffer };
    const model = (init: Init, at: number) => ({
      ...init,
      specificationVersion: 4,
      description: features(`x${at}`, `x${at + 1}`),
    });
    const pipeline = (...models: Init[]) => ({
      description: features('x0', `x${models.length}`),
      pipeline: { names: ['same', 'same', 'same'], models: models.map(model) },
    });
    expect(inspected(pipeline(linear, linear)).totals).toMatchObject({ parameters: 10, macs: 10 });
    const { totals, layers } = inspected(
      pipeline(linear, linear, { treeEnsembleRegressor: Buffer.alloc(9) }),
    );
    expect(totals).toMatchObject({ parameters: null, knownParameters: 10, knownParameterBytes: 80 });
    expect(layers.map(({ parameters }) => parameters)).toEqual([5, 5, null]);
  });
});

describe('a classical model', () => {
  it('is one row that says what it is, with numbers that can be read', () => {
    const file = open({
      description: { input: [{ name: 'x' }], output: [{ name: 'y' }] },
      glmClassifier: Buffer.concat(repeat(2, message(1, doubles(1, 900)))),
    });
    const [node] = file.model.graph.nodes;
    expect(node).toMatchObject({
      op: 'glmClassifier',
      inputs: ['x', 'glmClassifier.weights'],
      outputs: ['y'],
    });
    expect(node?.attributes).toEqual([{ name: 'stored bytes', value: 2 * (900 * 8 + 6) }]);
    const [only] = file.parameterTensors(file.model.graph);
    expect(only?.tensor.shape).toEqual([2, 900]);
    const { values } = only ? file.readTensor(only.tensor) : { values: [] };
    expect([values[0], values[899], values[900], values[1799]]).toEqual([1, 900, 1, 900]);
  });

  it('is written as it was', () => {
    const file = open({ treeEnsembleRegressor: new Uint8Array(10_000) });
    const copy = join(folder, 'copy.mlmodel');
    file.write(copy);
    expect(readFileSync(copy).equals(readFileSync(file.model.file))).toBe(true);
  });
});
