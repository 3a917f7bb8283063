import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type GraphProtoSchema, ModelProtoSchema, type TensorProto } from '../src/formats/onnx/onnx_pb';
import { RAW_DATA } from '../src/formats/onnx/reading/wireFields';
import { makeNode, makeTensor } from '../src/formats/onnx/writing/make';
import { writeModel } from '../src/formats/onnx/writing/writer';
import { PayloadSchema } from '../src/formats/protobuf/payload_pb';
import { seededRandom } from '../src/runtime/random';

/** Rows of noise that are made; larger weights repeat them. */
const BLOCK_ROWS = 500;

/** A stored matrix of float32 [rows, width] whose values are read from a file while a model is written. */
export type Weight = (name: string, rows: number) => TensorProto;

/**
 * Writes a model whose weights are one block of noise again and again, so that making gigabytes takes little memory.
 *
 * @param rows of the largest weight
 */
export function writeStreamed(
  target: string,
  { width, rows, opset }: { width: number; rows: number; opset: number },
  graphOf: (weight: Weight) => MessageInitShape<typeof GraphProtoSchema>,
): void {
  const scratch = mkdtempSync(join(tmpdir(), 'caliper-bench-'));
  try {
    const path = join(scratch, 'noise');
    writeNoise(path, width, rows);
    const weight: Weight = (name, own) => {
      const tensor = makeTensor(name, 'float32', [own, width], new Uint8Array(0));
      tensor.payload = [create(PayloadSchema, { path, length: BigInt(4 * own * width), field: RAW_DATA })];
      return tensor;
    };
    const opsetImport = [{ domain: '', version: BigInt(opset) }];
    const producerName = 'model-caliper-bench';
    const graph = graphOf(weight);
    writeModel(create(ModelProtoSchema, { irVersion: 8n, producerName, opsetImport, graph }), target);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** `count` products in a row, each followed by Relu; the last one gives `relu<count - 1>`. */
export function products(input: string, count: number) {
  return Array.from({ length: count }, (_, i) => [
    makeNode('MatMul', [i === 0 ? input : `relu${i - 1}`, `weight${i}`], [`matmul${i}`]),
    makeNode('Relu', [`matmul${i}`], [`relu${i}`]),
  ]).flat();
}

function writeNoise(path: string, width: number, rows: number): void {
  const random = seededRandom(1);
  // Small enough that many layers neither vanish nor overflow.
  const scale = Math.sqrt(6 / width);
  const block = Float32Array.from({ length: width * BLOCK_ROWS }, () => (random() * 2 - 1) * scale);
  const file = openSync(path, 'wx');
  for (let row = 0; row < rows; row += BLOCK_ROWS)
    writeSync(file, new Uint8Array(block.buffer, 0, 4 * width * Math.min(BLOCK_ROWS, rows - row)));
  closeSync(file);
}
