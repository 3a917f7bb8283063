import { expect, it } from 'vitest';
import type { LayerRow, ModelGraph } from '../../src/protocol/page';
import type { LayerComparison, LayerStatus } from '../../src/protocol/reports';
import { unionGraph } from '../../webview/comparison/unionGraph';

const tensor = (name: string) => ({ name, type: 'float32', shape: [1], declaredShape: null });

function row(index: number, name: string, module?: string): LayerRow {
  return {
    id: String(index),
    index,
    depth: 0,
    parent: null,
    hasBody: false,
    name,
    op: name,
    outputs: [{ ...tensor(`${name}:0`), bytes: 4 }],
    parameters: 0,
    parameterBytes: 0,
    shared: false,
    activationBytes: 4,
    macs: 0,
    elementOps: 0,
    ...(module === undefined ? {} : { module }),
  };
}

/** Layers in a row, each taking what the one before it gives. */
function chain(input: string, rows: readonly LayerRow[]): ModelGraph {
  return {
    rows: [...rows],
    modules: [],
    inputs: [tensor(input)],
    outputs: [tensor('out')],
    edges: {
      counts: rows.map(() => 1),
      sources: rows.map((_, place) => place - 1),
      slots: rows.map(() => 0),
      outputs: [[rows.length - 1, 0]],
    },
  };
}

function layer(
  name: string,
  status: LayerStatus,
  before: number | null,
  after: number | null,
): LayerComparison {
  const side = (id: number | null) =>
    id === null
      ? null
      : {
          parameterBytes: 0,
          activationBytes: 4,
          medianMs: null,
          layer: { id: String(id), name, op: name, type: 'float32', shape: [1], parameters: 0, macs: 0 },
        };
  return {
    name,
    op: name,
    status,
    before: side(before),
    after: side(after),
    changes: [],
    weights: [],
    sqnrDb: null,
  };
}

// conv → clip → gemm becomes quantize → conv → gemm: clip is folded into conv.
const LAYERS = [
  layer('quantize', 'added', null, 0),
  layer('conv', 'changed', 0, 1),
  layer('clip', 'folded', 1, null),
  layer('gemm', 'unchanged', 2, 2),
];
const BEFORE = chain('image', [row(0, 'conv', 'm'), row(1, 'clip', 'm'), row(2, 'gemm')]);
const AFTER = chain('image', [row(0, 'quantize'), row(1, 'conv'), row(2, 'gemm')]);

/** Names of what each row takes. */
function taken(union: NonNullable<ReturnType<typeof unionGraph>>): Record<string, string[]> {
  const [edges] = union.edges;
  let next = 0;
  return Object.fromEntries(
    union.rows.map(({ name }, place) => {
      const count = edges?.counts[place] ?? 0;
      const sources = edges?.sources.slice(next, next + count) ?? [];
      next += count;
      return [
        name,
        sources.map((one) => (one < 0 ? `input ${-1 - one}` : (union.rows[one]?.name ?? '?'))).sort(),
      ];
    }),
  );
}

it('draws each layer once, with the edges of both models', () => {
  const union = unionGraph(LAYERS, { before: BEFORE, after: AFTER });
  expect(union?.rows.map(({ name, index }) => `${index} ${name}`)).toEqual([
    '0 quantize',
    '1 conv',
    '2 clip',
    '3 gemm',
  ]);
  expect(union && taken(union)).toEqual({
    quantize: ['input 0'],
    conv: ['input 0', 'quantize'],
    clip: ['conv'],
    gemm: ['clip', 'conv'],
  });
  expect(union?.edges[0]?.outputs).toEqual([[3, 0]]);
});

it('gives every row an id of its own, and new ones the module of the layer before them', () => {
  const layers = [LAYERS[1], layer('late', 'added', null, 0), LAYERS[2], LAYERS[3]].flatMap(
    (one) => one ?? [],
  );
  const union = unionGraph(layers, { before: BEFORE, after: AFTER });
  expect(new Set(union?.rows.map(({ id }) => id)).size).toBe(4);
  expect(union?.rows.map(({ module }) => module)).toEqual(['m', 'm', 'm', undefined]);
});

it('takes an input that the second model calls otherwise by its place', () => {
  const union = unionGraph(LAYERS, { before: BEFORE, after: chain('serving_default_x', AFTER.rows) });
  expect(union && taken(union)['quantize']).toEqual(['input 0']);
});

it('says so where no layer can be found in the files', () => {
  const old = LAYERS.map((one) => ({ ...one, before: null, after: null }));
  expect(unionGraph(old, { before: BEFORE, after: AFTER })).toBeNull();
});
