import { itemAt } from '../../../model/assert';
import type { NodeId } from '../../../model/nodeId';
import { schemeOf } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { Layout } from '../../plan';
import type { WriteSettings, Written } from '../../rewriter';
import type { NodeProto } from '../onnx_pb';
import { DynamicWriter } from './dynamicWriter';
import { GraphEditor } from './editor';
import { Float16Writer } from './float16Writer';
import { NormalizationsAsConvolutions } from './normalizations';
import { copyOf } from './protos';
import { QuantizedTensors } from './quantizedTensors';
import { removeDead } from './removeNodes';
import { Spill } from './spill';
import { StaticWriter } from './staticWriter';
import { StoredWriter } from './storedWriter';

/**
 * `Rewriter.write`: static integers first, then what is quantized while it runs and weights alone, all between float32
 * tensors that keep their names; float16 last, which puts casts wherever its tensors meet the others.
 */
export function writeLayout(
  cleaned: ModelFile,
  layout: Layout,
  settings: WriteSettings,
  target: string,
): Written {
  const spill = new Spill(`${target}.new`);
  try {
    return writeWith(new GraphEditor(cleaned, copyOf(cleaned), spill), cleaned, layout, settings, target);
  } finally {
    spill.remove();
  }
}

function writeWith(
  editor: GraphEditor,
  cleaned: ModelFile,
  layout: Layout,
  settings: WriteSettings,
  target: string,
): Written {
  const nodes = editor.nodes();
  const allNodes = editor.allNodes();
  const normalizations = new NormalizationsAsConvolutions(editor, cleaned);
  const weights = new QuantizedTensors(editor, settings);
  const layers = layout.layers.map((layer) => ({
    ...layer,
    node: normalizations.convert(itemAt(nodes, layer.node)),
    activation: layer.activation === null ? null : itemAt(nodes, layer.activation),
  }));
  new StaticWriter(editor, layers, layout.roots, settings, weights).write();
  const dynamic = new DynamicWriter(editor, weights, settings.reduceRange);
  const stored = new StoredWriter(editor, weights, settings.weightForm);
  const kept = new Map<NodeId, string>();
  const left = new Map<NodeProto, NodeId>();
  for (const node of allNodes) {
    const id = editor.originOf(node);
    if (id === undefined) continue;
    const precision = layout.assignment.get(id);
    switch (precision === undefined ? undefined : schemeOf(precision)) {
      case 'dynamic':
        dynamic.quantize(node);
        break;
      case 'weights': {
        const reason = precision === undefined ? null : stored.quantize(node, precision);
        if (reason !== null) kept.set(id, reason);
        break;
      }
      case 'float16':
      case undefined:
        left.set(node, id);
    }
  }
  if (layout.schemes.has('float16'))
    new Float16Writer(editor, cleaned, settings.ranges).write(layout.assignment, left, kept);
  removeDead(editor);
  return { origins: editor.save(target), kept };
}
