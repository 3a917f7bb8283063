/**
 * Writes a model of about 1 GB in a single file: 64 fully connected layers of 2048 x 2048, each followed by Relu.
 *
 *     npx tsx bench/make-large-model.ts large.onnx [layers]
 *
 * All weights are streamed from one block of noise, so making it takes little memory. It runs, too.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { ModelProtoSchema, type TensorProto } from '../src/formats/onnx/onnx_pb';
import { RAW_DATA } from '../src/formats/onnx/reading/wireFields';
import { makeNode, makeTensor, makeValueInfo } from '../src/formats/onnx/writing/make';
import { writeModel } from '../src/formats/onnx/writing/writer';
import { PayloadSchema } from '../src/formats/protobuf/payload_pb';

const WIDTH = 2048;
const [target, layers = '64'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-large-model.ts TARGET [LAYERS]');
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
try {
  const noise = join(scratch, 'noise');
  // Small enough that 64 layers neither vanish nor overflow.
  const scale = Math.sqrt(6 / WIDTH);
  const weights = Float32Array.from({ length: WIDTH * WIDTH }, () => (Math.random() * 2 - 1) * scale);
  writeFileSync(noise, new Uint8Array(weights.buffer));
  const count = Number(layers);
  const names = Array.from({ length: count }, (_, i) => i);
  writeModel(
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'model-caliper-bench',
      opsetImport: [{ domain: '', version: 13n }],
      graph: {
        name: 'large',
        input: [makeValueInfo('input', 'float32', ['batch', WIDTH])],
        output: [makeValueInfo(`relu${count - 1}`, 'float32', ['batch', WIDTH])],
        initializer: names.map((i) => streamed(`weight${i}`, noise)),
        node: names.flatMap((i) => [
          makeNode('MatMul', [i === 0 ? 'input' : `relu${i - 1}`, `weight${i}`], [`matmul${i}`]),
          makeNode('Relu', [`matmul${i}`], [`relu${i}`]),
        ]),
      },
    }),
    target,
  );
} finally {
  rmSync(scratch, { recursive: true });
}

function streamed(name: string, path: string): TensorProto {
  const tensor = makeTensor(name, 'float32', [WIDTH, WIDTH], new Uint8Array(0));
  tensor.payload = [create(PayloadSchema, { path, length: BigInt(4 * WIDTH * WIDTH), field: RAW_DATA })];
  return tensor;
}
