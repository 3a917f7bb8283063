/**
 * Writes a model of about 1 GB in a single file: 64 fully connected layers of 2048 x 2048, each followed by Relu.
 * It runs, too.
 *
 *     npx tsx bench/make-large-model.ts large.onnx [layers]
 */

import { makeValueInfo } from '../src/formats/onnx/writing/make';
import { products, writeStreamed } from './streamedWeights';

const WIDTH = 2048;
const [target, layers = '64'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-large-model.ts TARGET [LAYERS]');
  process.exit(2);
}

const count = Number(layers);
writeStreamed(target, { width: WIDTH, rows: WIDTH, opset: 13 }, (weight) => ({
  name: 'large',
  input: [makeValueInfo('input', 'float32', ['batch', WIDTH])],
  output: [makeValueInfo(`relu${count - 1}`, 'float32', ['batch', WIDTH])],
  initializer: Array.from({ length: count }, (_, i) => weight(`weight${i}`, WIDTH)),
  node: products('input', count),
}));
