import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { makeModel, scratchFolder } from '../../test/unit/support';
import { openModel } from '../formats/index';
import { GraphProtoSchema } from '../formats/onnx/onnx_pb';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import { modelInputs } from './inputs';
import { onnxRuntime } from './onnxruntime';
import { profileLayers } from './profile';

const folder = scratchFolder();
const VOCABULARY = 8;
const INT32 = 6;

const int32 = (name: string, ...values: number[]) =>
  makeTensor(name, 'int32', [values.length], new Uint8Array(Int32Array.from(values).buffer));

/** A decoder as BeamSearch and GreedySearch ask for it: they look for its outputs by name. */
const decoder = create(GraphProtoSchema, {
  name: 'decoder',
  node: [
    makeNode('Gather', ['table', 'input_ids'], ['scores'], {}, { name: 'embed' }),
    makeNode('Sigmoid', ['scores'], ['logits'], {}, { name: 'squash' }),
    makeNode('Cast', ['input_ids'], ['floats'], { to: 1 }, { name: 'to float' }),
    makeNode('Unsqueeze', ['floats', 'axes'], ['one'], {}, { name: 'key' }),
    makeNode('Concat', ['one', 'one'], ['two'], { axis: 0 }, { name: 'key and value' }),
    makeNode('Concat', ['past_0', 'two'], ['present_0'], { axis: 3 }, { name: 'grow' }),
  ],
  initializer: [
    makeFloatTensor(
      'table',
      [VOCABULARY, VOCABULARY],
      Array.from({ length: VOCABULARY ** 2 }, (_, at) => Math.sin(at)),
    ),
    makeInt64Tensor('axes', [3], [0, 2, 4]),
  ],
  input: [
    makeValueInfo('input_ids', 'int32', ['batch', 'length']),
    makeValueInfo('position_ids', 'int32', ['batch', 'length']),
    makeValueInfo('attention_mask', 'int32', ['batch', 'all']),
    makeValueInfo('past_0', 'float32', [2, 'batch', 1, 'past', 1]),
  ],
  output: [
    makeValueInfo('logits', 'float32', ['batch', 'length', VOCABULARY]),
    makeValueInfo('present_0', 'float32', [2, 'batch', 1, 'all', 1]),
  ],
});

const SEARCHES = [
  ['GreedySearch', ['ids', 'longest', 'shortest', 'penalty'], {}],
  ['BeamSearch', ['ids', 'longest', 'shortest', 'beams', 'returned', 'length_penalty', 'penalty'], {}],
] as const;

it.each(SEARCHES)('%s is profiled, whose body gives its outputs by name', async (op, inputs) => {
  const path = join(folder, `${op}.onnx`);
  const attributes = { decoder, eos_token_id: VOCABULARY - 1, pad_token_id: 0, model_type: 0 };
  writeModel(
    makeModel(
      {
        name: 'main',
        node: [
          makeNode('Cast', ['x'], ['ids'], { to: INT32 }, { name: 'to ids' }),
          makeNode(op, [...inputs], ['sequences'], attributes, { domain: 'com.microsoft', name: 'search' }),
        ],
        initializer: [
          int32('longest', 6),
          int32('shortest', 5),
          int32('beams', 2),
          int32('returned', 1),
          makeFloatTensor('length_penalty', [1], [1]),
          makeFloatTensor('penalty', [1], [1]),
        ],
        input: [makeValueInfo('x', 'float32', [1, 3])],
        output: [makeValueInfo('sequences', 'int32', op === 'BeamSearch' ? [1, 1, 6] : [1, 6])],
      },
      {
        opsetImport: [
          { $typeName: 'caliper.onnx.OperatorSetIdProto', domain: '', version: 15n },
          { $typeName: 'caliper.onnx.OperatorSetIdProto', domain: 'com.microsoft', version: 1n },
        ],
      },
    ),
    path,
  );
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  expect(modelInputs(inferred).map(({ name }) => name)).toEqual(['x']);
  const feeds = { x: { type: 'float32' as const, shape: [1, 3], data: Float32Array.of(1, 2, 3) } };
  const scratch = mkdtempSync(join(folder, 'scratch-'));
  const { layers } = await profileLayers(onnxRuntime, file, inferred, feeds, {
    threads: 1,
    runs: 3,
    scratch,
  });
  const named = (name: string) => layers.find((layer) => layer.name === name);
  expect(named('search')?.medianMs ?? named('search')?.fusedInto).toBeTruthy();
  expect(named('squash')?.medianMs).toBeGreaterThan(0);
  expect(named('grow')?.medianMs).toBeGreaterThan(0);
});
