import type { ModelFile } from '../../format';
import type { Layout } from '../../plan';
import type { Int8Settings } from '../../rewriter';
import type { NodeProto } from '../onnx_pb';
import { GraphEditor } from './editor';
import { Int8Writer } from './int8Writer';
import { NormalizationsAsConvolutions } from './normalizations';
import { removeDead } from './removeNodes';

/**
 * Writes the model with 8-bit layers: a QuantizeLinear and a DequantizeLinear behind each tensor that has an
 * 8-bit form, and a DequantizeLinear behind each stored weight and bias, so that an engine fuses them into
 * layers that compute in 8 bits.
 */
export function writeInt8(cleaned: ModelFile, layout: Layout, settings: Int8Settings, target: string): void {
  const editor = new GraphEditor(cleaned);
  const normalizations = new NormalizationsAsConvolutions(editor, cleaned);
  const nodes = editor.nodes();
  const nodeAt = (index: number): NodeProto => {
    const node = nodes[index];
    if (node === undefined) throw new Error(`The layout is of another model than ${cleaned.model.file}.`);
    return node;
  };
  const layers = layout.layers.map((layer) => ({
    ...layer,
    node: normalizations.convert(nodeAt(layer.node)),
    activation: layer.activation === null ? null : nodeAt(layer.activation),
  }));
  new Int8Writer(editor, layers, layout.roots, settings).write();
  removeDead(editor);
  editor.save(target);
}
