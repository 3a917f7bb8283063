import { writeFileSync } from 'node:fs';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../writing/make';

/** Wide enough for the engine's fast kernels, and about a millisecond of work in float. */
const CHANNELS = 64;
const SIZE = 28;

/** `Rewriter.probe`: a 3x3 convolution with Relu and a 1x1 convolution, as most convolutional networks have them. */
export function writeProbe(target: string): void {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 13n }],
    graph: {
      name: 'probe',
      input: [makeValueInfo('x', 'float32', [1, CHANNELS, SIZE, SIZE])],
      output: [makeValueInfo('y', 'float32', [1, CHANNELS, SIZE, SIZE])],
      initializer: [
        makeFloatTensor('spatial', [CHANNELS, CHANNELS, 3, 3], weights(CHANNELS * CHANNELS * 9)),
        makeFloatTensor('pointwise', [CHANNELS, CHANNELS, 1, 1], weights(CHANNELS * CHANNELS)),
      ],
      node: [
        makeNode('Conv', ['x', 'spatial'], ['a'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
        makeNode('Relu', ['a'], ['b']),
        makeNode('Conv', ['b', 'pointwise'], ['y'], { kernel_shape: [1, 1] }),
      ],
    },
  });
  writeFileSync(target, toBinary(ModelProtoSchema, model), { flag: 'wx' });
}

/** Values in (0.9, 1], near enough to the largest that sums of two products overflow 16 bits where they can. */
function weights(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 1 - 0.1 * ((i * 0.618034) % 1));
}
