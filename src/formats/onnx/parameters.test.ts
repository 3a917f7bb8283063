import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeModel, reopen, scratchFolder } from '../../../test/unit/support';
import type { DataType } from '../../model/dataType';
import { GraphProtoSchema, type NodeProto } from './onnx_pb';
import { makeNode, makeTensor, makeValueInfo } from './writing/make';

const folder = scratchFolder();

function tensor(name: string, type: DataType) {
  const bytes: Partial<Record<DataType, number>> = { float32: 4, float16: 2, int64: 8, int32: 4 };
  return makeTensor(name, type, [1], new Uint8Array(bytes[type] ?? 1));
}

/** Names of the parameters with the indices of the nodes that they reach. */
function parameters(
  constants: Record<string, DataType>,
  ...node: NodeProto[]
): Record<string, readonly number[]> {
  const last = node.at(-1)?.output[0] ?? 'x';
  const file = reopen(
    makeModel({
      input: [makeValueInfo('x', 'float32', [1])],
      output: [makeValueInfo(last, 'float32', [1])],
      initializer: Object.entries(constants).map(([name, type]) => tensor(name, type)),
      node,
    }),
    folder,
  );
  return Object.fromEntries(
    file.parameterTensors(file.model.graph).map((one) => [one.tensor.name, one.users]),
  );
}

describe('parameters', () => {
  it('are floating-point tensors at the nodes that use them; a shared one at each', () => {
    expect(
      parameters(
        { w: 'float32', b: 'float16' },
        makeNode('Conv', ['x', 'w', 'b'], ['c']),
        makeNode('Mul', ['c', 'w'], ['y']),
      ),
    ).toEqual({ w: [0, 1], b: [0] });
  });

  it('are not shapes, axes, scales, zero points, bounds', () => {
    expect(
      parameters(
        { shape: 'int64', low: 'float32', scale: 'float32', zero: 'uint8', sizes: 'float32' },
        makeNode('Reshape', ['x', 'shape'], ['r']),
        makeNode('Clip', ['r', 'low'], ['c']),
        makeNode('QuantizeLinear', ['c', 'scale', 'zero'], ['q']),
        makeNode('DequantizeLinear', ['q', 'scale', 'zero'], ['d']),
        makeNode('Resize', ['d', '', 'sizes'], ['y']),
      ),
    ).toEqual({});
  });

  it('reach a layer through what decodes or reshapes them, and belong to it alone', () => {
    expect(
      parameters(
        { w: 'int8', ws: 'float32', b: 'int32', bs: 'float32', shape: 'int64' },
        makeNode('DequantizeLinear', ['w', 'ws'], ['wd']),
        makeNode('Transpose', ['wd'], ['wt']),
        makeNode('Reshape', ['wt', 'shape'], ['wr']),
        makeNode('DequantizeLinear', ['b', 'bs'], ['bd']),
        makeNode('Conv', ['x', 'wr', 'bd'], ['y']),
      ),
    ).toEqual({ w: [4], b: [4] });
  });

  it('of quantized operators are their weights and biases', () => {
    expect(
      parameters(
        {
          xs: 'float32',
          xz: 'uint8',
          w: 'int8',
          ws: 'float32',
          wz: 'int8',
          ys: 'float32',
          yz: 'uint8',
          b: 'int32',
        },
        makeNode('QuantizeLinear', ['x', 'xs', 'xz'], ['q']),
        makeNode('QLinearConv', ['q', 'xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'], ['y']),
      ),
    ).toEqual({ w: [1], b: [1] });
    expect(
      parameters({ w: 'uint8', z: 'uint8' }, makeNode('MatMulInteger', ['x', 'w', '', 'z'], ['y'])),
    ).toEqual({ w: [0] });
    expect(
      parameters(
        { w: 'uint8', s: 'float32', z: 'uint8' },
        makeNode('MatMulNBits', ['x', 'w', 's', 'z'], ['y'], {}, { domain: 'com.microsoft' }),
      ),
    ).toEqual({ w: [0] });
  });

  it('are not integers of full width, unless they are decoded', () => {
    expect(
      parameters(
        { i: 'int64', j: 'int32' },
        makeNode('Gather', ['x', 'i'], ['g']),
        makeNode('Add', ['g', 'j'], ['y']),
      ),
    ).toEqual({});
  });

  it('in a body belong to the node that holds it', () => {
    const branch = (name: string) =>
      create(GraphProtoSchema, {
        node: [makeNode('Add', ['x', 'w'], [name])],
        output: [makeValueInfo(name, 'float32', [1])],
      });
    expect(
      parameters(
        { w: 'float32' },
        makeNode('IsNaN', ['x'], ['condition']),
        makeNode('If', ['condition'], ['y'], { then_branch: branch('t'), else_branch: branch('e') }),
      ),
    ).toEqual({ w: [1] });
  });

  it('that nothing uses have no users, and one that goes straight to an output has its last node', () => {
    expect(parameters({ dead: 'float32', w: 'float32' }, makeNode('Identity', ['w'], ['y']))).toEqual({
      dead: [],
      w: [0],
    });
  });
});
