import { describe, expect, it } from 'vitest';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import { rewriter } from '../../../src/formats/onnx/rewrite';
import { makeNode } from '../../../src/formats/onnx/writing/make';
import { itemAt, present } from '../../../src/model/assert';
import { schemeOf, staysInFloat, withFloat } from '../../../src/model/precision';
import type { Recipe } from '../../../src/protocol/recipes';
import { alternativesOf, withStoredWeights } from '../../../src/quantization/alternatives';
import { randomTensors, workshop } from './small';
import { assigned } from './support';

const { model } = workshop();
const { tensor } = randomTensors(7);

const AS_IT_IS = { dims: {}, shapes: {} };

const NONE_REFUSED = () => false;

function recipes(
  file: OnnxFile,
  keep: string[] = [],
  refused: (recipe: Recipe) => boolean = NONE_REFUSED,
): string[] {
  return alternativesOf(rewriter.plan(file), file, AS_IT_IS, keep, refused).map(({ recipe }) => recipe);
}

/** A matrix product, and a convolution before it with so many channels. */
function network(channels: number, columns: number) {
  return model({
    nodes: [
      makeNode('Conv', ['x', 'w1'], ['a']),
      makeNode('GlobalAveragePool', ['a'], ['b']),
      makeNode('Flatten', ['b'], ['c']),
      makeNode('MatMul', ['c', 'w2'], ['y']),
    ],
    initializers: [tensor('w1', [channels, 4, 1, 1]), tensor('w2', [channels, columns])],
  });
}

describe('alternatives to mixes of int8 and float', () => {
  it('are those for weights where convolutions are most of a model', () => {
    expect(recipes(network(32, 2))).toEqual(['int8-weights', 'float16']);
  });

  it('are all where matrix products are, the fastest first', () => {
    expect(recipes(network(32, 2048))).toEqual(['int8-dynamic', 'int8-weights', 'int4-weights', 'float16']);
  });

  it('are not what would change nothing', () => {
    const refused = (recipe: Recipe) => recipe === 'float16';
    expect(recipes(network(32, 2), [], refused)).toEqual(['int8-weights']);
  });

  it('are none for a model that is kept in float', () => {
    const file = network(32, 2048);
    const all = file.model.graph.nodes.map(({ id }) => id);
    expect(recipes(file, all)).toEqual([]);
  });

  it('leave in float what is kept', () => {
    const file = network(32, 2048);
    const [conv] = file.model.graph.nodes;
    const { id } = present(conv, 'convolution');
    const made = alternativesOf(rewriter.plan(file), file, AS_IT_IS, [id], NONE_REFUSED);
    expect(made.length).toBeGreaterThan(0);
    for (const { assignment } of made) expect(staysInFloat(assignment, id)).toBe(true);
  });
});

it('stores weights of float layers in 8 bits, and leaves the others as they are', () => {
  const file = network(32, 64);
  const plan = rewriter.plan(file);
  const [conv, , , product] = file.model.graph.nodes.map(({ id }) => id);
  const [first, last] = [present(conv, 'convolution'), present(product, 'product')];
  const all = assigned(file, 'int8-all');
  const stored = present(withStoredWeights(plan, withFloat(all, [last]), [last]) ?? undefined, 'assignment');
  expect(schemeOf(present(stored.get(last), 'product'))).toBe('weights');
  expect(stored.get(last)?.weights).toBe('int8');
  expect(stored.get(first)).toEqual(all.get(first));
  const pool = itemAt(file.model.graph.nodes, 1).id;
  expect(withStoredWeights(plan, withFloat(all, [pool]), [pool])).toBeNull();
});
