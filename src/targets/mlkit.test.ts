import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, SAMPLE, SHARED_TFLITE, scratchFolder } from '../../test/unit/support';
import { type MadeTensor, makeTflite, reopenTflite } from '../../test/unit/tflite';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { encodePart } from '../formats/tflite/encode';
import { tflite } from '../formats/tflite/format';
import type { Metadata, TensorMetadata } from '../formats/tflite/metadata';
import type { Table } from '../formats/tflite/tables';
import type { RuleReport } from '../protocol/reports';
import { check } from './checks';
import { mlkit } from './mlkit';
import { targetOf, targetsFor } from './targets';

const folder = scratchFolder();
const INT8 = 9;
const UINT8 = 3;
const GRAYSCALE = 2;
const AXIS_LABELS = 2;

interface Made {
  readonly inputs?: readonly MadeTensor[];
  readonly outputs?: readonly MadeTensor[];
  readonly op?: string;

  readonly inputMetadata?: TensorMetadata;
  readonly outputMetadata?: readonly TensorMetadata[];
  /** null: no metadata at all. */
  readonly metadata?: null;
  readonly labels?: string;
}

const classes: TensorMetadata = { associatedFiles: [{ name: 'labels.txt', type: AXIS_LABELS }] };
const quantization = { scale: [1 / 256], zeroPoint: [0] };

function image(
  mean: readonly number[] | null,
  std: readonly number[] = mean ?? [],
  colorSpace = 1,
): TensorMetadata {
  return {
    content: { contentProperties: { table: 'ImageProperties', value: { colorSpace } } },
    ...(mean && { processUnits: [{ options: { table: 'NormalizationOptions', value: { mean, std } } }] }),
  };
}

/** A classifier of three classes that follows every rule, but for what is given. */
function classifier(made: Made): ModelFile {
  const inputs = made.inputs ?? [{ shape: [1, 8, 8, 3] }];
  const outputs = made.outputs ?? [{ shape: [1, 3] }];
  const named = (letter: string, tensors: readonly MadeTensor[]) =>
    tensors.map((tensor, index): [string, MadeTensor] => [`${letter}${index}`, tensor]);
  const [x, y] = [named('x', inputs), named('y', outputs)];
  const names = (tensors: readonly [string, MadeTensor][]) => tensors.map(([name]) => name);
  const tables = makeTflite({
    tensors: Object.fromEntries([...x, ...y]),
    inputs: names(x),
    outputs: names(y),
    operators: [{ op: made.op ?? 'Classify', inputs: names(x), outputs: names(y) }],
  });
  if (made.metadata === null) return reopenTflite(tables, folder);
  const metadata: Metadata = {
    subgraphMetadata: [
      {
        inputTensorMetadata: [made.inputMetadata ?? image([127.5])],
        outputTensorMetadata: made.outputMetadata ?? outputs.map(() => classes),
      },
    ],
  };
  const buffers = tables.buffers ?? [];
  const data = Buffer.concat(encodePart(metadata as unknown as Table, 'ModelMetadata') as Uint8Array[]);
  const { path } = reopenTflite(
    {
      ...tables,
      buffers: [...buffers, { data: new Uint8Array(data) }],
      metadata: [{ name: 'TFLITE_METADATA', buffer: buffers.length }],
    },
    folder,
  );
  appendFileSync(path, zipSync({ 'labels.txt': new TextEncoder().encode(made.labels ?? 'a\nb\nc\n') }));
  return tflite.open(path);
}

const rulesOf = (file: ModelFile): RuleReport[] => check(file, mlkit).rules;

/** Rules that do not pass, and why. */
function found(file: ModelFile): Record<string, string> {
  const open = rulesOf(file).filter(({ status }) => status !== 'pass');
  return Object.fromEntries(open.map(({ rule, status, reason }) => [rule, `${status}: ${reason}`]));
}

const uint8 = { shape: [1, 8, 8, 3], type: UINT8, quantization };

describe('a classifier for ML Kit', () => {
  it.each<[string, Made]>([
    ['of floats', {}],
    ['with a mean for each channel', { inputMetadata: image([1, 2, 3], [4, 5, 6]) }],
    ['without a stated colour space', { inputMetadata: image([0], [255], 0) }],
    ['with scores of four dimensions', { outputs: [{ shape: [1, 1, 1, 3] }] }],
    [
      'quantized, which needs no normalization',
      {
        inputs: [uint8],
        inputMetadata: image(null),
        outputs: [{ shape: [1, 3], type: UINT8, quantization }],
      },
    ],
  ])('%s passes every rule', (_, made) => {
    const rules = rulesOf(classifier(made));
    expect(rules.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(rules.map(({ rule }) => rule)).toEqual(mlkit.rules.map(({ id }) => id));
  });

  const failing: [rule: string, what: string, made: Made, reason: string][] = [
    ['one-input', 'two inputs', { inputs: [{ shape: [1, 8, 8, 3] }, { shape: [1] }] }, 'has 2 inputs'],
    ['input-shape', 'channels first', { inputs: [{ shape: [1, 3, 8, 8] }] }, '1×3×8×8'],
    ['input-shape', 'three dimensions', { inputs: [{ shape: [8, 8, 3] }] }, '8×8×3'],
    ['input-shape', 'a batch of two', { inputs: [{ shape: [2, 8, 8, 3] }] }, '2×8×8×3'],
    ['input-shape', 'no height', { inputs: [{ shape: [1, 0, 8, 3] }] }, '1×0×8×3'],
    ['input-type', 'INT8', { inputs: [{ ...uint8, type: INT8 }] }, 'INT8'],
    ['normalization', 'none for floats', { inputMetadata: image(null) }, 'no NormalizationOptions'],
    ['normalization', 'no metadata', { metadata: null }, 'no NormalizationOptions'],
    ['normalization-values', 'two means', { inputMetadata: image([1, 2]) }, 'mean 1, 2;'],
    ['normalization-values', 'unequal numbers', { inputMetadata: image([1, 2, 3], [1]) }, 'deviation 1.'],
    ['normalization-values', 'no deviation', { inputMetadata: image([1], []) }, 'missing'],
    ['color-space', 'grey', { inputMetadata: image([1], [1], GRAYSCALE) }, 'GRAYSCALE'],
    ['output-shape', 'a map', { outputs: [{ shape: [1, 4, 4, 3] }] }, '1×4×4×3'],
    ['output-shape', 'three dimensions', { outputs: [{ shape: [1, 1, 3] }] }, '1×1×3'],
    ['output-type', 'INT8', { outputs: [{ shape: [1, 3], type: INT8, quantization }] }, 'INT8'],
    [
      'output-quantization',
      'one of two',
      { outputs: [{ shape: [1, 3] }, { shape: [1, 3], type: UINT8, quantization }] },
      'Of 2 outputs 1 is',
    ],
    ['output-metadata', 'one too many', { outputMetadata: [classes, classes] }, '2 for 1 outputs'],
    ['labels', 'one too few', { labels: 'a\nb' }, '2 labels for 3 classes'],
    [
      'labels',
      'a list that is not packed',
      { outputMetadata: [{ associatedFiles: [{ name: 'other.txt', type: AXIS_LABELS }] }] },
      'other.txt, which output y0 names, is not packed',
    ],
    ['classifier', 'the operator of detectors', { op: 'TFLite_Detection_PostProcess' }, 'detectors'],
    [
      'classifier',
      'bounding boxes',
      {
        outputMetadata: [
          { ...classes, content: { contentProperties: { table: 'BoundingBoxProperties', value: {} } } },
        ],
      },
      'bounding boxes',
    ],
  ];

  it.each(failing)('fails %s with %s', (rule, _, made, reason) => {
    const failed = rulesOf(classifier(made)).filter(({ status }) => status === 'fail');
    expect(failed.map((one) => one.rule)).toEqual([rule]);
    expect(failed[0]?.reason).toContain(reason);
    expect(failed[0]?.fix).toMatch(/\.$/);
  });

  it('fails format with any other, and other rules by what it has', () => {
    expect(found(openModel(SAMPLE))).toMatchObject({
      format: 'fail: It is a file of ONNX.',
      'input-shape': 'fail: It is N×3×96×96.',
    });
    expect(targetsFor(openModel(SAMPLE))).not.toContain(mlkit);
    expect(targetsFor(classifier({}))).toContain(mlkit);
  });

  it.each<[string, string, Made]>([
    ['input-shape', 'open sizes', { inputs: [{ shape: [1, 8, 8, 3], signature: [-1, 8, 8, 3] }] }],
    ['output-shape', 'an open batch', { outputs: [{ shape: [1, 3], signature: [-1, 3] }] }],
    ['output-quantization', 'no scale', { outputs: [{ shape: [1, 3], type: UINT8 }] }],
    ['labels', 'no labels', { outputMetadata: [{}] }],
    ['one-head', 'two classifications', { outputs: [{ shape: [1, 3] }, { shape: [1, 3] }] }],
  ])('leaves %s unknown with %s', (rule, _, made) => {
    expect(Object.entries(found(classifier(made))).map(([name, text]) => [name, text.split(':')[0]])).toEqual(
      [[rule, 'unknown']],
    );
  });

  it('has a failing or unknown case for every rule', () => {
    const covered = new Set([...failing.map(([rule]) => rule), 'format', 'one-head']);
    expect([...covered].sort()).toEqual(mlkit.rules.map(({ id }) => id).sort());
  });

  it('is found by its id, as are the others', () => {
    expect(targetOf('mlkit')).toBe(mlkit);
    expect(() => targetOf('nowhere')).toThrow(/'nowhere': it can be mlkit, xnnpack/);
  });
});

describe('real models (../shared/models)', () => {
  const shared = (name: string) => join(SHARED_TFLITE, `${name}.tflite`);
  const present = (name: string) => realTfliteModels().includes(shared(name));

  it.skipIf(!present('mlkit_object_labeler'))('mlkit_object_labeler follows every rule', () => {
    const rules = rulesOf(openModel(shared('mlkit_object_labeler')));
    expect(rules.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(Object.fromEntries(rules.map(({ rule, reason }) => [rule, reason]))).toMatchObject({
      'input-shape': 'It is 1×224×224×3.',
      'input-type': 'It is UINT8.',
      labels: 'probability-labels.txt has 631.',
    });
  });

  it.skipIf(!present('mobilenet_v1_0.25_224_float_metadata'))(
    'mobilenet_v1_0.25_224_float_metadata follows every rule',
    () => {
      const rules = rulesOf(openModel(shared('mobilenet_v1_0.25_224_float_metadata')));
      expect(rules.filter(({ status }) => status !== 'pass')).toEqual([]);
      expect(Object.fromEntries(rules.map(({ rule, reason }) => [rule, reason]))).toMatchObject({
        'input-type': 'It is FLOAT32.',
        'normalization-values': 'They are: mean 127.5; standard deviation 127.5.',
        'color-space': 'It is RGB.',
        labels: 'labels.txt has 1001.',
      });
    },
  );

  it.skipIf(!present('mlperf_tiny_vww_96_int8'))('mlperf_tiny_vww_96_int8 fails on INT8', () => {
    const failed = rulesOf(openModel(shared('mlperf_tiny_vww_96_int8'))).filter(
      ({ status }) => status === 'fail',
    );
    expect(failed.map(({ rule }) => rule)).toEqual(['input-type', 'output-type']);
  });
});
