/**
 * Writes a model like an exported decoder: 26 nodes a layer with the names that exporters give, a mask that every layer
 * takes, and skip connections. For how the graph view and the terminal stand length.
 *
 *     npx tsx bench/make-transformer.ts transformer.onnx [nodes, default 10000]
 */
import { writeModel } from '../src/formats/onnx/writing/writer';
import { makeTransformer } from '../test/unit/transformer';

const [target, nodes = '10000'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-transformer.ts TARGET [NODES]');
  process.exit(2);
}
writeModel(makeTransformer(Number(nodes)), target);
