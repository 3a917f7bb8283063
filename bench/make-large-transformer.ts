/**
 * Writes a model of 3 GB with its weights in a file beside it: matrix products of 4096 x 4096, each followed by Relu,
 * and an embedding of 32,000 rows of 4096.
 *
 *     npx tsx bench/make-large-transformer.ts large.onnx [layers]
 */

import { makeNode, makeValueInfo } from '../src/formats/onnx/writing/make';
import { products, writeStreamed } from './streamedWeights';

const WIDTH = 4096;
const ROWS = 32_000;
const [target, layers = '38'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-large-transformer.ts TARGET [LAYERS]');
  process.exit(2);
}

const count = Number(layers);
writeStreamed(target, { width: WIDTH, rows: ROWS, opset: 17 }, (weight) => ({
  name: 'large',
  input: [makeValueInfo('input_ids', 'int64', ['batch', 'sequence'])],
  output: [makeValueInfo(`relu${count - 1}`, 'float32', ['batch', 'sequence', WIDTH])],
  initializer: [
    weight('table', ROWS),
    ...Array.from({ length: count }, (_, i) => weight(`weight${i}`, WIDTH)),
  ],
  node: [makeNode('Gather', ['table', 'input_ids'], ['embedded']), ...products('embedded', count)],
}));
