import { describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE, scratchFolder } from '../../test/unit/support';
import { openModel } from '../formats';
import { adaptedEngine } from '../runtime/adaptedEngine';
import type { Engine } from '../runtime/engine';
import { modelInputs } from '../runtime/inputs';
import { litert } from '../runtime/litert';
import { onnxRuntime } from '../runtime/onnxruntime';
import { tfjsTflite } from '../runtime/tfjsTflite';
import { numberedPaths } from './bench';
import { sqnrByTensor, type TensorPair } from './layerSqnr';
import { randomSamples } from './randomSamples';

const newPath = numberedPaths(scratchFolder(), SAMPLE);

function engineOf(path: string, forTflite: Engine): Engine {
  const file = openModel(path);
  file.close();
  return file.format.id === 'onnx' ? onnxRuntime : forTflite;
}

/** The sample in ONNX against the sample in TensorFlow Lite; decibels in the order of the pairs. */
async function sqnr(engine: Engine, pairs: readonly TensorPair[]) {
  const file = openModel(SAMPLE);
  try {
    const { graph } = file.infer({ dims: {}, shapes: {} });
    const inputs = modelInputs(graph);
    const adapted = adaptedEngine(inputs, [onnxRuntime, engine], (path) => engineOf(path, engine));
    const bench = { engine: adapted, open: openModel, threads: 1, newPath };
    const samples = randomSamples(file, graph, 1)(0, 2);
    const found = await sqnrByTensor(bench, SAMPLE, SAMPLE_TFLITE, [pairs], samples, () => {});
    return pairs.map(({ before }) => found.get(before));
  } finally {
    file.close();
  }
}

const TO_NCHW = [0, 3, 1, 2];
const RELU6 =
  'functional_1/re_lu_1/Relu6;functional_1/conv2d_1/BiasAdd;functional_1/conv2d_1/convolution;functional_1/conv2d_1/Squeeze1';
const CLIP = '/features/features.0/features.0.2/Clip_output_0';

describe.each([litert, tfjsTflite])('SQNR of layers of ONNX Runtime and $name', (engine) => {
  it('finds the same in a network and in its copy with channels last', async () => {
    const decibels = await sqnr(engine, [
      { before: CLIP, after: RELU6, permutation: TO_NCHW },
      {
        before: '/features/features.3/Add_output_0',
        after: 'functional_1/add_1/Add',
        permutation: TO_NCHW,
      },
      { before: 'logits', after: 'StatefulPartitionedCall_1:0' },
    ]);
    for (const value of decibels) expect(value).toBeGreaterThan(100);
  });

  it('finds a difference where layers are not the same, or not laid out alike', async () => {
    const [alike, other, smaller] = await sqnr(engine, [
      { before: CLIP, after: RELU6 },
      { before: 'logits', after: 'functional_1/add_1/Add' },
      {
        before: '/features/features.3/Add_output_0',
        after: 'functional_1/add_1_2/Add',
        permutation: TO_NCHW,
      },
    ]);
    expect(alike).toBeLessThan(10);
    expect([other, smaller]).toEqual([null, null]);
  });
});
