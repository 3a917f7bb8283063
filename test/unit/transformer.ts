import { create } from '@bufbuild/protobuf';
import {
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';

const WIDTH = 4;
/** Nodes of one layer. */
export const NODES_A_LAYER = 26;

/**
 * A decoder as exporters write it, of so many nodes: normalization, attention and a feed-forward network a layer, with
 * skip connections around both and a mask that every layer takes. Layers share their weights, so that it stays small.
 */
export function makeTransformer(nodes: number): ModelProto {
  const node: NodeProto[] = [];
  const initializer: TensorProto[] = [
    makeFloatTensor(
      'model.weight',
      [WIDTH, WIDTH],
      Array.from({ length: WIDTH ** 2 }, (_, i) => i / 16),
    ),
    makeFloatTensor('model.scale', [1], [0.5]),
    makeFloatTensor('model.epsilon', [1], [1e-5]),
  ];
  let name = '';
  const add = (op: string, inputs: string[], path: string) => {
    const output = `${name}/${path}/${op}_output_0`;
    node.push(makeNode(op, inputs, [output], {}, { name: `${name}/${path}/${op}` }));
    return output;
  };
  const normalize = (input: string, path: string) => {
    const squared = add('Mul', [input, input], path);
    const shifted = add('Add', [squared, 'model.epsilon'], path);
    const root = add('Sqrt', [shifted], path);
    const divided = add('Div', [input, root], path);
    return add('Max', [divided, 'model.scale'], path);
  };
  let last = 'hidden';
  for (let layer = 0; node.length + NODES_A_LAYER <= nodes; layer++) {
    name = `/model/layers.${layer}`;
    const normal = normalize(last, 'input_layernorm');
    const [query, key, value] = ['q_proj', 'k_proj', 'v_proj'].map((one) =>
      add('MatMul', [normal, 'model.weight'], `self_attn/${one}`),
    ) as [string, string, string];
    const turned = add('Transpose', [key], 'self_attn');
    const scores = add('MatMul', [query, turned], 'self_attn');
    const scaled = add('Mul', [scores, 'model.scale'], 'self_attn');
    const masked = add('Add', [scaled, 'mask'], 'self_attn');
    const weights = add('Softmax', [masked], 'self_attn');
    const mixed = add('Identity', [weights], 'self_attn/dropout');
    const attended = add('MatMul', [mixed, value], 'self_attn/values');
    const projected = add('MatMul', [attended, 'model.weight'], 'self_attn/o_proj');
    const skipped = add('Add', [last, projected], 'residual');
    const second = normalize(skipped, 'post_attention_layernorm');
    const gate = add('MatMul', [second, 'model.weight'], 'mlp/gate_proj');
    const opened = add('Sigmoid', [gate], 'mlp/act_fn');
    const down = add('MatMul', [opened, 'model.weight'], 'mlp/down_proj');
    last = add('Add', [skipped, down], 'mlp_residual');
  }
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'model-caliper-bench',
    opsetImport: [{ domain: '', version: 13n }],
    graph: {
      name: 'transformer',
      input: [
        makeValueInfo('hidden', 'float32', [WIDTH, WIDTH]),
        makeValueInfo('mask', 'float32', [WIDTH, WIDTH]),
      ],
      output: [makeValueInfo(last, 'float32', [WIDTH, WIDTH])],
      initializer,
      node,
    },
  });
}
