import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { seededNormal } from '../../../src/runtime/random';
import { makeModel, scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();
const normal = seededNormal(11);
/** Each row of another size, so that a mistaken axis shows. */
const tensor = (name: string, shape: number[]) => {
  const last = shape.at(-1) ?? 1;
  const count = shape.reduce((a, b) => a * b, 1);
  return makeFloatTensor(
    name,
    shape,
    Array.from({ length: count }, (_, i) => 0.2 * normal() * (1 + Math.floor(i / last) + 5 * (i % last))),
  );
};

function saved(name: string, node: NodeProto, initializer: TensorProto[], input: number[]): string {
  const path = join(folder, `${name}.onnx`);
  const graph = {
    name,
    node: [node],
    initializer,
    input: [makeValueInfo('x', 'float32', input)],
    output: [{ name: 'y', type: { tensorType: { elemType: 1 } } }],
  };
  writeModel(makeModel(graph), path);
  return path;
}

const gemm = (transB: number) => makeNode('Gemm', ['x', 'w', 'b'], ['y'], { transB }, { name: 'g' });
const models: [string, string, number][] = [
  ['MatMul', saved('matmul', makeNode('MatMul', ['x', 'w'], ['y']), [tensor('w', [12, 20])], [3, 12]), 1],
  [
    'stacked MatMul',
    saved('stacked', makeNode('MatMul', ['x', 'w'], ['y']), [tensor('w', [4, 12, 20])], [4, 3, 12]),
    1,
  ],
  ['Gemm', saved('gemm', gemm(0), [tensor('w', [12, 12]), tensor('b', [12])], [3, 12]), 1],
  ['Gemm that transposes', saved('gemmT', gemm(1), [tensor('w', [12, 12]), tensor('b', [12])], [3, 12]), 1],
  ...['forward', 'bidirectional'].map((direction): [string, string, number] => {
    const directions = direction === 'forward' ? 1 : 2;
    const node = makeNode('LSTM', ['x', 'w', 'r'], ['y'], { hidden_size: 8, direction }, { name: 'lstm' });
    return [
      `LSTM, ${direction}`,
      saved(
        direction,
        node,
        [tensor('w', [directions, 32, 12]), tensor('r', [directions, 32, 8])],
        [5, 2, 12],
      ),
      2,
    ];
  }),
];

describe('weights that int8-dynamic wrote', () => {
  it.each(models)('%s are compared as what they stand for', async (_, model, count) => {
    const { report } = await quantized(model, 'int8-dynamic');
    expect(report.warnings.join()).not.toContain('not compared');
    const weights = report.layers
      .flatMap((layer) => layer.weights)
      .filter(({ after }) => after?.type === 'int8');
    expect(weights).toHaveLength(count);
    // 7 or 8 bits with a scale a column: 30 to 50 dB. In a wrong order, or with the wrong scales, it is about 0.
    for (const { sqnrDb } of weights) expect(sqnrDb).toBeGreaterThan(28);
  });

  it('of a transformer are known throughout', async () => {
    const { report } = await quantized(trial('onnx/vit_class_token.onnx'), 'int8-dynamic');
    expect(report.warnings.join()).not.toContain('not known what their stored numbers stand for');
  });
});
