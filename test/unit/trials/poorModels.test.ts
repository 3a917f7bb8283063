import { describe, expect, it } from 'vitest';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode } from '../../../src/formats/onnx/writing/make';
import { present } from '../../../src/model/assert';
import { CLEANED, LEAST_DB } from '../../../src/protocol/search';
import { seededNormal } from '../../../src/runtime/random';
import { workshop } from '../rewrite/small';
import { quantized } from './quantizing';

const { model } = workshop();
const CHANNELS = 16;

/** Convolutions of 3 × 3 one after the other, with what a test puts behind one of them. */
function network(at: number, break_: (input: string, output: string) => NodeProto[], scales: number[] = []) {
  const normal = seededNormal(at + 1);
  const initializers: TensorProto[] = [makeFloatTensor('little', [], [0.05])];
  const nodes: NodeProto[] = [];
  let current = 'x';
  for (let layer = 0; layer < 6; layer++) {
    const inner = layer === 0 ? 3 : CHANNELS;
    const deviation = Math.sqrt(2 / (9 * inner));
    const outer = layer === at ? scales : [];
    const read = layer === at + 1 ? scales : [];
    const values = Float32Array.from({ length: CHANNELS * inner * 9 }, (_, i) => {
      const [output, input] = [Math.floor(i / (9 * inner)), Math.floor(i / 9) % inner];
      return (deviation * normal() * (outer[output] ?? 1)) / (read[input] ?? 1);
    });
    initializers.push(makeFloatTensor(`w${layer}`, [CHANNELS, inner, 3, 3], values));
    nodes.push(
      makeNode(
        'Conv',
        [current, `w${layer}`],
        [`c${layer}`],
        { pads: [1, 1, 1, 1] },
        { name: `conv${layer}` },
      ),
    );
    if (layer === at) nodes.push(...break_(`c${layer}`, `r${layer}`));
    else nodes.push(makeNode('Relu', [`c${layer}`], [layer === 5 ? 'y' : `r${layer}`]));
    current = `r${layer}`;
  }
  return model({ nodes, initializers, inputs: { x: [1, 3, 24, 24] } }).model.file;
}

/** Channels that reach 3,000 times as far as others, behind an activation function that no factor passes. */
function withOutlier(): string {
  const scales = Array.from({ length: CHANNELS }, (_, channel) => (channel < 2 ? 3000 : 1));
  return network(
    2,
    (input, output) => [
      makeNode('LeakyRelu', [input], [`${input}l`], { alpha: 0.1 }),
      makeNode('Elu', [`${input}l`], [output]),
    ],
    scales,
  );
}

/** A function that makes errors of small values large: what is nearly zero decides. */
function withAmplification(): string {
  return network(4, (input, output) => [
    makeNode('Abs', [input], [`${input}a`]),
    makeNode('Add', [`${input}a`, 'little'], [`${input}s`]),
    makeNode('Reciprocal', [`${input}s`], [output]),
  ]);
}

const SEARCH = { maxLoss: 1, seconds: 10 };

describe('models of which one layer takes nearly everything in int8', () => {
  it.each([
    ['an outlier', withOutlier, 'conv2', /channel [01] reaches/],
    ['amplification', withAmplification, 'conv4', /the Abs behind it makes its rounding error \d+ dB larger/],
  ] as const)(
    '%s: int8 keeps what it takes in float, and names the layer with its cause',
    async (_, make, layer, cause) => {
      const file = make();
      const all = await quantized(file, 'int8-all');
      expect(all.report.accuracy?.sqnrDb).toBeLessThan(LEAST_DB);
      expect(all.report.sensitivity?.find(({ name }) => name === layer)?.cause).toMatch(cause);
      const { report } = await quantized(file, 'int8', { measure: true, search: SEARCH });
      const search = present(report.search, 'search');
      const within = search.candidates.filter((one) => one.int8Layers > 0 && (one.scoreDb ?? 0) >= LEAST_DB);
      // A computer that is too busy times nothing, but candidates are there.
      expect(within.length).toBeGreaterThan(0);
      for (const { kept } of within) expect(kept.map(({ name }) => name)).toContain(layer);
      const chosen = present(
        search.candidates.find(({ id }) => id === search.chosen),
        'choice',
      );
      if (chosen.id !== CLEANED) expect(chosen.scoreDb).toBeGreaterThanOrEqual(LEAST_DB);
      expect(chosen.speedupOverCleaned?.verdict).not.toBe('slower');
    },
    180_000,
  );
});
