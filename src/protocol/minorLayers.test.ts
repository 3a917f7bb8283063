import { describe, expect, it } from 'vitest';
import { isConversion } from './minorLayers';
import type { LayerComparison } from './reports';

const layer = (
  kind: string | undefined,
  op: string,
  rest: Partial<LayerComparison> = {},
): LayerComparison => ({
  name: 'x',
  op,
  status: 'added',
  before: null,
  after: {
    parameterBytes: 0,
    activationBytes: 4,
    medianMs: null,
    layer: { name: 'x', op, ...(kind && { kind }), type: 'int8', shape: [1], parameters: 0, macs: 0 },
  },
  changes: [],
  weights: [],
  sqnrDb: null,
  ...rest,
});

describe('a conversion', () => {
  it('is known by what the operator does, whatever its format calls it', () => {
    for (const op of ['QuantizeLinear', 'DynamicQuantizeLinear', 'QUANTIZE', 'quantize', 'anything'])
      expect(isConversion(layer('quantize', op))).toBe(true);
    expect(isConversion(layer('dequantize', 'DEQUANTIZE'))).toBe(true);
    expect(isConversion(layer('cast', 'QuantizeLinear'))).toBe(false);
    expect(isConversion(layer(undefined, 'QuantizeLinear'))).toBe(false);
  });

  it('that both models have, or that takes time of its own, is a layer as any other', () => {
    const { after } = layer('quantize', 'QUANTIZE');
    expect(isConversion(layer('quantize', 'QUANTIZE', { status: 'changed', before: after }))).toBe(false);
    expect(isConversion(layer('quantize', 'QUANTIZE', { after: after && { ...after, medianMs: 1 } }))).toBe(
      false,
    );
    const removed = { status: 'removed', before: after, after: null } as const;
    expect(isConversion(layer('quantize', 'QUANTIZE', removed))).toBe(true);
  });
});
