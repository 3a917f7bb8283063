import type { LayerComparison } from './reports';

const CONVERSIONS: readonly (string | undefined)[] = ['quantize', 'dequantize'];

/** One of the models alone has it, and it only quantizes or decodes a tensor: there are two of them for each in int8. */
export function isConversion({ status, before, after }: LayerComparison): boolean {
  const side = before?.layer ? before : after;
  const alone = status === 'added' || status === 'removed';
  // One that takes time of its own is worth looking at.
  return alone && CONVERSIONS.includes(side?.layer?.kind) && side?.medianMs == null;
}

/** Constants that became part of another layer took nothing before either: they only hide the others. */
export function isConstant({ status, before, after }: LayerComparison): boolean {
  const side = before?.layer ? before : after;
  return (
    status === 'folded' && side?.parameterBytes === 0 && side.activationBytes === 0 && side.medianMs === null
  );
}

/**
 * Rows that say nothing of what a model lost or gained: layers that another one does the work of, conversions, and
 * what one model alone has and costs nothing.
 */
export function isBookkeeping(layer: LayerComparison): boolean {
  const { status, before, after } = layer;
  if (status === 'folded' || isConversion(layer)) return true;
  const side = before ?? after;
  const alone = status === 'added' || status === 'removed';
  return alone && side?.parameterBytes === 0 && side.activationBytes === 0 && side.medianMs === null;
}
