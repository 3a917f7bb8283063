/**
 * Writes a model of 3 GB with its weights in a file beside it: matrix products of 4096 x 4096, each followed by Relu,
 * and an embedding of 32,000 rows of 4096. The weights are one block of noise again and again.
 *
 *     npx tsx bench/make-large-transformer.ts large.onnx [layers]
 */

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { ModelProtoSchema, type TensorProto } from '../src/formats/onnx/onnx_pb';
import { RAW_DATA } from '../src/formats/onnx/reading/wireFields';
import { makeNode, makeTensor, makeValueInfo } from '../src/formats/onnx/writing/make';
import { writeModel } from '../src/formats/onnx/writing/writer';
import { PayloadSchema } from '../src/formats/protobuf/payload_pb';
import { seededRandom } from '../src/runtime/random';

const WIDTH = 4096;
const ROWS = 32_000;
const [target, layers = '38'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-large-transformer.ts TARGET [LAYERS]');
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
try {
  const noise = join(scratch, 'noise');
  const random = seededRandom(1);
  const scale = Math.sqrt(6 / WIDTH);
  const block = Float32Array.from({ length: WIDTH * 500 }, () => (random() * 2 - 1) * scale);
  const file = openSync(noise, 'wx');
  for (let row = 0; row < ROWS; row += 500) writeSync(file, new Uint8Array(block.buffer));
  closeSync(file);
  const count = Number(layers);
  const names = Array.from({ length: count }, (_, i) => i);
  writeModel(
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'model-caliper-bench',
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'large',
        input: [makeValueInfo('input_ids', 'int64', ['batch', 'sequence'])],
        output: [makeValueInfo(`relu${count - 1}`, 'float32', ['batch', 'sequence', WIDTH])],
        initializer: [
          streamed('table', noise, ROWS),
          ...names.map((i) => streamed(`weight${i}`, noise, WIDTH)),
        ],
        node: [
          makeNode('Gather', ['table', 'input_ids'], ['embedded']),
          ...names.flatMap((i) => [
            makeNode('MatMul', [i === 0 ? 'embedded' : `relu${i - 1}`, `weight${i}`], [`matmul${i}`]),
            makeNode('Relu', [`matmul${i}`], [`relu${i}`]),
          ]),
        ],
      },
    }),
    target,
  );
} finally {
  rmSync(scratch, { recursive: true });
}

function streamed(name: string, path: string, rows: number): TensorProto {
  const tensor = makeTensor(name, 'float32', [rows, WIDTH], new Uint8Array(0));
  tensor.payload = [create(PayloadSchema, { path, length: BigInt(4 * rows * WIDTH), field: RAW_DATA })];
  return tensor;
}
