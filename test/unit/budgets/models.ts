import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type GraphProtoSchema, ModelProtoSchema } from '../../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';

/** Without the test runner, so that benches make them too. */
function makeModel(graph: MessageInitShape<typeof GraphProtoSchema>) {
  return create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: '', version: 17n }], graph });
}

/** A matrix product with `columns` columns of 100 float32 weights, behind a product of the same size of 10 for each. */
export function writeProduct(path: string, columns: number): void {
  const weights = Float32Array.from({ length: 100 * columns }, (_, at) => Math.sin(at));
  writeModel(
    makeModel({
      name: 'product',
      node: [makeNode('MatMul', ['x', 'w'], ['y'], {}, { name: 'product' }), makeNode('Relu', ['y'], ['z'])],
      initializer: [makeFloatTensor('w', [100, columns], weights)],
      input: [makeValueInfo('x', 'float32', [1, 100])],
      output: [makeValueInfo('z', 'float32', [1, columns])],
    }),
    path,
  );
}

/** The same in integers as ONNX writes it: activations and weights are stored in 8 bits, and decoded before the product. */
export function writeQuantizedProduct(path: string, columns: number): void {
  const scalar = (name: string, value: number) => makeFloatTensor(name, [], Float32Array.of(value));
  const decoded = (from: string, to: string) => makeNode('DequantizeLinear', [from, 's', 'zero'], [to]);
  writeModel(
    makeModel({
      name: 'quantized',
      node: [
        makeNode('QuantizeLinear', ['x', 's', 'zero'], ['xq']),
        decoded('xq', 'xd'),
        decoded('w', 'wd'),
        makeNode('MatMul', ['xd', 'wd'], ['y'], {}, { name: 'product' }),
      ],
      initializer: [
        makeTensor('w', 'int8', [100, columns], new Uint8Array(100 * columns).fill(3)),
        makeTensor('zero', 'int8', [], Uint8Array.of(0)),
        scalar('s', 0.1),
      ],
      input: [makeValueInfo('x', 'float32', [1, 100])],
      output: [makeValueInfo('y', 'float32', [1, columns])],
    }),
    path,
  );
}

/** A chain of as many products as a small network has layers; `seed` makes its weights, and so its content, its own. */
export function writeChain(path: string, layers: number, seed: number): void {
  const side = 8;
  const weights = (at: number) =>
    Float32Array.from({ length: side * side }, (_, i) => Math.sin(seed + at + i));
  writeModel(
    makeModel({
      name: `chain ${seed}`,
      node: Array.from({ length: layers }, (_, at) =>
        makeNode('MatMul', [`t${at}`, `w${at}`], [`t${at + 1}`]),
      ),
      initializer: Array.from({ length: layers }, (_, at) =>
        makeFloatTensor(`w${at}`, [side, side], weights(at)),
      ),
      input: [makeValueInfo('t0', 'float32', [1, side])],
      output: [makeValueInfo(`t${layers}`, 'float32', [1, side])],
    }),
    path,
  );
}
