import { join } from 'node:path';
import type { Yardstick } from '../../profiling';
import { CONVOLUTION, MACS, PRODUCT, STREAMS, yardstickFloats, yardstickIntegers } from '../../yardsticks';
import { BUILTIN_OPERATORS } from '../builtinOperators';
import { writeTables } from '../encode';
import { ENUMS } from '../enums';
import type { QuantizationTable, TensorTable, Union } from '../tables';

const FLOAT_BYTES = 4;

const { size, channels, kernel } = CONVOLUTION;
const { rows, depth, columns } = PRODUCT;
const IMAGE = [1, size, size, channels];

/** Of activations and weights; that of the sums of products follows. */
const SCALE = 0.01;

/** `Profiling.writeYardsticks`. */
export function writeYardsticks(folder: string): Yardstick[] {
  const convolution = {
    ...{ op: 'CONV_2D', input: IMAGE, output: IMAGE },
    weights: [channels, kernel, kernel, channels],
    options: {
      table: 'Conv2DOptions',
      value: { strideW: 1, strideH: 1, dilationWFactor: 1, dilationHFactor: 1 },
    },
  };
  const product = {
    ...{ op: 'FULLY_CONNECTED', input: [rows, depth], output: [rows, columns] },
    weights: [columns, depth],
    options: { table: 'FullyConnectedOptions', value: {} },
  };
  const models: [Made, Omit<Yardstick, 'path'>][] = [
    ...(['float', 'int8'] as const).flatMap((kind): typeof models => [
      [layer(convolution, kind), { kind, macs: MACS.convolution, movedBytes: 0, workingBytes: 0 }],
      [layer(product, kind), { kind, macs: MACS.product, movedBytes: 0, workingBytes: 0 }],
    ]),
    ...STREAMS.map(({ bytes, layers }): (typeof models)[number] => [
      stream(bytes / FLOAT_BYTES, layers),
      { kind: 'memory', macs: 0, movedBytes: 2 * layers * bytes, workingBytes: bytes },
    ]),
  ];
  return models.map(([made, facts], place) => {
    const path = join(folder, `yardstick-${place}.tflite`);
    write(made, path);
    return { path, ...facts };
  });
}

/** A model of one operator, many times over. */
interface Made {
  readonly op: string;
  readonly options: Union | null;
  /** The first comes in, the last comes out. */
  readonly tensors: readonly (TensorTable & { readonly data?: Uint8Array })[];
  /** Inputs and outputs of each operator, by the place of a tensor. */
  readonly operators: readonly { readonly inputs: readonly number[]; readonly outputs: readonly number[] }[];
}

interface LayerShapes {
  readonly op: string;
  readonly input: readonly number[];
  readonly weights: readonly number[];
  readonly output: readonly number[];
  readonly options: Union;
}

function layer({ op, input, weights, output, options }: LayerShapes, kind: 'float' | 'int8'): Made {
  const count = weights.reduce((product, length) => product * length, 1);
  const [outputs = 0] = weights;
  const float = kind === 'float';
  const type = typeNumber(float ? 'FLOAT32' : 'INT8');
  const scaled = (scale: number): { quantization?: QuantizationTable } =>
    float ? {} : { quantization: { scale: [scale], zeroPoint: [0] } };
  const values = float ? yardstickFloats(count) : yardstickIntegers(count);
  return {
    ...{ op, options },
    tensors: [
      { name: 'x', shape: input, type, ...scaled(SCALE) },
      { name: 'w', shape: weights, type, ...scaled(SCALE), data: bytesOf(values) },
      {
        ...{ name: 'b', shape: [outputs], type: typeNumber(float ? 'FLOAT32' : 'INT32') },
        ...scaled(SCALE * SCALE),
        data: new Uint8Array(outputs * FLOAT_BYTES),
      },
      { name: 'y', shape: output, type, ...scaled(SCALE) },
    ],
    operators: [{ inputs: [0, 1, 2], outputs: [3] }],
  };
}

/** Negations one behind the other. */
function stream(count: number, layers: number): Made {
  return {
    ...{ op: 'NEG', options: null },
    tensors: Array.from({ length: layers + 1 }, (_, place) => ({
      ...{ name: `t${place}`, shape: [1, count], type: typeNumber('FLOAT32') },
    })),
    operators: Array.from({ length: layers }, (_, place) => ({ inputs: [place], outputs: [place + 1] })),
  };
}

function typeNumber(name: string): number {
  return ENUMS['TensorType']?.names.indexOf(name) ?? -1;
}

function bytesOf(values: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function write({ op, options, tensors, operators }: Made, path: string): void {
  const number = BUILTIN_OPERATORS.indexOf(op);
  const stored = tensors.flatMap(({ data }) => (data === undefined ? [] : [{ data }]));
  let buffers = 0;
  writeTables(
    {
      version: 3,
      operatorCodes: [{ builtinCode: number, deprecatedBuiltinCode: number, version: 1 }],
      subgraphs: [
        {
          tensors: tensors.map(({ data, ...tensor }) => ({
            ...tensor,
            buffer: data === undefined ? 0 : ++buffers,
          })),
          inputs: [0],
          outputs: [tensors.length - 1],
          operators: operators.map((one) => ({
            ...{ opcodeIndex: 0, ...one },
            ...(options === null ? {} : { builtinOptions: options }),
          })),
        },
      ],
      buffers: [{}, ...stored],
    },
    path,
  );
}
