import { itemAt } from '../../../model/assert';
import { schemeOf } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { Layout } from '../../plan';
import type { WriteSettings, Written } from '../../rewriter';
import { GraphEditor } from './editor';
import { IntegerWriter } from './integers';
import { WeightWriter } from './storedWeights';

/** `Rewriter.write`. */
export function write(cleaned: ModelFile, layout: Layout, settings: WriteSettings, target: string): Written {
  const editor = new GraphEditor(cleaned);
  const layers = layout.layers.map((layer) => ({ ...layer, operator: itemAt(editor.operators, layer.node) }));
  if (layers.length > 0) new IntegerWriter(editor, layers, layout.roots, settings).write();
  const inIntegers = new Set(layers.map(({ operator }) => operator));
  const weights = new WeightWriter(editor, settings);
  for (const operator of editor.operators) {
    const precision = layout.assignment.get(operator.origin ?? '');
    if (precision === undefined || inIntegers.has(operator)) continue;
    const scheme = schemeOf(precision);
    if (scheme === 'weights') weights.store(operator, precision);
    else if (scheme === 'dynamic') weights.storeDynamic(operator);
  }
  return { origins: editor.save(target), kept: weights.kept };
}
