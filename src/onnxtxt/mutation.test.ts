import { describe, expect, it } from 'vitest';
import { mutate } from '../../test/unit/mutate';
import { SAMPLE, SAMPLE_TFLITE } from '../../test/unit/support';
import { textOf } from '../../test/unit/texts';
import { openModel } from '../formats';
import { modelOfText } from '../formats/onnx/format';
import { seededRandom } from '../runtime/random';
import { folds } from './folding';
import { Lines } from './lines';
import { outline } from './outline';
import { parseText } from './parser';
import { Symbols } from './symbols';

const MUTATIONS = 40;

const NESTED = `<ir_version: 8, opset_import: ["": 17], metadata_props: ["a": "b"]>
main (bool c, float[N,3] x) => (float[N,3] y)
<
  float[3] w = {1.0, 2.0, ...},
  quantized(int8[3], scale = 0.5) q = {1, 2, 3}
>
{
  [branch] y = If (c) <
    then_branch: graph = then () => (float z) { z = local.twice (x) },
    else_branch: graph = else () => (float z) { z = Mul <a = [1, 2], s = "text"> (x, w) }
  >
}
<domain: "local", opset_import: ["": 17]>
twice <k: int = 2> (a) => (b) { b = Add (a, a) }
`;

describe('a damaged text', () => {
  const texts: [string, string][] = [
    ['a text with branches and a function', NESTED],
    ...[SAMPLE, SAMPLE_TFLITE].map((path): [string, string] => [path, textOf(openModel(path).text())]),
  ];

  it.each(texts)('made of %s is read as far as it goes', (_, text) => {
    const original = Buffer.from(text);
    for (let seed = 1; seed <= MUTATIONS; seed++) {
      const random = seededRandom(seed);
      const damaged = mutate(original, random, (length) => Math.floor(random() * length)).toString('utf8');
      try {
        const { model, places } = parseText(damaged);
        const lines = new Lines(damaged);
        const symbols = new Symbols(places);
        outline(places, lines);
        folds(places, lines);
        for (const { start, end } of [...places.mentions, ...places.nodes, ...places.problems]) {
          expect(start).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(damaged.length);
        }
        for (let n = 0; n < 20; n++) {
          const offset = Math.floor(random() * damaged.length);
          symbols.functionAt(offset);
          symbols.mentionsAt(offset);
          expect(lines.offset(lines.position(offset))).toBe(offset);
        }
        const file = modelOfText(model, 'damaged.onnxtxt', damaged.length);
        file.infer({ dims: {}, shapes: {} });
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error });
      }
    }
  });
});
