import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CheckSettings, checkBudgets } from '../../../src/budgets/check';
import { parseBudgets } from '../../../src/budgets/config';
import type { MeasuredFigures, MeasureRequest } from '../../../src/budgets/measured';
import { makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { ModelError } from '../../../src/model/modelError';
import type { LimitReport } from '../../../src/protocol/budgets';
import type { TargetLayer } from '../../../src/protocol/targets';
import { makeModel, SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from '../support';
import { writeProduct, writeQuantizedProduct } from './models';

const folder = scratchFolder();

beforeAll(() => {
  writeProduct(join(folder, 'float.onnx'), 20);
  writeQuantizedProduct(join(folder, 'int8.onnx'), 20);
  copyFileSync(SAMPLE_TFLITE, join(folder, 'sample.tflite'));
  writeFileSync(join(folder, 'damaged.onnx'), 'no model');
  // Its sizes follow from values that are known only when it runs.
  writeModel(
    makeModel({
      name: 'unsized',
      node: [makeNode('Reshape', ['x', 'shape'], ['y']), makeNode('MatMul', ['y', 'y'], ['z'])],
      input: [makeValueInfo('x', 'float32', [4, 4]), makeValueInfo('shape', 'int64', [2])],
      output: [makeValueInfo('z', 'float32', ['rows', 'columns'])],
    }),
    join(folder, 'unsized.onnx'),
  );
});

const SETTINGS: CheckSettings = {
  base: folder,
  files: null,
  shard: null,
  memory: null,
  advise: () => [],
  against: null,
  measure: null,
};

async function limitsOf(
  fields: string,
  model = 'float.onnx',
  change: Partial<CheckSettings> = {},
): Promise<LimitReport[]> {
  const text = `{ "budgets": [{ "models": "${model}", ${fields} }] }`;
  const report = await checkBudgets(parseBudgets(join(folder, 'caliper.json'), text), {
    ...SETTINGS,
    ...change,
  });
  return report.models.flatMap(({ limits }) => limits);
}

/** 100 by 20 weights of 4 bytes; outputs of 20 elements. */
const WEIGHTS = 8000;

describe('a limit', () => {
  it.each([
    [`"parameters": 2000`, 'fits', 2000, undefined],
    [`"parameters": 1999`, 'over', 2000, '1 over'],
    [`"weightBytes": ${WEIGHTS}`, 'fits', WEIGHTS, undefined],
    [`"weightBytes": "7.9 kB"`, 'over', WEIGHTS, '100 B over'],
    [`"weightBytes": { "float32": "7 kB" }`, 'over', WEIGHTS, '1.00 kB over'],
    [`"weightBytes": { "int8": 0 }`, 'fits', 0, undefined],
    [`"macs": 2000`, 'fits', 2000, undefined],
    [`"macs": "1 k"`, 'over', 2000, '1.00 k over'],
    // 100 floats in, and 20 out of the product: what lives while it runs.
    [`"peakActivation": 480`, 'fits', 480, undefined],
    [`"peakActivation": 479`, 'over', 480, '1 B over'],
    [`"operators": { "allowed": ["MatMul", "Relu"] }`, 'fits', 0, undefined],
    [`"operators": { "allowed": ["MatMul"] }`, 'over', 1, '1 operator too many'],
    [`"operators": { "forbidden": ["Relu", "MatMul"] }`, 'over', 2, '2 operators too many'],
    [`"operators": { "forbidden": ["Conv"] }`, 'fits', 0, undefined],
    [`"opset": 17`, 'fits', 17, undefined],
    [`"opset": 16`, 'over', 17, '1 too new'],
    [`"opset": { "min": 19 }`, 'over', 17, '2 too old'],
    [`"version": 8`, 'fits', 8, undefined],
    [`"version": 7`, 'over', 8, '1 too new'],
    [`"precision": { "float16": "0 %" }`, 'fits', 0, undefined],
    [`"precision": { "int8": "95 %" }`, 'over', 0, '95.0 points short'],
  ])('%s is kept or not: %s', async (fields, status, measured, over) => {
    const [limit, ...others] = await limitsOf(fields);
    expect(others).toEqual([]);
    expect(limit).toMatchObject({ status, measured });
    expect(limit?.over).toBe(over);
  });

  it('on the size of the file counts it to the byte, and on the download what gzip makes of it', async () => {
    const bytes = statSync(join(folder, 'float.onnx')).size;
    expect(await limitsOf(`"fileSize": ${bytes}`)).toMatchObject([{ status: 'fits', measured: bytes }]);
    expect(await limitsOf(`"fileSize": ${bytes - 1}`)).toMatchObject([{ status: 'over', over: '1 B over' }]);
    const packed = gzipSync(readFileSync(join(folder, 'float.onnx'))).length;
    expect(await limitsOf(`"downloadSize": ${packed}`)).toMatchObject([{ status: 'fits', measured: packed }]);
  });

  it('on a precision looks at what is stored before it is decoded', async () => {
    expect(
      await limitsOf('"precision": { "int8": "100 %", "int4-weights": "1 %" }', 'int8.onnx'),
    ).toMatchObject([
      { subject: 'int8', status: 'fits', measured: 1 },
      { subject: 'int4-weights', status: 'over', measured: 0 },
    ]);
  });

  it.skipIf(!existsSync(SHARED_TFLITE))(
    'on a precision knows what TensorFlow Lite stores (../shared/models)',
    async () => {
      const name = 'mlperf_tiny_ic_resnet8';
      for (const kind of ['int8', 'float']) {
        copyFileSync(resolve(SHARED_TFLITE, `${name}_${kind}.tflite`), join(folder, `${kind}.tflite`));
        expect(await limitsOf('"precision": { "int8": "95 %" }', `${kind}.tflite`)).toMatchObject([
          { status: kind === 'int8' ? 'fits' : 'over', measured: kind === 'int8' ? 1 : 0 },
        ]);
      }
    },
  );

  it('on an arena is for formats whose engine has one', async () => {
    expect(await limitsOf('"arena": "2 MB"', 'sample.tflite')).toMatchObject([
      { status: 'fits', measured: 1_032_960 },
    ]);
    expect(await limitsOf('"arena": "1 MB"', 'sample.tflite')).toMatchObject([{ status: 'over' }]);
    expect(await limitsOf('"arena": "2 MB"')).toMatchObject([
      { status: 'unknown', reason: expect.stringContaining('plan no arena ahead') },
    ]);
  });

  it('on a target is that of its rules and of its layers', async () => {
    expect(await limitsOf('"targets": "mlkit"')).toMatchObject([
      {
        subject: 'mlkit',
        status: 'over',
        help: expect.arrayContaining(['Convert the model to TensorFlow Lite.']),
      },
    ]);
    expect(await limitsOf('"targets": ["xnnpack"]')).toMatchObject([
      { status: 'over', over: 'it takes no files of this format' },
    ]);
    expect(await limitsOf('"targets": ["xnnpack"]', 'sample.tflite')).toMatchObject([
      { status: 'fits', measured: 1 },
    ]);
  });

  it('on a part of a model that runs on a target counts what is not known for neither side', async () => {
    const layer = (where: TargetLayer['where'], macs: number): TargetLayer => ({
      ...{ id: where, name: where, op: 'Conv', depth: 0, where, macs, knownMacs: macs },
    });
    const layers = [layer('there', 90), layer('unknown', 4), layer('falls back', 6)];
    const target = () => ({
      takes: true,
      rules: [],
      layers,
      changes: [{ rule: 'r', fix: 'Replace it.', ops: ['Conv'], layers: 1, macs: 6, first: 'falls back' }],
      summary: {
        ...{ there: 1, fallsBack: 1, unknown: 1, macs: 100, knownMacs: 100, macsThere: 90, share: 0.9 },
        ...{ atLeast: true, partitions: 1, switches: 1 },
      },
    });
    const limit = (share: string) =>
      limitsOf(`"targets": { "xnnpack": "${share}" }`, 'float.onnx', { target });
    expect(await limit('90 %')).toMatchObject([{ status: 'fits', measured: 0.9 }]);
    expect(await limit('93 %')).toMatchObject([{ status: 'unknown', measured: null }]);
    expect(await limit('95 %')).toMatchObject([
      { status: 'over', found: 'at most 94.0 %', over: '1.0 points short', help: ['Conv: Replace it.'] },
    ]);
    expect(await limitsOf('"targets": ["xnnpack"]', 'float.onnx', { target })).toMatchObject([
      { status: 'over', over: '1 layer does not run there' },
    ]);
  });

  it('on what is not known is neither kept nor broken, unless the part that is known is too much', async () => {
    expect(
      await limitsOf(
        '"macs": "1 G", "peakActivation": "1 MB", "peakActivation2": 1'.replace(', "peakActivation2": 1', ''),
        'unsized.onnx',
      ),
    ).toMatchObject([
      {
        status: 'unknown',
        measured: null,
        reason: expect.stringContaining('sizes of some tensors are not known'),
      },
      { status: 'unknown', measured: null },
    ]);
    // The two inputs alone take 64 and 16 bytes.
    expect(await limitsOf('"peakActivation": 70', 'unsized.onnx')).toMatchObject([
      { status: 'over', measured: null, found: 'at least 80 B', over: 'at least 10 B over' },
    ]);
  });

  it('of a model that cannot be read, or that is not there, is unknown, and the others are checked', async () => {
    const reports = await limitsOf('"macs": "1 G"', '{damaged,float}.onnx');
    expect(reports).toMatchObject([
      { rule: 'model', status: 'unknown' },
      { rule: 'macs', status: 'fits' },
    ]);
    expect(await limitsOf('"macs": 1', 'nothing.onnx')).toMatchObject([
      {
        rule: 'model',
        status: 'unknown',
        reason: 'no model matches nothing.onnx; **/nothing.onnx also looks in folders.',
      },
    ]);
  });
});

describe('a limit that is measured', () => {
  const FIELDS =
    '"latency": { "reference": "int8.onnx", "max": "1.1×" }, "accuracy": { "reference": "int8.onnx", "data": "photos", "top1": "70 %", "agreement": "95 %", "sqnr": "30 dB" }';
  const measured = (change: Partial<MeasuredFigures> = {}): MeasuredFigures => ({
    latencyMs: null,
    relative: { ratio: 1.0, ci95: [0.98, 1.02] },
    accuracy: { top1: { before: 0.8, after: 0.75 }, top1Agreement: 0.96, sqnrDb: 31, identical: false },
    ...change,
  });

  it('is not checked unless somebody asks', async () => {
    expect((await limitsOf(FIELDS)).map(({ status }) => status)).toEqual(Array(4).fill('unmeasured'));
  });

  it('is checked by one run of the model and its reference', async () => {
    const asked: MeasureRequest[] = [];
    const measure = async (request: MeasureRequest) => {
      asked.push(request);
      return measured();
    };
    expect((await limitsOf(FIELDS, 'float.onnx', { measure })).map(({ status }) => status)).toEqual(
      Array(4).fill('fits'),
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      model: join(folder, 'float.onnx'),
      reference: join(folder, 'int8.onnx'),
      latency: true,
      data: { data: join(folder, 'photos') },
    });
  });

  it.each([
    [{ relative: { ratio: 1.3, ci95: [1.2, 1.4] as const } }, ['over', 'fits', 'fits', 'fits']],
    // The interval holds the limit: two runs of one model differ as much.
    [{ relative: { ratio: 1.12, ci95: [1.08, 1.16] as const } }, ['unknown', 'fits', 'fits', 'fits']],
    [{ relative: null }, ['unknown', 'fits', 'fits', 'fits']],
    [
      {
        accuracy: { top1: { before: 0.8, after: 0.69 }, top1Agreement: 0.94, sqnrDb: 29.9, identical: false },
      },
      ['fits', 'over', 'over', 'over'],
    ],
    [
      { accuracy: { top1Agreement: null, sqnrDb: null, identical: true } },
      ['fits', 'unknown', 'unknown', 'fits'],
    ],
    [
      { accuracy: { top1Agreement: null, sqnrDb: null, identical: false } },
      ['fits', 'unknown', 'unknown', 'unknown'],
    ],
  ])('%j is judged', async (change, expected) => {
    const limits = await limitsOf(FIELDS, 'float.onnx', { measure: async () => measured(change) });
    expect(limits.map(({ status }) => status)).toEqual(expected);
  });

  it('is unknown where the run failed, with its sentence', async () => {
    const measure = async () => {
      throw new ModelError('The data lies nowhere.');
    };
    const limits = await limitsOf(FIELDS, 'float.onnx', { measure });
    expect(limits).toMatchObject(Array(4).fill({ status: 'unknown', reason: 'The data lies nowhere.' }));
  });

  it('of a named device is in milliseconds', async () => {
    const latencyMs = { median: 12, p90: null, ci95: [11.5, 12.5] as [number, number] };
    const measure = async () => measured({ latencyMs, relative: null });
    const limit = (most: number) =>
      limitsOf(`"latency": { "device": "ssh:pi@board", "maxMs": ${most} }`, 'float.onnx', { measure });
    expect(await limit(13)).toMatchObject([{ status: 'fits', measured: 12 }]);
    expect(await limit(11)).toMatchObject([{ status: 'over', over: '1 ms over' }]);
  });
});
