import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, scratchFolder } from '../../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../../test/unit/tflite';
import { itemAt } from '../../model/assert';
import { readRange } from '../binary';
import { openModel } from '../index';
import { tflite } from './format';
import { numberOption } from './options';
import type { TfliteModel } from './reader';
import { restoreGraphs, withSignature } from './signature';

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

  it('gives back its graph, and the model the rest that it has', () => {
    const { root } = file.model;
    const said = {
      ...root,
      metadata: [{ name: 'any', buffer: 1 }],
      buffers: [{}, { data: Uint8Array.of(7, 8) }],
    };
    const model = reopenTflite(said, folder);
    appendFileSync(model.path, zipSync({ 'labels.txt': Uint8Array.of(65) }));
    const [copy, target] = [join(folder, 'copy.tflite'), join(folder, 'restored.tflite')];
    const graph = withSignature(model, 'either', copy);
    const copied = tflite.open(copy);
    expect(copied.model.root.metadata).toBeUndefined();
    restoreGraphs(model, copied, graph, target);
    const { root: restored } = tflite.open(target).model;
    const [main, other, choice] = restored.subgraphs ?? [];
    expect([main, other]).toEqual(root.subgraphs?.slice(0, 2));
    const operator = itemAt(choice?.operators ?? [], 0);
    const callees = ['thenSubgraphIndex', 'elseSubgraphIndex'].map((option) =>
      numberOption(operator, option),
    );
    expect(callees).toEqual([0, 1]);
    expect(restored.signatureDefs).toEqual(root.signatureDefs);
    const { buffer = 0 } = itemAt(restored.metadata ?? [], 0);
    const stored = restored.buffers?.[buffer]?.data;
    const bytes = stored && 'path' in stored ? readRange(stored.path, stored.offset, stored.length) : stored;
    expect([...(bytes ?? [])]).toEqual([7, 8]);
    expect(unzipSync(readFileSync(target))).toEqual({ 'labels.txt': Uint8Array.of(65) });
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
