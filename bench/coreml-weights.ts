/**
 * Writes every weight of a Core ML model as our reader decompresses it, float32 one after the other, and a list of
 * their names and sizes: for bench/coreml_peers.py.
 *
 *     npx tsx bench/coreml-weights.ts Model.mlpackage OUT
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreml } from '../src/formats/coreml/format';
import type { CoreMlGraph } from '../src/formats/coreml/graph';

const [model, folder] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('usage: coreml-weights.ts MODEL OUT');
mkdirSync(folder, { recursive: true });
const file = coreml.open(model);
const names = new Map<string, number>();

function write(graph: CoreMlGraph): void {
  for (const tensor of graph.constants.values()) {
    if (names.has(tensor.name) || tensor.type === 'string') continue;
    const values = file.decompressed(tensor)?.() ?? file.readTensor(tensor).values;
    writeFileSync(
      join(folder as string, `${names.size}.f32`),
      new Uint8Array(Float32Array.from(values).buffer),
    );
    names.set(tensor.name, values.length);
  }
  for (const node of graph.nodes) for (const body of node.bodies) write(body.graph);
}

write(file.model.graph);
writeFileSync(join(folder, 'names.json'), JSON.stringify([...names]));
