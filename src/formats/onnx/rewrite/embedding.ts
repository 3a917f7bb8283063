import { itemAt } from '../../../model/assert';
import { weightGroups } from '../../uniform';
import { dataTypeNumber } from '../dataTypes';
import type { NodeProto } from '../onnx_pb';
import { makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { constantInput } from './matrix';
import { nodeName } from './protos';
import { matrixShape, type QuantizedTensors } from './quantizedTensors';

/**
 * Writes a Gather of rows of a constant table [rows, columns] with the table in 8 bits, a scale for each row. Only the
 * rows that are looked up are made float, by operators that every engine has: the table is never unpacked.
 */
export function embed(editor: GraphEditor, weights: QuantizedTensors, node: NodeProto): void {
  const rows = itemAt(node.input, 1);
  const output = itemAt(node.output, 0);
  const weight = constantInput(editor, node, 0);
  const shape = matrixShape(weight);
  const integers = weights.integersOf(weight, weightGroups(shape, 0), 'int8');
  const stored = weights.store(weight, 'rows', integers, shape, [shape[0], 1]);
  const fresh = (role: string) => editor.uniqueName(`${output}_${role}`);
  const [picked, scale, floats] = [fresh('int8'), fresh('scale'), fresh('float')];
  const gather = makeNode('Gather', [stored.data, rows], [picked], {}, { name: nodeName(node) });
  editor.remove(node);
  editor.standFor(gather, node);
  editor.insertBefore(
    node,
    gather,
    makeNode('Gather', [stored.scale, rows], [scale]),
    makeNode('Cast', [picked], [floats], { to: dataTypeNumber('float32') }),
    makeNode('Mul', [floats, scale], [output]),
  );
}
