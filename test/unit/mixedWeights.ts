import { makeTflite } from './tflite';

const SIDE = 256;
const FLOAT16 = 1;
const INT32 = 2;
const INT8 = 9;
const RELU = 1;

const activation = { shape: [4, SIDE] };
const image = { shape: [1, 4, 16, 8] };

function bytes(shape: readonly number[], scales: number) {
  const length = shape.reduce((product, size) => product * size, 1);
  return {
    shape,
    type: INT8,
    data: Int8Array.from({ length }, (_, at) => (at * 7) % 127),
    quantization: {
      scale: Array.from({ length: scales }, () => 0.01),
      zeroPoint: Array.from({ length: scales }, () => 0),
    },
  };
}

const numbers = (...values: number[]) => ({
  shape: [values.length],
  type: INT32,
  data: Int32Array.from(values),
});

/** A chain of operators with float activations and weights of int8, a scale a tensor or a channel, or of float16. */
export function mixedWeights() {
  return makeTflite({
    tensors: {
      x: activation,
      w: bytes([SIDE, SIDE], 1),
      a: activation,
      b: activation,
      channels: bytes([SIDE, SIDE], SIDE),
      c: activation,
      d: activation,
      half: {
        shape: [SIDE, SIDE],
        type: FLOAT16,
        data: new Uint8Array(new Uint16Array(SIDE * SIDE).fill(0x3c00).buffer),
      },
      float: { shape: [SIDE, SIDE] },
      e: activation,
      to: numbers(1, 4, 16, 16),
      f: { shape: [1, 4, 16, 16] },
      kernel: bytes([8, 3, 3, 16], 8),
      bias: { shape: [8], data: new Float32Array(8) },
      g: image,
      h: image,
      size: numbers(8, 32),
      k: { shape: [1, 8, 32, 8] },
      m: image,
      s: image,
      y: image,
    },
    inputs: ['x'],
    outputs: ['y'],
    operators: [
      {
        op: 'FULLY_CONNECTED',
        inputs: ['x', 'w', ''],
        outputs: ['a'],
        options: { table: 'FullyConnectedOptions', fusedActivationFunction: RELU },
      },
      { op: 'ABS', inputs: ['a'], outputs: ['b'] },
      {
        op: 'FULLY_CONNECTED',
        inputs: ['b', 'channels', ''],
        outputs: ['c'],
        options: { table: 'FullyConnectedOptions' },
      },
      {
        op: 'ADD',
        inputs: ['c', 'b'],
        outputs: ['d'],
        options: { table: 'AddOptions', fusedActivationFunction: RELU },
      },
      { op: 'DEQUANTIZE', inputs: ['half'], outputs: ['float'] },
      {
        op: 'FULLY_CONNECTED',
        inputs: ['d', 'float', ''],
        outputs: ['e'],
        options: { table: 'FullyConnectedOptions' },
      },
      { op: 'RESHAPE', inputs: ['e', 'to'], outputs: ['f'] },
      {
        op: 'CONV_2D',
        inputs: ['f', 'kernel', 'bias'],
        outputs: ['g'],
        options: { table: 'Conv2DOptions', padding: 0, strideW: 1, strideH: 1 },
      },
      { op: 'RELU', inputs: ['g'], outputs: ['h'] },
      {
        op: 'RESIZE_BILINEAR',
        inputs: ['h', 'size'],
        outputs: ['k'],
        options: { table: 'ResizeBilinearOptions', halfPixelCenters: true },
      },
      {
        op: 'MAX_POOL_2D',
        inputs: ['k'],
        outputs: ['m'],
        options: {
          table: 'Pool2DOptions',
          padding: 1,
          strideW: 2,
          strideH: 2,
          filterWidth: 2,
          filterHeight: 2,
        },
      },
      { op: 'SOFTMAX', inputs: ['m'], outputs: ['s'], options: { table: 'SoftmaxOptions', beta: 1 } },
      { op: 'HARD_SWISH', inputs: ['s'], outputs: ['y'] },
    ],
  });
}
