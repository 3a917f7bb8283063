import type { ModelFile } from '../../format';
import type { Int8Settings, Range, RewriteResult } from '../../rewriter';
import { GraphEditor } from './editor';
import { Int8Writer } from './int8Writer';
import { normalizationsToConvolutions } from './normalizations';
import { planInt8 } from './plan';
import { removeDead } from './removeNodes';

/**
 * Writes the model with 8-bit layers: a QuantizeLinear and a DequantizeLinear behind each tensor that has an
 * 8-bit form, and a DequantizeLinear behind each stored weight and bias, so that an engine fuses them into
 * layers that compute in 8 bits.
 */
export function writeInt8(cleaned: ModelFile, settings: Int8Settings, target: string): RewriteResult {
  const editor = editorForInt8(cleaned, settings.keep);
  const { plan, kept } = planFinite(editor, settings);
  new Int8Writer(editor, plan, settings).write();
  removeDead(editor);
  editor.save(target);
  return { kept };
}

/** A cleaned model as it is planned. */
export function editorForInt8(cleaned: ModelFile, keep: ReadonlySet<string>): GraphEditor {
  const editor = new GraphEditor(cleaned);
  normalizationsToConvolutions(editor, cleaned, keep);
  return editor;
}

/** The plan without the layers for which there is no finite range. */
function planFinite(editor: GraphEditor, settings: Int8Settings) {
  const keep = new Set(settings.keep);
  const unusable = new Map<string, string>();
  for (;;) {
    const plan = planInt8(editor, keep);
    const before = keep.size;
    for (const layer of plan.layers) {
      const data = layer.data.map((index) => layer.node.input[index] ?? '');
      const tensors = layer.quantizesOutput ? [...data, layer.output] : data;
      const bad = tensors.find((name) => !isUsable(settings.ranges.get(plan.roots.get(name) ?? name)));
      if (bad === undefined) continue;
      keep.add(layer.name);
      const seen = settings.ranges.has(plan.roots.get(bad) ?? bad);
      unusable.set(
        layer.name,
        seen ? `no finite values of ${bad} were seen in calibration` : `${bad} is not known to hold float32`,
      );
    }
    if (keep.size === before) return { plan, kept: new Map([...plan.reasons, ...unusable]) };
  }
}

function isUsable(range: Range | undefined): boolean {
  return range !== undefined && Number.isFinite(range.min) && Number.isFinite(range.max);
}
