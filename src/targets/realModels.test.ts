import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownKernels } from '../../test/unit/ownKernels';
import {
  nativeLibrary,
  realTfliteModels,
  SAMPLE_TFLITE,
  SHARED_TFLITE,
  scratchFolder,
} from '../../test/unit/support';
import { analyze } from '../analysis/inspect';
import { openModel } from '../formats';
import { useLiteRt } from '../runtime/engines';
import { microMemory } from './micro/memory';
import { mlkit } from './mlkit';
import { targetReport } from './report';
import { edgetpu } from './tables/edgetpu';
import { neuralEngine } from './tables/neuralEngine';
import { xnnpack } from './tables/xnnpack';
import type { Target } from './target';

const folder = scratchFolder();
const shared = (name: string) => join(SHARED_TFLITE, `${name}.tflite`);
const present = (name: string) => realTfliteModels().includes(shared(name));

function reportOf(path: string, target: Target) {
  const file = openModel(path);
  try {
    return targetReport(file, analyze(file, { dims: {}, shapes: {} }), target);
  } finally {
    file.close();
  }
}

function memoryOf(path: string) {
  const file = openModel(path);
  try {
    return microMemory(analyze(file, { dims: {}, shapes: {} }).inference.graph);
  } finally {
    file.close();
  }
}

/**
 * What tflite-micro 0.dev20261023182759 from PyPI, the interpreter itself on 64 bits, says of the arena of each model:
 * in all, and of activations at its head.
 */
const RECORDED: readonly (readonly [name: string, total: number, head: number])[] = [
  ['aieq_conv_fc_mnist', 33_296, 31_360],
  ['aieq_conv_fc_mnist_srq_a8w8', 10_192, 7_840],
  ['basic_pitch_nmp', 5_426_048, 5_388_416],
  ['dtln_model_1', 16_512, 9_216],
  ['mlperf_tiny_ic_resnet8_float', 203_376, 196_608],
  ['mlperf_tiny_ic_resnet8_int8', 55_984, 49_152],
  ['mlperf_tiny_kws_dscnn_int8', 24_272, 16_000],
  ['mlperf_tiny_vww_96_float', 324_800, 294_912],
  ['mlperf_tiny_vww_96_int8', 103_680, 73_728],
  ['mobilenet_v1_0.25_224_float', 1_643_520, 1_605_632],
];

/**
 * Silicon Labs publishes `runtime_memory_size: 53972` of MLPerf Tiny's image classification model on a 32-bit Cortex-M33:
 * https://github.com/SiliconLabs/mltk/blob/master/mltk/models/tinyml/image_classification.py (commit 01a8b7b).
 */
const PUBLISHED_RESNET8 = 53_972;
const NEAR = 0.1;

describe('the arena of TensorFlow Lite Micro', () => {
  it.skipIf(!present('mlperf_tiny_ic_resnet8_int8'))(
    'is within 10 % of what is published of ResNet-8',
    () => {
      const { bytes } = memoryOf(shared('mlperf_tiny_ic_resnet8_int8'));
      expect(Math.abs((bytes ?? 0) / PUBLISHED_RESNET8 - 1)).toBeLessThan(NEAR);
    },
  );

  it.skipIf(!present('mlperf_tiny_ic_resnet8_int8')).each(RECORDED)(
    'holds the activations of %s as the interpreter places them',
    (name, total, head) => {
      const { bytes, activations } = memoryOf(shared(name));
      expect(activations).toBe(head);
      // Pointers have half the size on 32 bits: what is kept is smaller, and never the larger part.
      expect(bytes).toBeLessThanOrEqual(total);
      expect(bytes).toBeGreaterThan(total * (1 - NEAR));
    },
  );

  it('is unknown where a size is', () => {
    expect(memoryOf(SAMPLE_TFLITE).bytes).toBeGreaterThan(0);
  });
});

describe('models that were made for a target', () => {
  it.skipIf(!present('coral_mobilenet_v1_0.25_128_quant_edgetpu'))(
    'run on the Edge TPU where its compiler made them',
    () => {
      const { summary, rules } = reportOf(shared('coral_mobilenet_v1_0.25_128_quant_edgetpu'), edgetpu);
      expect(summary).toMatchObject({ there: 1, fallsBack: 0, unknown: 0, partitions: 1, switches: 0 });
      expect(rules.map(({ status }) => status)).toEqual(['pass']);
    },
  );

  it.skipIf(!present('mobilenet_v1_0.25_224_quant'))(
    'run there whole after compiling, as Coral’s MobileNet does',
    () => {
      expect(reportOf(shared('mobilenet_v1_0.25_224_quant'), edgetpu).summary).toMatchObject({
        there: 31,
        fallsBack: 0,
        share: 1,
        switches: 0,
      });
      expect(reportOf(shared('mobilenet_v1_0.25_224_float'), edgetpu).summary).toMatchObject({
        there: 0,
        fallsBack: 31,
      });
    },
  );

  it.skipIf(!present('mlkit_object_labeler'))(
    'meet every rule of ML Kit, which says nothing of layers',
    () => {
      const { rules, layers, summary } = reportOf(shared('mlkit_object_labeler'), mlkit);
      expect(new Set(rules.map(({ status }) => status))).toEqual(new Set(['pass']));
      expect([layers, summary]).toEqual([null, undefined]);
    },
  );
});

describe('the Neural Engine', () => {
  const coreml = (name: string) => resolve('../shared/models/coreml', name);
  const trial = resolve('test/trials/coreml/plain.mlpackage');

  it('is never promised, and denied to float32 alone', () => {
    const { summary, layers } = reportOf(trial, neuralEngine);
    expect(summary?.there).toBe(0);
    expect(
      layers?.filter(({ where }) => where === 'falls back').every(({ rule }) => rule === 'precision'),
    ).toBe(true);
  });

  it.skipIf(!existsSync(coreml('MNIST_ph1ps.mlmodel')))(
    'is left to Core ML for neural networks, which state no precision',
    () => {
      expect(reportOf(coreml('MNIST_ph1ps.mlmodel'), neuralEngine).summary).toMatchObject({
        fallsBack: 0,
        there: 0,
      });
      const half = reportOf(coreml('dtln_aec_128_part1_fp16.mlpackage'), neuralEngine);
      expect(half.layers?.some(({ where, rule }) => where === 'unknown' && rule === 'undocumented')).toBe(
        true,
      );
      expect(half.layers?.some(({ where, rule }) => where === 'falls back' && rule === 'precision')).toBe(
        true,
      );
      expect(half.rules).toMatchObject([
        { rule: 'size', status: 'pass' },
        { rule: 'sizes', status: 'unknown' },
      ]);
    },
  );
});

const library = nativeLibrary();

describe.skipIf(library === null)('XNNPACK as LiteRT really uses it', () => {
  beforeAll(() => useLiteRt({ library, environments: [] }, async () => {}));
  afterAll(() => useLiteRt({ library: null, environments: [] }, async () => {}));

  // The other shared models take longer: bench/targets-xnnpack.ts looks at them all.
  const models = [
    SAMPLE_TFLITE,
    ...[
      'aieq_conv_fc_mnist_srq_a8w8',
      'dtln_model_1',
      'mlperf_tiny_vww_96_int8',
      'mobilenet_v1_0.25_224_float',
    ]
      .filter(present)
      .map(shared),
  ];

  it.each(models.map((path) => [basename(path), path]))(
    'takes the layers of %s that the table says',
    async (_, path) => {
      const own = await ownKernels(path, folder);
      expect(own).toBeInstanceOf(Set);
      const { layers } = reportOf(path, xnnpack);
      const elsewhere = (layers ?? []).filter(({ depth, where }) => depth === 0 && where === 'falls back');
      expect(elsewhere.map(({ id }) => Number(id))).toEqual(
        [...(own as ReadonlySet<number>)].sort((a, b) => a - b),
      );
    },
  );
});
