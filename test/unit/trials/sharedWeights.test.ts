import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onnx } from '../../../src/formats/onnx/format';
import type { NodeProto } from '../../../src/formats/onnx/onnx_pb';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeValueInfo,
} from '../../../src/formats/onnx/writing/make';
import { writeModel } from '../../../src/formats/onnx/writing/writer';
import { seededNormal } from '../../../src/runtime/random';
import { makeModel, scratchFolder } from '../support';
import { quantized, trial } from './quantizing';

const folder = scratchFolder();
const normal = seededNormal(3);
const tensor = (name: string, shape: [number, number]) =>
  makeFloatTensor(name, shape, Array.from({ length: shape[0] * shape[1] }, normal));

/** Elements of the largest stored tensor, and how often one of that size is stored. */
function largest(path: string): number[] {
  const sizes = [...onnx.open(path).model.graph.constants.values()].map(
    ({ storedElements }) => storedElements,
  );
  const most = Math.max(...sizes);
  return [most, sizes.filter((size) => size === most).length];
}

function saved(name: string, nodes: NodeProto[]): string {
  const path = join(folder, `${name}.onnx`);
  const graph = {
    name,
    node: nodes,
    initializer: [tensor('table', [96, 32]), tensor('middle', [32, 32]), makeInt64Tensor('at', [2], [5, 7])],
    input: [makeValueInfo('x', 'float32', [2, 32])],
    output: [makeValueInfo('y', 'float32', [2, 96])],
  };
  writeModel(makeModel(graph), path);
  return path;
}

const gather = [makeNode('Gather', ['table', 'at'], ['e']), makeNode('Add', ['x', 'e'], ['a'])];
const models: [string, string][] = [
  ['through a Transpose', trial('onnx/tied_embedding.onnx')],
  [
    'through an Identity and a Transpose',
    saved('identity', [
      ...gather,
      makeNode('Identity', ['table'], ['same']),
      makeNode('Transpose', ['same'], ['turned'], { perm: [1, 0] }),
      makeNode('MatMul', ['a', 'middle'], ['b']),
      makeNode('MatMul', ['b', 'turned'], ['y']),
    ]),
  ],
  [
    'in a Gemm that transposes',
    saved('gemm', [
      ...gather,
      makeNode('MatMul', ['a', 'middle'], ['b']),
      makeNode('Gemm', ['b', 'table'], ['y'], { transB: 1 }),
    ]),
  ],
];

describe('a weight that an embedding and a product share', () => {
  it.each(models)('%s stays shared', async (_, model) => {
    const bytes = statSync(model).size;
    const [elements] = largest(model);
    const results = [];
    for (const recipe of ['float32', 'float16', 'int8-dynamic', 'int8-all'] as const) {
      const { output, report } = await quantized(model, recipe);
      expect(report.accuracy?.sqnrDb ?? Number.POSITIVE_INFINITY).toBeGreaterThan(25);
      expect([recipe, ...largest(output)]).toEqual([recipe, elements, 1]);
      results.push(statSync(output).size / bytes);
    }
    const [float32 = 9, float16 = 9, ...int8] = results;
    expect(float32).toBeLessThan(1.02);
    expect(float16).toBeLessThan(0.6);
    for (const ratio of int8) expect(ratio).toBeLessThan(1);
  });

  it('that is transposed anew for every layer is stored once, and is quantized', async () => {
    const model = saved('layers', [
      makeNode('Transpose', ['middle'], ['t1'], { perm: [1, 0] }),
      makeNode('MatMul', ['x', 't1'], ['a']),
      makeNode('Transpose', ['middle'], ['t2'], { perm: [1, 0] }),
      makeNode('MatMul', ['a', 't2'], ['b']),
      makeNode('Gemm', ['b', 'table'], ['y'], { transB: 1 }),
    ]);
    const float = await quantized(model, 'float32');
    expect(float.report.bytes.after).toBeLessThan(1.02 * float.report.bytes.before);
    const int8 = await quantized(model, 'int8-dynamic');
    expect(int8.report.bytes.after).toBeLessThan(0.5 * int8.report.bytes.before);
  });
});
