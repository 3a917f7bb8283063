import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from '../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { seededNormal } from '../../src/runtime/random';

export interface MobilenetOptions {
  /** Width multiplier alpha. */
  width?: number;
  /** Side of the square input. */
  size?: number;
  /** Of the random weights. */
  seed: number;
  classes?: number;
  opset?: number;
  /** BatchNormalization behind each convolution, as in training; else it is folded into the weights. */
  batchNorm?: boolean;
}

/**
 * MobileNetV1 (Howard et al. 2017, arXiv:1704.04861, table 1) with random weights: depthwise separable
 * convolutions, ReLU6 as Clip. Input `input` [1, 3, size, size], output `logits` [1, classes].
 * Published for width 1.0 at 224: 569 million multiply-adds, 4.2 million parameters.
 */
export function mobilenetV1(options: MobilenetOptions): ModelProto {
  const net = new Builder(options);
  const scale = (channels: number) => Math.max(8, Math.round(channels * (options.width ?? 1)));
  net.convolve({ channels: scale(32), kernel: 3, stride: 2 });
  const blocks: [channels: number, stride: number][] = [
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
    ...new Array<[number, number]>(5).fill([512, 1]),
    [1024, 2],
    [1024, 1],
  ];
  for (const [channels, stride] of blocks) {
    net.convolve({ kernel: 3, stride, depthwise: true });
    net.convolve({ channels: scale(channels), kernel: 1 });
  }
  return net.classify();
}

/**
 * MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, table 2) with random weights: inverted residuals with linear
 * bottlenecks, ReLU6 as Clip. Input `input` [1, 3, size, size], output `logits` [1, classes].
 * Published for width 1.0 at 224: 300 million multiply-adds, 3.4 million parameters.
 */
export function mobilenetV2(options: MobilenetOptions): ModelProto {
  const net = new Builder(options);
  const width = options.width ?? 1;
  net.convolve({ channels: divisible(32 * width), kernel: 3, stride: 2 });
  const stages: [expansion: number, channels: number, repeats: number, stride: number][] = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ];
  for (const [expansion, channels, repeats, first] of stages) {
    for (let n = 0; n < repeats; n++) {
      const entry = net.current;
      const stride = n === 0 ? first : 1;
      const target = divisible(channels * width);
      if (expansion > 1) net.convolve({ channels: entry.channels * expansion, kernel: 1 });
      net.convolve({ kernel: 3, stride, depthwise: true });
      net.convolve({ channels: target, kernel: 1, linear: true });
      if (stride === 1 && entry.channels === target) net.addTo(entry.name);
    }
  }
  net.convolve({ channels: Math.max(1280, divisible(1280 * width)), kernel: 1 });
  return net.classify();
}

/** The paper's networks have channels in multiples of 8, and never lose more than a tenth by rounding. */
function divisible(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

interface Convolution {
  channels?: number;
  kernel: number;
  stride?: number;
  depthwise?: boolean;
  /** No activation behind it. */
  linear?: boolean;
}

class Builder {
  current = { name: 'input', channels: 3 };
  readonly #options: MobilenetOptions;
  readonly #random: () => number;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];

  constructor(options: MobilenetOptions) {
    this.#options = options;
    this.#random = seededNormal(options.seed);
  }

  get #opset(): number {
    return this.#options.opset ?? 17;
  }

  convolve({ channels, kernel, stride = 1, depthwise = false, linear = false }: Convolution): void {
    const input = this.current;
    const output = depthwise ? input.channels : (channels ?? input.channels);
    const inner = depthwise ? 1 : input.channels;
    const name = `conv${this.#nodes.filter(({ opType }) => opType === 'Conv').length}`;
    const deviation = Math.sqrt(2 / (inner * kernel * kernel));
    const inputs = [input.name, this.#weights(`${name}.weight`, [output, inner, kernel, kernel], deviation)];
    if (!this.#options.batchNorm) inputs.push(this.#weights(`${name}.bias`, [output], 0.1));
    const pad = (kernel - 1) / 2;
    let result = this.#node('Conv', inputs, name, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group: depthwise ? input.channels : 1,
    });
    if (this.#options.batchNorm) result = this.#normalize(result, `${name}.norm`, output);
    if (!linear) result = this.#clip(result, `${name}.relu6`);
    this.current = { name: result, channels: output };
  }

  addTo(other: string): void {
    const { name, channels } = this.current;
    this.current = { name: this.#node('Add', [other, name], `add${this.#nodes.length}`, {}), channels };
  }

  classify(): ModelProto {
    const classes = this.#options.classes ?? 1000;
    const { channels } = this.current;
    const pooled = this.#node('GlobalAveragePool', [this.current.name], 'pool', {});
    const flat = this.#node('Flatten', [pooled], 'flatten', { axis: 1 });
    const weights = this.#weights('classifier.weight', [classes, channels], Math.sqrt(1 / channels));
    const bias = this.#weights('classifier.bias', [classes], 0.1);
    this.#nodes.push(
      makeNode('Gemm', [flat, weights, bias], ['logits'], { transB: 1 }, { name: 'classifier' }),
    );
    const size = this.#options.size ?? 224;
    return create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'model-caliper tests',
      opsetImport: [{ domain: '', version: BigInt(this.#opset) }],
      graph: create(GraphProtoSchema, {
        name: 'mobilenet',
        node: this.#nodes,
        initializer: this.#initializers,
        input: [makeValueInfo('input', 'float32', [1, 3, size, size])],
        output: [makeValueInfo('logits', 'float32', [1, classes])],
      }),
    });
  }

  #normalize(input: string, name: string, channels: number): string {
    const ones = (suffix: string, low: number, high: number) => {
      const values = Array.from(
        { length: channels },
        () => low + (high - low) * Math.abs(this.#random() % 1),
      );
      this.#initializers.push(makeFloatTensor(`${name}.${suffix}`, [channels], values));
      return `${name}.${suffix}`;
    };
    const scale = ones('scale', 0.5, 1.5);
    const bias = this.#weights(`${name}.bias`, [channels], 0.1);
    const mean = this.#weights(`${name}.mean`, [channels], 0.1);
    const variance = ones('variance', 0.5, 1.5);
    return this.#node('BatchNormalization', [input, scale, bias, mean, variance], name, { epsilon: 1e-5 });
  }

  /** Its bounds are attributes up to version 10, inputs from version 11 on. */
  #clip(input: string, name: string): string {
    if (this.#opset < 11) return this.#node('Clip', [input], name, { min: 0, max: 6 });
    if (!this.#initializers.some((tensor) => tensor.name === 'zero')) {
      this.#initializers.push(makeFloatTensor('zero', [], [0]), makeFloatTensor('six', [], [6]));
    }
    return this.#node('Clip', [input, 'zero', 'six'], name, {});
  }

  #node(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes: Record<string, number | number[]>,
  ): string {
    const output = `${name}.out`;
    this.#nodes.push(makeNode(op, inputs, [output], attributes, { name }));
    return output;
  }

  #weights(name: string, shape: readonly number[], deviation: number): string {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, () => this.#random() * deviation);
    this.#initializers.push(makeFloatTensor(name, shape, values));
    return name;
  }
}
