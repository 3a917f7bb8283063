import { itemAt, present } from '../../../model/assert';
import { intAttribute, intsAttribute, stringAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { makeAttribute } from '../writing/make';
import type { GraphEditor } from './editor';
import { operator, shapeOf } from './protos';

/** Padding with zeros that a convolution or average pooling can do itself goes into its `pads`. */
export function foldPads(editor: GraphEditor): void {
  for (const node of editor.nodes()) {
    if (operator(node) !== 'Pad' || stringAttribute(node, 'mode', 'constant') !== 'constant') continue;
    const output = node.output[0] ?? '';
    const pads = spatialPads(editor, node);
    const consumers = editor.consumers(output);
    if (pads === null || editor.pinned(output) || consumers.length === 0) continue;
    const taken = consumers.map((consumer) => padsWith(editor, consumer, output, pads));
    // One that cannot take it needs the padded tensor, so nothing would be gained.
    if (taken.some((result) => result === null)) continue;
    for (const [index, consumer] of consumers.entries()) {
      setAttribute(consumer, 'pads', present(taken[index], 'pads'));
      if (operator(consumer) === 'AveragePool') setAttribute(consumer, 'count_include_pad', 1);
      editor.setInput(consumer, 0, node.input[0] ?? '');
    }
    editor.remove(node);
  }
}

/** Begin and end of each spatial axis; null unless it pads only those, with zeros. */
function spatialPads(editor: GraphEditor, node: NodeProto): number[] | null {
  const values = editor.constantValues(node.input[1]);
  const fill = node.input[2] ? editor.constantValues(node.input[2]) : [0];
  if (values === null || fill?.[0] !== 0 || (node.input[3] ?? '') !== '') return null;
  const pads = Array.from(values, Number);
  const rank = pads.length / 2;
  if (rank < 3 || pads.some((value) => value < 0)) return null;
  if (pads[0] || pads[1] || pads[rank] || pads[rank + 1]) return null;
  return [...pads.slice(2, rank), ...pads.slice(rank + 2)];
}

/** The pads of a node after it took over those of a Pad before it; null where it cannot. */
function padsWith(
  editor: GraphEditor,
  node: NodeProto,
  data: string,
  pads: readonly number[],
): number[] | null {
  const padding = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (padding !== 'NOTSET' && padding !== 'VALID') return null;
  if (node.input[0] !== data || node.input.lastIndexOf(data) !== 0) return null;
  const own = intsAttribute(node, 'pads') ?? pads.map(() => 0);
  if (own.length !== pads.length) return null;
  const sum = pads.map((value, index) => value + itemAt(own, index));
  if (operator(node) === 'Conv') {
    const weight = editor.constant(node.input[1] ?? '');
    return weight && shapeOf(weight).length - 2 === pads.length / 2 ? sum : null;
  }
  if (operator(node) !== 'AveragePool' || intAttribute(node, 'ceil_mode', 0) !== 0) return null;
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const countsAll = intAttribute(node, 'count_include_pad', 0) === 1 || own.every((value) => value === 0);
  const fits = sum.every((value, index) => value < (kernel[index % kernel.length] ?? 0));
  return countsAll && fits && kernel.length === pads.length / 2 ? sum : null;
}

/** Gives a node an attribute of integers; what it said of automatic padding goes, which no pads may stand beside. */
export function setAttribute(node: NodeProto, name: string, value: number | readonly number[]): void {
  node.attribute = node.attribute.filter(
    (attribute) => attribute.name !== name && attribute.name !== 'auto_pad',
  );
  node.attribute.push(makeAttribute(name, value));
}
