import type { Product } from '../../plan';
import { intAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { windowsOf } from '../operators/window';
import type { GraphEditor } from './editor';
import { isTurned } from './matrix';
import { FLOAT, operator, shapeOf } from './protos';

/** How a node multiplies stored float weights; null: it does not, or by more than one product. */
export function productOf(editor: GraphEditor, node: NodeProto): Product | null {
  const [data = '', name = ''] = node.input;
  const weight = editor.constant(name);
  if (weight === undefined || weight.dataType !== FLOAT) return null;
  const shape = shapeOf(weight);
  switch (operator(node)) {
    case 'Conv': {
      const kernel = shape.slice(2);
      const windows = windowsOf({ node }, kernel.length, kernel);
      return {
        data,
        weights: name,
        shape,
        groups: intAttribute(node, 'group', 1),
        output: 0,
        input: 1,
        places: kernel.map((_, index) => index + 2),
        channels: 1,
        windows: windows.map((window, index) => ({ axis: index + 2, window })),
      };
    }
    case 'Gemm':
    case 'MatMul': {
      if (shape.length !== 2 || intAttribute(node, 'transA', 0) !== 0) return null;
      const [output, input] = isTurned(node) ? [0, 1] : [1, 0];
      return { data, weights: name, shape, groups: 1, output, input, places: [], channels: -1, windows: [] };
    }
    default:
      return null;
  }
}
