import { describe, it } from 'vitest';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeNode } from '../../../src/formats/onnx/writing/make';
import { itemAt, present } from '../../../src/model/assert';
import { expectEnergies } from './productEnergies';
import { randomTensors, type Small, workshop } from './small';
import { feedsFor, withSession } from './support';

const { model } = workshop();
const { tensor } = randomTensors(11);

/** Products without a bias, whose outputs an engine knows. */
const CASES: Record<string, Small> = {
  'a convolution with strides and uneven padding': convolution([6, 4, 3, 3], {
    strides: [2, 1],
    pads: [1, 0, 1, 2],
  }),
  'a convolution with dilations and groups': convolution([6, 2, 3, 2], { dilations: [2, 1], group: 2 }),
  'a depthwise convolution': convolution([8, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }),
  'a convolution padded so that it keeps the size': convolution([5, 4, 3, 3], {
    auto_pad: 'SAME_UPPER',
    strides: [2, 2],
  }),
  'a convolution over one axis': { ...convolution([3, 4, 3], { pads: [1, 1] }), inputs: { x: [2, 4, 9] } },
  'a matrix product': {
    nodes: [makeNode('MatMul', ['x', 'w'], ['y'])],
    initializers: [tensor('w', [6, 5])],
    inputs: { x: [2, 3, 6] },
  },
  'a Gemm with turned weights': {
    nodes: [makeNode('Gemm', ['x', 'w'], ['y'], { transB: 1 })],
    initializers: [tensor('w', [5, 6])],
    inputs: { x: [4, 6] },
  },
};

function convolution(shape: number[], attributes: Record<string, number | number[] | string>): Small {
  return { nodes: [makeNode('Conv', ['x', 'w'], ['y'], attributes)], initializers: [tensor('w', shape)] };
}

describe('what a product is given', () => {
  for (const [what, small] of Object.entries(CASES)) {
    it(`explains the energy of each output of ${what}`, async () => {
      const file = model(small);
      const product = present(itemAt(rewriter.plan(file).nodes, 0).product ?? undefined, 'product');
      const { data, shape, output, weights } = await withSession(file.model.file, async (session) => {
        const feeds = feedsFor(session, {}, 5);
        const { x } = feeds;
        const { y } = await session.run(feeds);
        const stored = present(file.model.graph.constants.get('w'), 'w');
        return {
          data: x?.data as Float32Array,
          shape: present(x, 'x').shape,
          output: present(y, 'y'),
          weights: file.readTensor(stored).values,
        };
      });
      expectEnergies({ product, weights, data, shape, output });
    });
  }
});
