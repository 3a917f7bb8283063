import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { analyze } from '../../../src/analysis/inspect';
import { openModel } from '../../../src/formats';
import { type ModelProto, ModelProtoSchema } from '../../../src/formats/onnx/onnx_pb';
import { ModelError } from '../../../src/model/modelError';
import { seededRandom } from '../../../src/runtime/random';
import { scratchFolder } from '../support';
import { cases } from './cases';
import { modelOf } from './single';

/** Numbers that a damaged or hostile file may have where a dimension, an axis or a size is expected. */
const NUMBERS = [
  0n,
  -1n,
  1n,
  2n,
  7n,
  100n,
  -5n,
  64n,
  4096n,
  2n ** 31n,
  2n ** 40n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const MODELS = 800;
const file = path.join(scratchFolder(), 'damaged.onnx');

/** Changes numbers, inputs and outputs of a model with one node. */
function damage(model: ModelProto, random: () => number): void {
  const below = (limit: number) => Math.floor(random() * limit);
  const number = () => NUMBERS[below(NUMBERS.length)] ?? 0n;
  const { graph } = model;
  const [node] = graph?.node ?? [];
  if (!graph || !node) return;
  const attribute = node.attribute[below(node.attribute.length)];
  const value = graph.input[below(graph.input.length)];
  const stored = graph.initializer[below(graph.initializer.length)];
  const kind = below(10);
  if (kind < 3 && attribute) {
    if (attribute.ints.length > 0) attribute.ints[below(attribute.ints.length)] = number();
    else attribute.i = number();
    if (random() < 0.3) attribute.ints.pop();
  } else if (kind < 5 && value) {
    const dimensions = value.type?.tensorType?.shape?.dim ?? [];
    const one = dimensions[below(dimensions.length)];
    if (one && random() < 0.7) one.dimValue = number();
    else dimensions.splice(0, 1 + below(2));
  } else if (kind < 7 && stored?.dataType === 7 && stored.rawData.length > 0) {
    new DataView(stored.rawData.buffer).setBigInt64(8 * below(stored.rawData.length / 8), number(), true);
  } else if (kind === 7) node.input.splice(below(node.input.length), 1);
  else if (kind === 8) node.input.push(node.input[0] ?? 'nothing');
  else node.output.push('more');
}

it('damaged nodes are inferred without a crash, and never give an impossible size', () => {
  let looked = 0;
  for (let seed = 1; seed <= MODELS; seed++) {
    const random = seededRandom(seed);
    const one = cases[Math.floor(random() * cases.length)];
    if (!one) continue;
    const model = modelOf(one);
    damage(model, random);
    damage(model, random);
    writeFileSync(file, toBinary(ModelProtoSchema, model));
    try {
      const { inference } = analyze(openModel(file), { dims: {}, shapes: {} });
      looked++;
      for (const { name, shape } of inference.graph.tensors.values()) {
        const bad = shape?.filter(
          (length) => length !== null && !(Number.isSafeInteger(length) && length >= 0),
        );
        expect({ seed, op: one.op, name, bad: bad ?? [] }).toEqual({ seed, op: one.op, name, bad: [] });
      }
      for (const { macs } of inference.graph.nodes)
        expect({ seed, ok: macs === null || macs >= 0 }).toEqual({ seed, ok: true });
    } catch (error) {
      if (!(error instanceof ModelError)) throw new Error(`${one.op}, seed ${seed}`, { cause: error });
    }
  }
  expect(looked).toBeGreaterThan(MODELS / 2);
});
