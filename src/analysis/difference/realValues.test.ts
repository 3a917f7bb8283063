import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeModel, scratchFolder } from '../../../test/unit/support';
import { openModel } from '../../formats';
import { makeFloatTensor, makeNode, makeTensor, makeValueInfo } from '../../formats/onnx/writing/make';
import { writeModel } from '../../formats/onnx/writing/writer';
import { realValues } from './realValues';
import { sideOf } from './side';

const folder = scratchFolder();

describe('the numbers that a weight stands for', () => {
  const read = (zeroPoints: number[]) => {
    const model = makeModel({
      name: 'dynamic',
      node: [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
        makeNode('MatMulInteger', ['q', 'w', 'z', 'w_zero'], ['sums']),
        makeNode('Cast', ['sums'], ['floats'], { to: 1 }),
        makeNode('Mul', ['s', 'w_scale'], ['scale']),
        makeNode('Mul', ['floats', 'scale'], ['y']),
      ],
      initializer: [
        makeTensor('w', 'int8', [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 254)),
        makeTensor('w_zero', 'int8', [zeroPoints.length], Uint8Array.from(zeroPoints)),
        makeFloatTensor('w_scale', [3], Float32Array.of(0.5, 2, 10)),
      ],
      input: [makeValueInfo('x', 'float32', [1, 2])],
      output: [makeValueInfo('y', 'float32', [1, 3])],
    });
    const path = join(folder, `dynamic${zeroPoints.length}.onnx`);
    writeModel(model, path);
    const side = sideOf(openModel(path), { dims: {}, shapes: {} });
    const row = side.rows.find(({ figures }) => figures.op === 'MatMulInteger');
    const weights = row?.place.graph.parameters.get(row.place.position) ?? [];
    const weight = weights.find(({ tensor }) => tensor.name === 'w')?.tensor;
    if (row === undefined || weight === undefined) throw new Error('no weight');
    const real = realValues(side, row.place.graph, weight, 100);
    side.file.close();
    return [...(real?.values ?? [])];
  };

  it('are known where it is multiplied as an integer, and the product scaled', () => {
    expect(read([0, 1, 2])).toEqual([0.5, 2, 10, 2, 8, -40]);
    expect(read([1])).toEqual([0, 2, 20, 1.5, 8, -30]);
  });

  it('are not made up where zero points are missing', () => {
    expect(() => read([0, 1])).toThrow('A quantized tensor has too few zero points.');
  });
});
