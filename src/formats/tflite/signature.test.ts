import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, scratchFolder } from '../../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../../test/unit/tflite';
import { openModel } from '../index';
import { numberOption } from './options';
import type { TfliteModel } from './reader';
import { withSignature } from './signature';

const folder = scratchFolder();

const unary = (name: string, op: string, size: number): MadeGraph => ({
  name,
  tensors: { [`${name} in`]: { shape: [size] }, [`${name} out`]: { shape: [size] } },
  inputs: [`${name} in`],
  outputs: [`${name} out`],
  operators: [{ op, inputs: [`${name} in`], outputs: [`${name} out`] }],
});

/** Three graphs; the last one calls the main one and the second. */
const file = (() => {
  const model = makeTflite(unary('main', 'TANH', 4), unary('other', 'NEG', 4), {
    name: 'choice',
    tensors: { c: { shape: [], type: 6 }, x: { shape: [4] }, y: { shape: [4] } },
    inputs: ['c', 'x'],
    outputs: ['y'],
    operators: [
      // The main graph's index is what a missing field means.
      { op: 'IF', inputs: ['c', 'x'], outputs: ['y'], options: { table: 'IfOptions', elseSubgraphIndex: 1 } },
    ],
  });
  const signatureDefs = ['plain', 'negative', 'either'].map((signatureKey, subgraphIndex) => ({
    signatureKey,
    subgraphIndex,
    inputs: [],
    outputs: [],
  }));
  return reopenTflite({ ...model, signatureDefs }, folder);
})();

describe('a signature', () => {
  it('that calls the main graph needs no copy', () => {
    const target = join(folder, 'none.tflite');
    expect(withSignature(file, 'plain', target)).toBe(0);
    expect(existsSync(target)).toBe(false);
  });

  it('becomes the main graph of a copy', () => {
    const target = join(folder, 'negative.tflite');
    expect(withSignature(file, 'negative', target)).toBe(1);
    const { graph } = openModel(target).model;
    expect(graph.inputs.map(({ name }) => name)).toEqual(['other in']);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['NEG']);
  });

  it('still calls the graphs that it called', () => {
    const target = join(folder, 'either.tflite');
    expect(withSignature(file, 'either', target)).toBe(2);
    const { graph, root } = openModel(target).model as TfliteModel;
    const [choice] = graph.nodes;
    expect(choice?.bodies.map(({ role, graph: body }) => [role, body.nodes.map(({ op }) => op)])).toEqual([
      ['then', ['TANH']],
      ['else', ['NEG']],
    ]);
    const operator = root.subgraphs?.[0]?.operators?.[0];
    expect(operator && numberOption(operator, 'thenSubgraphIndex')).toBe(2);
  });

  it('that is unknown is refused with the names that there are', () => {
    expect(() => withSignature(file, 'plane', join(folder, 'x.tflite'))).toThrow(
      /There is no signature "plane" in .*: it has "plain", "negative", "either"\./,
    );
  });

  const cached = realTfliteModels().find((path) => basename(path).includes('multi_signature'));

  it.skipIf(cached === undefined)('of a real model has its own inputs (../shared/models)', () => {
    const real = openModel(cached ?? '');
    for (const [index, { name, inputs }] of (real.model.signatures ?? []).entries()) {
      const target = join(folder, `real-${index}.tflite`);
      const path = withSignature(real, name, target) === 0 ? (cached ?? '') : target;
      const tensors = openModel(path).model.graph.inputs.map((input) => input.name);
      expect([...tensors].sort()).toEqual(inputs.map(({ tensor }) => tensor).sort());
    }
  });
});
