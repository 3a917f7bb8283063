import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeTables } from '../../../src/formats/tflite/encode';
import { tflite } from '../../../src/formats/tflite/format';
import { rewriter } from '../../../src/formats/tflite/rewrite';
import { itemAt, present } from '../../../src/model/assert';
import { litert } from '../../../src/runtime/litert';
import { seededNormal } from '../../../src/runtime/random';
import { scratchFolder } from '../support';
import { type MadeOperator, type MadeTensor, makeTflite } from '../tflite';
import { expectEnergies } from './productEnergies';

const folder = scratchFolder();
const normal = seededNormal(11);
const random = (...shape: number[]): MadeTensor & { data: Float32Array } => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => normal()),
});

const [SAME, VALID] = [0, 1];
interface Case {
  readonly op: string;
  readonly weights: number[];
  readonly data: number[];
  readonly output: number[];
  readonly options: MadeOperator['options'] & object;
}

const convolution = (options: object) => ({ table: 'Conv2DOptions', strideH: 1, strideW: 1, ...options });
const depthwise = (options: object) => ({
  table: 'DepthwiseConv2DOptions',
  strideH: 1,
  strideW: 1,
  ...options,
});

/** Products whose bias is zero, whose outputs an engine knows. */
const CASES: Record<string, Case> = {
  'a convolution with strides, padded so that they fit': {
    op: 'CONV_2D',
    weights: [6, 3, 3, 4],
    data: [1, 8, 7, 4],
    output: [1, 4, 7, 6],
    options: convolution({ padding: SAME, strideH: 2 }),
  },
  'a convolution with dilations': {
    op: 'CONV_2D',
    weights: [5, 3, 2, 3],
    data: [1, 9, 6, 3],
    output: [1, 5, 5, 5],
    options: convolution({ padding: VALID, dilationHFactor: 2 }),
  },
  'a convolution in groups': {
    op: 'CONV_2D',
    weights: [6, 2, 2, 2],
    data: [1, 5, 5, 4],
    output: [1, 4, 4, 6],
    options: convolution({ padding: VALID }),
  },
  'a depthwise convolution': {
    op: 'DEPTHWISE_CONV_2D',
    weights: [1, 3, 3, 5],
    data: [1, 7, 7, 5],
    output: [1, 4, 4, 5],
    options: depthwise({ padding: SAME, strideH: 2, strideW: 2, depthMultiplier: 1 }),
  },
  'a depthwise convolution with two outputs a channel': {
    op: 'DEPTHWISE_CONV_2D',
    weights: [1, 3, 3, 8],
    data: [1, 6, 6, 4],
    output: [1, 4, 4, 8],
    options: depthwise({ padding: VALID, depthMultiplier: 2 }),
  },
  'a matrix product': {
    op: 'FULLY_CONNECTED',
    weights: [5, 6],
    data: [4, 6],
    output: [4, 5],
    options: { table: 'FullyConnectedOptions' },
  },
};

function fileOf({ op, weights, data, output, options }: Case, path: string): Float32Array {
  const made = random(...weights);
  // Kernels of convolutions demand a bias.
  const outputs = present(output.at(-1), 'channels');
  const model = makeTflite({
    inputs: ['x'],
    outputs: ['y'],
    tensors: {
      x: { shape: data },
      w: made,
      b: { shape: [outputs], data: new Float32Array(outputs) },
      y: { shape: output },
    },
    operators: [{ op, inputs: ['x', 'w', 'b'], outputs: ['y'], options }],
  });
  writeTables(model, path, null);
  return made.data;
}

describe('what a product of TensorFlow Lite is given', () => {
  for (const [at, [what, one]] of Object.entries(CASES).entries()) {
    it(`explains the energy of each output of ${what}`, async () => {
      const path = join(folder, `${at}.tflite`);
      const weights = fileOf(one, path);
      const file = tflite.open(path);
      const product = present(itemAt(rewriter.plan(file).nodes, 0).product ?? undefined, 'product');
      file.close();
      const { shape, data } = random(...one.data);
      const session = await litert.load(path, { threads: 1 });
      try {
        const { y } = await session.run({ x: { type: 'float32', shape: [...shape], data } });
        expectEnergies({ product, weights, data, shape, output: present(y, 'y') });
      } finally {
        await session.close();
      }
    });
  }

  it('is not told of rows that lie across the last axis of the data', () => {
    const path = join(folder, 'rows.tflite');
    const options = { table: 'FullyConnectedOptions' };
    fileOf({ op: 'FULLY_CONNECTED', weights: [5, 6], data: [2, 3], output: [1, 5], options }, path);
    const file = tflite.open(path);
    expect(itemAt(rewriter.plan(file).nodes, 0).product).toBeNull();
    file.close();
  });
});
