/**
 * Writes a model of many small nodes, for how the reader, the page and the terminal stand length: convolutions,
 * activations and additions in turn, each convolution with weights of its own, names as long as exporters make them.
 *
 *     npx tsx bench/make-deep-model.ts deep.onnx [nodes, default 50000]
 */
import { create } from '@bufbuild/protobuf';
import { ModelProtoSchema, type NodeProto, type TensorProto } from '../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../src/formats/onnx/writing/make';
import { writeModel } from '../src/formats/onnx/writing/writer';

const CHANNELS = 4;
const [target, nodes = '50000'] = process.argv.slice(2);
if (!target) {
  console.error('usage: make-deep-model.ts TARGET [NODES]');
  process.exit(2);
}

const node: NodeProto[] = [];
const initializer: TensorProto[] = [];
let last = 'input';
for (let i = 0; node.length < Number(nodes); i++) {
  const name = `/backbone/stage${i % 7}/block${i}`;
  const [convolved, activated, added] = [
    `${name}/conv/Conv_output_0`,
    `${name}/act/Relu_output_0`,
    `${name}/Add_output_0`,
  ];
  const weight = `backbone.block${i}.conv.weight`;
  initializer.push(
    makeFloatTensor(
      weight,
      [CHANNELS, CHANNELS, 1, 1],
      Array.from({ length: CHANNELS ** 2 }, () => Math.random() - 0.5),
    ),
  );
  node.push(
    makeNode(
      'Conv',
      [last, weight],
      [convolved],
      { kernel_shape: [1, 1], strides: [1, 1] },
      { name: `${name}/conv/Conv` },
    ),
    makeNode('Relu', [convolved], [activated], {}, { name: `${name}/act/Relu` }),
    makeNode('Add', [activated, last], [added], {}, { name: `${name}/Add` }),
  );
  last = added;
}
writeModel(
  create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'model-caliper-bench',
    opsetImport: [{ domain: '', version: 13n }],
    graph: {
      name: 'deep',
      input: [makeValueInfo('input', 'float32', ['batch', CHANNELS, 8, 8])],
      output: [makeValueInfo(last, 'float32', ['batch', CHANNELS, 8, 8])],
      initializer,
      node,
    },
  }),
  target,
);
