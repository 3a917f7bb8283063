import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { makeModel } from '../support';

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
