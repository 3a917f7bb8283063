import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import type { Yardstick } from '../../profiling';
import { CONVOLUTION, MACS, PRODUCT, STREAMS, yardstickFloats, yardstickIntegers } from '../../yardsticks';
import { ModelProtoSchema, type NodeProto, type TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../writing/make';

const FLOAT_BYTES = 4;

const { size, channels, kernel } = CONVOLUTION;
const { rows, depth, columns } = PRODUCT;
const IMAGE = [1, channels, size, size];
const FILTERS = [channels, channels, kernel, kernel];
const PADDED = { kernel_shape: [kernel, kernel], pads: [1, 1, 1, 1] };

/** `Profiling.writeYardsticks`. Which of the int8 types is faster depends on the processor, so both are there. */
export function writeYardsticks(folder: string): Yardstick[] {
  const weights = {
    filters: makeFloatTensor('w', FILTERS, yardstickFloats(elements(FILTERS))),
    matrix: makeFloatTensor('w', [depth, columns], yardstickFloats(depth * columns)),
  };
  const models: [Made, Pick<Yardstick, 'kind' | 'macs'> & Partial<Yardstick>][] = [
    [
      {
        ...{ type: 'float32', input: IMAGE, output: IMAGE, constants: [weights.filters] },
        nodes: [makeNode('Conv', ['x', 'w'], ['y'], PADDED)],
      },
      { kind: 'float', macs: MACS.convolution },
    ],
    [
      {
        ...{ type: 'float32', input: [rows, depth], output: [rows, columns], constants: [weights.matrix] },
        nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
      },
      { kind: 'float', macs: MACS.product },
    ],
    ...(['uint8', 'int8'] as const).flatMap((type): typeof models => [
      [
        {
          ...{ type, input: IMAGE, output: IMAGE, constants: integerConstants(type, FILTERS) },
          nodes: [makeNode('QLinearConv', ['x', 's', 'z', 'w', 's', 'zw', 's', 'z'], ['y'], PADDED)],
        },
        { kind: 'int8', macs: MACS.convolution },
      ],
      [
        {
          ...{ type, input: [rows, depth], output: [rows, columns] },
          constants: integerConstants(type, [depth, columns]),
          nodes: [makeNode('QLinearMatMul', ['x', 's', 'z', 'w', 's', 'zw', 's', 'z'], ['y'])],
        },
        { kind: 'int8', macs: MACS.product },
      ],
    ]),
    ...STREAMS.map(({ bytes, layers }): (typeof models)[number] => [
      stream(bytes / FLOAT_BYTES, layers),
      // The last layer, which makes one number of them all, reads once more.
      { kind: 'memory', macs: 0, movedBytes: (2 * layers + 1) * bytes, workingBytes: bytes },
    ]),
  ];
  return models.map(([made, facts], place) => {
    const path = join(folder, `yardstick-${place}.onnx`);
    write(made, path);
    return { path, movedBytes: 0, workingBytes: 0, ...facts };
  });
}

interface Made {
  /** Of the input `x` and the output `y`. */
  readonly type: DataType;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly constants: readonly TensorProto[];
  readonly nodes: readonly NodeProto[];
}

/** Negations one behind the other; one number comes out, so that no run takes fresh memory for its output. */
function stream(count: number, layers: number): Made {
  const name = (layer: number) => (layer === 0 ? 'x' : `t${layer}`);
  return {
    ...{ type: 'float32', input: [1, count], output: [1, 1], constants: [] },
    nodes: [
      ...Array.from({ length: layers }, (_, layer) => makeNode('Neg', [name(layer)], [name(layer + 1)])),
      makeNode('ReduceMax', [name(layers)], ['y'], { axes: [0, 1] }),
    ],
  };
}

function integerConstants(type: 'uint8' | 'int8', shape: readonly number[]): TensorProto[] {
  const weights = yardstickIntegers(elements(shape));
  return [
    makeTensor('w', 'int8', shape, new Uint8Array(weights.buffer)),
    makeFloatTensor('s', [], [0.01]),
    makeTensor('z', type, [], Uint8Array.of(type === 'uint8' ? 128 : 0)),
    makeTensor('zw', 'int8', [], Uint8Array.of(0)),
  ];
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function write({ type, input, output, constants, nodes }: Made, path: string): void {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 13n }],
    graph: {
      name: 'yardstick',
      input: [makeValueInfo('x', type, input)],
      output: [makeValueInfo('y', type, output)],
      initializer: [...constants],
      node: [...nodes],
    },
  });
  writeFileSync(path, toBinary(ModelProtoSchema, model), { flag: 'wx' });
}
