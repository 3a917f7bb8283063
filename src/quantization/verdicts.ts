import type { Recipe } from '../protocol/recipes';
import type { ComparedLatency, Comparison } from '../protocol/reports';

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

/** Says plainly where nothing became faster. */
function latencyWarnings({ latencyMs }: Comparison, recipe: Recipe): string[] {
  if (latencyMs === null || recipe === 'float32') return [];
  const { speedup: overOriginal, speedupOverCleaned } = latencyMs;
  const name = recipe === 'float16' ? 'float16' : 'int8';
  if (overOriginal.verdict !== 'faster') return [`${name} is not faster on this computer.`];
  if (speedupOverCleaned !== undefined && speedupOverCleaned.verdict !== 'faster')
    return [
      `${name} is not faster on this computer than the float model after cleaning: the speed-up comes from cleaning alone.`,
    ];
  return [];
}

export function warningsOf(comparison: Comparison, recipe: Recipe): string[] {
  return [...sizeWarnings(comparison, recipe), ...latencyWarnings(comparison, recipe)];
}
