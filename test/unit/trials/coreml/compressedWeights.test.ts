import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareFiles } from '../../../../src/analysis/difference/fileDifferences';

const PLAIN = resolve('test/trials/coreml/plain.mlpackage');

function weights(name: string, swapped: boolean) {
  const compressed = resolve(`test/trials/coreml/${name}.mlpackage`);
  const [before, after] = swapped ? [compressed, PLAIN] : [PLAIN, compressed];
  const report = compareFiles({ before, after, choice: { dims: {}, shapes: {} } });
  expect(report.warnings).toEqual([]);
  expect(report.statuses).toMatchObject({ added: 0, removed: 0 });
  return report.layers.flatMap((layer) => layer.weights);
}

describe('a Core ML model against a copy with compressed weights', () => {
  // Rounding to n bits leaves about 6 dB a bit.
  it.each([
    ['u8', 35, 55],
    ['lut4', 12, 30],
  ])('%s compares them after they are decompressed', (name, least, most) => {
    for (const swapped of [false, true]) {
      const compared = weights(name, swapped).filter(({ elements }) => elements > 1000);
      expect(compared.map(({ elements }) => elements)).toEqual([4608, 27648]);
      for (const { identical, sqnrDb } of compared) {
        expect(identical).toBe(false);
        expect(sqnrDb).toBeGreaterThan(least);
        expect(sqnrDb).toBeLessThan(most);
      }
    }
  });
});
