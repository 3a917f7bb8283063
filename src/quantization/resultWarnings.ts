import { advice } from '../evaluation/check';
import { poorAccuracy } from '../protocol/accuracies';
import { factsOf, type Recipe } from '../protocol/recipes';
import type { ComparedLatency, Comparison } from '../protocol/reports';

/** A cleaned model may be so much larger than the original before it is said why. */
const SAME_SIZE = 0.02;

/** Why a search ended with nothing to deliver, by the latency of the model with everything in int8. */
export function whyRefused(all: ComparedLatency | null): string {
  if (all?.cleaned === undefined || all.speedupOverCleaned?.verdict !== 'slower')
    return 'On this computer no mix of int8 and float is faster than the cleaned float model, or as fast and smaller.';
  const figures = `${all.after.median.toFixed(3)} ms against ${all.cleaned.median.toFixed(3)} ms`;
  return `On this computer int8 is slower than the cleaned float model (${figures}), and no mix of the two is faster, or as fast and smaller.`;
}

/** What a reader of the sizes must know. */
function sizeWarnings({ bytes }: Comparison, recipe: Recipe): string[] {
  return recipe !== 'float32' && bytes.after >= bytes.before
    ? ['The result is no smaller than the model: scales and conversions take more than its weights save.']
    : [];
}

/** A cleaned model is the same model: where it takes more room, that has a reason. */
function growthWarnings({ bytes, bytesByType }: Comparison, recipe: Recipe): string[] {
  if (recipe !== 'float32' || bytes.after <= (1 + SAME_SIZE) * bytes.before) return [];
  const halves = ({ float16 = 0, bfloat16 = 0 }: Record<string, number>) => float16 + bfloat16;
  return [
    halves(bytesByType.after) < halves(bytesByType.before)
      ? 'The cleaned model is larger: its 16-bit weights are stored in float32, in which CPUs compute and from which it can be quantized.'
      : 'The cleaned model is larger: what older operator sets keep in attributes are stored tensors in the one that it is written for.',
  ];
}

/** Results that are worse than rounding explains, and what helps. */
function accuracyWarnings({ accuracy }: Comparison, recipe: Recipe, hasData: boolean): string[] {
  if (accuracy === null) return [];
  if (accuracy.notFinite)
    return [
      'The model gives no finite number on any sample (NaN or infinite throughout): its weights or the data are damaged.',
    ];
  const poor = poorAccuracy(accuracy);
  return poor === ''
    ? []
    : [`The outputs differ much from the original's (${poor}): ${advice(recipe, hasData)}.`];
}

/** Says plainly where nothing became faster. */
function latencyWarnings({ latencyMs, device }: Comparison, recipe: Recipe): string[] {
  if (latencyMs === null || recipe === 'float32') return [];
  const { speedup: overOriginal, speedupOverCleaned } = latencyMs;
  const name = factsOf(recipe).suffix;
  const where = device?.name ?? 'this computer';
  if (overOriginal.verdict !== 'faster') return [`${name} is not faster on ${where}.`];
  if (speedupOverCleaned !== undefined && speedupOverCleaned.verdict !== 'faster')
    return [
      `${name} is not faster on ${where} than the float model after cleaning: the speed-up comes from cleaning alone.`,
    ];
  return [];
}

/** Sentences that a reader of a result must know: poor accuracy, no smaller, no faster. `hasData`: the user gave some. */
export function warningsOf(comparison: Comparison, recipe: Recipe, hasData: boolean): string[] {
  return [
    ...accuracyWarnings(comparison, recipe, hasData),
    ...sizeWarnings(comparison, recipe),
    ...growthWarnings(comparison, recipe),
    ...latencyWarnings(comparison, recipe),
  ];
}
