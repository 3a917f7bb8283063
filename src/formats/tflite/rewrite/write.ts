import { itemAt } from '../../../model/assert';
import { schemeOf } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { Layout } from '../../plan';
import type { WriteSettings, Written } from '../../rewriter';
import type { Affine } from '../../uniform';
import type { TfliteFile } from '../file';
import { GraphEditor, tfliteFile } from './editor';
import { IntegerWriter } from './integers';
import { WeightWriter } from './storedWeights';

/** `Rewriter.write`. */
export function write(cleaned: ModelFile, layout: Layout, settings: WriteSettings, target: string): Written {
  const editor = new GraphEditor(cleaned);
  const layers = layout.layers.map((layer) => ({ ...layer, operator: itemAt(editor.operators, layer.node) }));
  const demanded = settings.ports === 'uint8' ? pixelScales(tfliteFile(cleaned)) : new Map<string, Affine>();
  if (layers.length > 0) new IntegerWriter(editor, layers, layout.roots, settings, demanded).write();
  const inIntegers = new Set(layers.map(({ operator }) => operator));
  const weights = new WeightWriter(editor, settings);
  for (const operator of editor.operators) {
    const precision = layout.assignment.get(operator.origin ?? '');
    if (precision === undefined || inIntegers.has(operator)) continue;
    const scheme = schemeOf(precision);
    if (scheme === 'weights') weights.store(operator, precision);
    else if (scheme === 'dynamic') weights.storeDynamic(operator, precision);
  }
  return { origins: editor.save(target), kept: weights.kept };
}

/** Zero points of uint8, which int8 has so much lower. */
const UNSIGNED_SHIFT = 128;

/**
 * int8 scales of inputs whose metadata says how pixels are normalized: who feeds a uint8 input feeds the pixels as they
 * are (TensorFlow Lite's metadata, "Normalization and quantization parameters"), so these must mean what float inputs
 * are made of, (pixel − mean) / deviation.
 */
function pixelScales(file: TfliteFile): Map<string, Affine> {
  const scales = new Map<string, Affine>();
  for (const [at, { normalization }] of (file.usage()?.inputs ?? []).entries()) {
    const [mean, ...means] = normalization?.mean ?? [];
    const [std, ...stds] = normalization?.std ?? [];
    const input = file.model.graph.inputs[at];
    if (mean === undefined || std === undefined || input === undefined) continue;
    // One scale cannot stand for several; and a pixel has 8 bits.
    const one = means.every((other) => other === mean) && stds.every((other) => other === std);
    if (!one || !(std > 0) || !(mean >= 0 && mean <= 255)) continue;
    scales.set(input.name, { scale: Math.fround(1 / std), zeroPoint: Math.round(mean) - UNSIGNED_SHIFT });
  }
  return scales;
}
