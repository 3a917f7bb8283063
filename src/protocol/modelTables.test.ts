import { describe, expect, it } from 'vitest';
import { alignedLayers, comparisonsOf, fates, isTelling, modelsComparison } from './modelTables';
import type { Comparison, LayerComparison, LayerStatus } from './reports';

const side = (id: string) => ({
  parameterBytes: 4,
  activationBytes: 4,
  medianMs: null,
  layer: { id, name: id, op: 'Conv', type: 'float32', shape: [1], parameters: 1, macs: 1 },
});

function layer(name: string, status: LayerStatus, op = 'Conv'): LayerComparison {
  return {
    name,
    op,
    status,
    before: status === 'added' ? null : side(name),
    after: status === 'removed' ? null : side(name),
    changes: [],
    weights: [],
    sqnrDb: null,
  };
}

const comparison = (...layers: LayerComparison[]) => ({ layers }) as Comparison;

describe('layers of several models', () => {
  const b = comparison(layer('one', 'unchanged'), layer('new', 'added'), layer('two', 'changed'));
  const c = comparison(
    layer('head', 'added'),
    layer('one', 'unchanged'),
    layer('new', 'added'),
    layer('newer', 'added'),
    layer('two', 'removed'),
  );

  it('stand in the order of the first, those of others where they have them, alike ones in one row', () => {
    const rows = alignedLayers([b, c]);
    expect(rows.map(({ name }) => name)).toEqual(['head', 'one', 'new', 'newer', 'two']);
    expect(rows.map(({ found }) => found.map((one) => one?.status ?? null))).toEqual([
      [null, 'added'],
      ['unchanged', 'unchanged'],
      ['added', 'added'],
      [null, 'added'],
      ['changed', 'removed'],
    ]);
    expect(rows.map(({ before }) => before?.layer?.id)).toEqual([
      undefined,
      'one',
      undefined,
      undefined,
      'two',
    ]);
  });

  it('are told where one of the models differs, once where all do alike', () => {
    const rows = alignedLayers([b, c]);
    expect(rows.filter(isTelling).map(({ name }) => name)).toEqual(['head', 'new', 'newer', 'two']);
    const said = rows.map((row) => fates(row, (other) => 'BC'.charAt(other)));
    expect(said).toEqual([
      'B: no such layer, C: added',
      'unchanged',
      'added',
      'B: no such layer, C: added',
      'B: changed, C: removed',
    ]);
  });

  it('come from a report that is the first two models to whoever knows no others', () => {
    expect(modelsComparison([b])).toEqual(b);
    const report = modelsComparison([b, c]);
    expect(report.layers).toBe(b.layers);
    expect(comparisonsOf(report)).toEqual([b, c]);
  });
});
