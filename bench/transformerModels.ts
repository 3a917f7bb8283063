/** Transformers with random weights, of the sizes of small real ones: their latency and their files are those of trained ones. */

import { create } from '@bufbuild/protobuf';
import {
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../src/formats/onnx/onnx_pb';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../src/formats/onnx/writing/make';
import { seededRandom } from '../src/runtime/random';

/** What a transformer is made of. */
export interface TransformerSizes {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  readonly layers: number;
}

/** 29.5 million parameters, 10.5 million of them in its embeddings. */
export const ENCODER: TransformerSizes = {
  vocabulary: 20_000,
  hidden: 512,
  inner: 2048,
  heads: 8,
  layers: 6,
};

/** 83 million parameters: embeddings and the last product take 16 million each. */
export const DECODER: TransformerSizes = {
  vocabulary: 16_000,
  hidden: 1024,
  inner: 4096,
  heads: 16,
  layers: 4,
};

/** Longest sequence that has positions. */
const POSITIONS = 512;

/**
 * An encoder as BERT is: token ids int64 [batch, sequence], scores of classes [batch, sequence, 32] for every position.
 */
export function encoder(sizes: TransformerSizes = ENCODER, seed = 1): ModelProto {
  const b = new Builder(seed);
  const { hidden } = sizes;
  const tokens = b.node('Gather', [b.weight('tokens', [sizes.vocabulary, hidden], 1), 'input_ids']);
  const length = b.node('Gather', [b.node('Shape', ['input_ids']), b.integers([1])], { axis: 0 });
  const range = b.node('Range', [b.scalar(0), b.node('Squeeze', [length]), b.scalar(1)]);
  const positions = b.node('Gather', [b.weight('positions', [POSITIONS, hidden], 1), range]);
  let x = b.normalized(b.node('Add', [tokens, positions]), hidden, 'embeddings');
  for (let layer = 0; layer < sizes.layers; layer++) {
    const name = `layer${layer}`;
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      b.headsOf(b.dense(x, hidden, hidden, `${name}_${part}`), sizes),
    );
    const attended = b.attention(q ?? '', b.turned(k ?? ''), v ?? '', sizes);
    x = b.normalized(
      b.node('Add', [x, b.dense(attended, hidden, hidden, `${name}_out`)]),
      hidden,
      `${name}_attention`,
    );
    x = b.normalized(b.node('Add', [x, b.mlp(x, sizes, name)]), hidden, name);
  }
  b.dense(x, hidden, 32, 'classes', 'scores');
  return b.model(
    [makeValueInfo('input_ids', 'int64', ['batch', 'sequence'])],
    [makeValueInfo('scores', 'float32', ['batch', 'sequence', 32])],
  );
}

/**
 * A step of a decoder as GPT is, one token behind `past` others: the token's id int64 [1, 1], keys and values of each
 * layer [1, heads, past, size]; gives the scores of the next token [1, 1, vocabulary] and keys and values of all.
 */
export function decoderStep(sizes: TransformerSizes = DECODER, seed = 2): ModelProto {
  const b = new Builder(seed);
  const { hidden, heads, vocabulary } = sizes;
  const size = hidden / heads;
  const inputs = [makeValueInfo('input_ids', 'int64', [1, 1])];
  const outputs = [makeValueInfo('scores', 'float32', [1, 1, vocabulary])];
  let x = b.node('Gather', [b.weight('tokens', [vocabulary, hidden], 1), 'input_ids']);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const name = `layer${layer}`;
    const own = b.normalized(x, hidden, `${name}_attention`);
    const [q, k, v] = ['q', 'k', 'v'].map((part) =>
      b.headsOf(b.dense(own, hidden, hidden, `${name}_${part}`), sizes),
    );
    const [keys, values] = (['key', 'value'] as const).map((part) => {
      inputs.push(makeValueInfo(`past_${part}${layer}`, 'float32', [1, heads, 'past', size]));
      outputs.push(makeValueInfo(`${part}${layer}`, 'float32', [1, heads, 'total', size]));
      const fresh = (part === 'key' ? k : v) ?? '';
      return b.node('Concat', [`past_${part}${layer}`, fresh], { axis: 2 }, `${part}${layer}`);
    });
    const attended = b.attention(q ?? '', b.turned(keys ?? ''), values ?? '', sizes);
    x = b.node('Add', [x, b.dense(attended, hidden, hidden, `${name}_out`)]);
    x = b.node('Add', [x, b.mlp(b.normalized(x, hidden, name), sizes, name)]);
  }
  b.node(
    'MatMul',
    [b.normalized(x, hidden, 'last'), b.weight('head', [hidden, vocabulary], hidden ** -0.5)],
    {},
    'scores',
  );
  return b.model(inputs, outputs);
}

class Builder {
  private readonly nodes: NodeProto[] = [];
  private readonly constants: TensorProto[] = [];
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  node(op: string, inputs: readonly string[], attributes = {}, output = `t${this.nodes.length}`): string {
    this.nodes.push(makeNode(op, inputs, [output], attributes, { name: `${op}_${this.nodes.length}` }));
    return output;
  }

  /** Normally distributed, as trained weights about are; one channel in a hundred is four times as large. */
  weight(name: string, shape: readonly [number, number], deviation: number): string {
    const [rows, columns] = shape;
    const values = new Float32Array(rows * columns);
    const scales = Float32Array.from({ length: columns }, () => (this.random() < 0.01 ? 4 : 1) * deviation);
    for (let i = 0; i < values.length; i++) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      values[i] = radius * Math.cos(2 * Math.PI * this.random()) * (scales[i % columns] as number);
    }
    this.constants.push(makeTensor(name, 'float32', shape, new Uint8Array(values.buffer)));
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant(makeInt64Tensor(`c${this.constants.length}`, [values.length], values));
  }

  scalar(value: number): string {
    return this.constant(makeInt64Tensor(`c${this.constants.length}`, [], [value]));
  }

  private float(value: number): string {
    return this.constant(makeFloatTensor(`c${this.constants.length}`, [], [value]));
  }

  private constant(tensor: TensorProto): string {
    this.constants.push(tensor);
    return tensor.name;
  }

  dense(x: string, inputs: number, outputs: number, name: string, output?: string): string {
    const product = this.node('MatMul', [
      x,
      this.weight(`${name}_weight`, [inputs, outputs], inputs ** -0.5),
    ]);
    const values = Float32Array.from({ length: outputs }, () => 0.1 * (this.random() - 0.5));
    const bias = this.constant(makeFloatTensor(`${name}_bias`, [outputs], values));
    return this.node('Add', [product, bias], {}, output);
  }

  normalized(x: string, size: number, name: string): string {
    const scale = this.constant(makeFloatTensor(`${name}_scale`, [size], new Float32Array(size).fill(1)));
    const shift = this.constant(makeFloatTensor(`${name}_shift`, [size], new Float32Array(size)));
    return this.node('LayerNormalization', [x, scale, shift], { axis: -1, epsilon: 1e-5 });
  }

  mlp(x: string, { hidden, inner }: TransformerSizes, name: string): string {
    const wide = this.dense(x, hidden, inner, `${name}_wide`);
    const erf = this.node('Erf', [this.node('Div', [wide, this.float(Math.SQRT2)])]);
    const gelu = this.node('Mul', [
      this.node('Mul', [wide, this.node('Add', [erf, this.float(1)])]),
      this.float(0.5),
    ]);
    return this.dense(gelu, inner, hidden, `${name}_narrow`);
  }

  /** [batch, sequence, hidden] as [batch, heads, sequence, size]. */
  headsOf(x: string, { heads, hidden }: TransformerSizes): string {
    const shape = this.integers([0, 0, heads, hidden / heads]);
    return this.node('Transpose', [this.node('Reshape', [x, shape])], { perm: [0, 2, 1, 3] });
  }

  turned(x: string): string {
    return this.node('Transpose', [x], { perm: [0, 1, 3, 2] });
  }

  attention(q: string, k: string, v: string, { heads, hidden }: TransformerSizes): string {
    const scores = this.node('MatMul', [q, k]);
    const scaled = this.node('Div', [scores, this.float(Math.sqrt(hidden / heads))]);
    const mixed = this.node('MatMul', [this.node('Softmax', [scaled], { axis: -1 }), v]);
    const joined = this.node('Transpose', [mixed], { perm: [0, 2, 1, 3] });
    return this.node('Reshape', [joined, this.integers([0, 0, hidden])]);
  }

  model(input: ValueInfoProto[], output: ValueInfoProto[]): ModelProto {
    return create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'model-caliper-bench',
      opsetImport: [{ domain: '', version: 17n }],
      graph: { name: 'transformer', input, output, initializer: this.constants, node: this.nodes },
    });
  }
}
