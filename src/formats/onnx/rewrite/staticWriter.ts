import { itemAt, present } from '../../../model/assert';
import { ModelError } from '../../../model/modelError';
import { equalizedName, isEqualized } from '../../equalized';
import type { PlannedLayer } from '../../plan';
import type { WriteSettings } from '../../rewriter';
import { type Affine, affineOf, quantize, quantizeBias, smallestScales, weightGroups } from '../../uniform';
import { floatAttribute } from '../attributes';
import type { NodeProto, TensorProto } from '../onnx_pb';
import { makeAttribute, makeFloatTensor, makeNode, makeTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { shapeOf } from './protos';
import { bytesOf, type QuantizedTensors } from './quantizedTensors';

/** A layer, with what the model that is being written has for it. */
export interface WrittenLayer extends Omit<PlannedLayer, 'node' | 'activation'> {
  readonly node: NodeProto;
  /** The activation function that its output's range does the work of. */
  readonly activation: NodeProto | null;
}

/**
 * Writes layers with static scales into a model: a QuantizeLinear and a DequantizeLinear behind each tensor that has an
 * 8-bit form, and a DequantizeLinear behind each stored weight and bias, so that an engine fuses them into layers that
 * compute in 8 bits.
 */
export class StaticWriter {
  private readonly affine = new Map<string, Affine>();
  /** Names of the scale and zero point of a root. */
  private readonly parameters = new Map<string, string[]>();
  /** Float form of stored 8-bit constants, by the constant's name. */
  private readonly stored = new Map<string, string>();
  private readonly layerOf: ReadonlyMap<NodeProto, WrittenLayer>;
  private readonly activations: 'uint8' | 'int8';
  /** What each layer reads in the float model, before names change. */
  private readonly inputs: ReadonlyMap<WrittenLayer, string>;

  constructor(
    private readonly editor: GraphEditor,
    private readonly layers: readonly WrittenLayer[],
    private readonly roots: ReadonlyMap<string, string>,
    private readonly settings: WriteSettings,
    private readonly weights: QuantizedTensors,
  ) {
    this.activations = activationsOf(layers);
    this.layerOf = new Map(layers.map((layer) => [layer.node, layer]));
    this.inputs = new Map(layers.map((layer) => [layer, itemAt(layer.node.input, 0)]));
  }

  write(): void {
    const makers = new Map<string, WrittenLayer>();
    for (const layer of this.layers) {
      if (layer.role.kind === 'same-scale') for (const name of layer.node.output) makers.set(name, layer);
      else if (layer.quantizesOutput) makers.set(layer.output, layer);
    }
    for (const root of new Set(this.roots.values())) this.addParameters(root);
    for (const [tensor, root] of this.roots)
      if (tensor !== '') this.addPair(tensor, root, makers.get(tensor));
    for (const layer of this.layers) {
      if (layer.role.kind === 'product') this.quantizeProduct(layer);
      else if (layer.role.kind === 'arithmetic') this.quantizeOperands(layer);
    }
  }

  private addParameters(root: string): void {
    const range = present(this.settings.ranges.get(root), `range of tensor ${root}`);
    const affine = affineOf(range, this.activations);
    this.affine.set(root, affine);
    const tensors = this.affineTensors(root, affine);
    for (const tensor of tensors) this.editor.setConstant(tensor);
    this.parameters.set(
      root,
      tensors.map((tensor) => tensor.name),
    );
  }

  /** Stores a scale and a zero point. */
  private affineTensors(base: string, { scale, zeroPoint }: Affine): TensorProto[] {
    const type = this.activations;
    const zero = type === 'uint8' ? Uint8Array.of(zeroPoint) : Int8Array.of(zeroPoint);
    return [
      makeTensor(this.editor.uniqueName(`${base}_scale`), 'float32', [], bytesOf(Float32Array.of(scale))),
      makeTensor(this.editor.uniqueName(`${base}_zero_point`), type, [], bytesOf(zero)),
    ];
  }

  /** Q and DQ behind a tensor. Which of the names around them is the tensor's: see `Rewriter`. */
  private addPair(tensor: string, root: string, maker: WrittenLayer | undefined): void {
    const { editor } = this;
    let source = tensor;
    let result = tensor;
    if (maker?.activation) {
      source = maker.rawOutput;
      editor.remove(maker.activation);
    } else if (maker && editor.isOutput(tensor)) {
      source = editor.uniqueName(`${tensor}_raw`);
      editor.setOutput(maker.node, maker.node.output.indexOf(tensor), source);
    } else {
      result = editor.uniqueName(`${tensor}_dequantized`);
      for (const reader of editor.consumers(tensor)) {
        if (maker) replaceInput(editor, reader, tensor, result);
        else for (const index of this.dataInputs(reader, tensor)) editor.setInput(reader, index, result);
      }
    }
    const quantized = editor.uniqueName(`${tensor}_quantized`);
    const parameters = present(this.parameters.get(root), `scale of tensor ${root}`);
    // Without names of their own, which would be a tenth of the bytes of a small model: outputs name them.
    const pair = [
      makeNode('QuantizeLinear', [source, ...parameters], [quantized]),
      makeNode('DequantizeLinear', [quantized, ...parameters], [result]),
    ];
    const producer = maker?.node ?? editor.producer(source);
    if (producer) editor.insertAfter(producer, ...pair);
    else editor.prepend(...pair);
  }

  /** Inputs at which a planned layer reads a tensor as an activation. */
  private dataInputs(node: NodeProto, tensor: string): number[] {
    const layer = this.layerOf.get(node);
    return layer?.role.data.filter((index) => node.input[index] === tensor) ?? [];
  }

  private quantizeProduct(layer: WrittenLayer): void {
    const { node } = layer;
    const { editor, settings } = this;
    const weight = present(editor.constant(itemAt(node.input, 1)), `weight of layer ${layer.name}`);
    const shape = shapeOf(weight);
    const axis = layer.role.weightAxis;
    const channels = axis === null ? 1 : itemAt(shape, axis);
    const factor = takeFactor(node, 'alpha');
    const beta = takeFactor(node, 'beta');
    const biasName = node.input[2] ?? '';
    const bias = this.biasOf(layer, channels, beta);
    const data = present(this.inputs.get(layer), `input of layer ${layer.name}`);
    const input = present(this.affine.get(this.roots.get(data) ?? ''), `scale of ${data}`);
    const quantized = this.weights.integersOf(
      weight,
      weightGroups(shape, axis),
      settings.reduceRange ? 'int8 reduced' : 'int8',
      { factor, smallest: bias === null ? null : smallestScales(bias, input.scale) },
    );
    if (quantized.zeroPoints?.some((zero) => zero !== 0))
      throw new Error(`Weights of layer ${layer.name} are not symmetric.`);
    // Layers that share a weight share its integers, unless a bias asked for other scales.
    const form = `${axis} ${factor} ${quantized.scales.join()}`;
    const scaleShape = axis === null ? [] : [channels];
    const stored = this.weights.store(weight, form, quantized, shape, scaleShape);
    this.addDequantized(node, 1, axis, [stored.data, stored.scale, stored.zeroPoint]);
    if (bias === null) return;
    const sums = quantizeBias(bias, input.scale, quantized.scales);
    const name = `${layer.name}_bias`;
    const base = editor.uniqueName(`${isEqualized(biasName) ? equalizedName(name) : name}_int32`);
    this.addDequantized(node, 2, 0, [
      this.weights.constant(makeTensor(base, 'int32', [channels], bytesOf(sums.values))),
      this.weights.constant(
        makeTensor(editor.uniqueName(`${base}_scale`), 'float32', [channels], bytesOf(sums.scales)),
      ),
    ]);
  }

  /** The float bias with its correction; null where there is neither. MatMul has no bias to put one into. */
  private biasOf(layer: WrittenLayer, channels: number, beta: number): Float64Array | null {
    if (layer.node.opType === 'MatMul') return null;
    const stored = this.editor.constantValues(layer.node.input[2]);
    const correction = this.settings.biasCorrections.get(layer.id);
    if (stored === null && correction === undefined) return null;
    return Float64Array.from({ length: channels }, (_, c) => {
      const own = stored === null ? 0 : itemAt(stored, stored.length === 1 ? 0 : c);
      return own * beta + (correction === undefined ? 0 : itemAt(correction, c));
    });
  }

  /** Constants among the operands of Add and its like. */
  private quantizeOperands(layer: WrittenLayer): void {
    invert(this.editor, layer.node);
    for (const [index, name] of layer.node.input.entries()) {
      const tensor = this.editor.constant(name);
      if (tensor === undefined) continue;
      const known = this.stored.get(name);
      if (known === undefined) this.stored.set(name, this.storeOperand(layer.node, index, tensor));
      else this.editor.setInput(layer.node, index, known);
    }
  }

  private storeOperand(node: NodeProto, index: number, tensor: TensorProto): string {
    const type = this.activations;
    const values = this.editor.values(tensor);
    let [min, max] = [0, 0];
    for (const value of values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    const affine = affineOf({ min, max }, type);
    const base = this.editor.uniqueName(`${tensor.name}_${type}`);
    const data = bytesOf(quantize(values, affine, type));
    const operand = makeTensor(base, type, shapeOf(tensor), data);
    const stored = [operand, ...this.affineTensors(base, affine)];
    return this.addDequantized(
      node,
      index,
      null,
      stored.map((one) => this.weights.constant(one)),
    );
  }

  /** Lets a node read stored integers through a DQ; returns the DQ's output. */
  private addDequantized(
    node: NodeProto,
    index: number,
    axis: number | null,
    stored: readonly string[],
  ): string {
    const output = this.editor.uniqueName(`${itemAt(stored, 0)}_dequantized`);
    this.editor.insertBefore(
      node,
      makeNode('DequantizeLinear', stored, [output], axis === null ? {} : { axis }),
    );
    this.editor.setInput(node, index, output);
    return output;
  }
}

/** There are 8-bit kernels for Add and Mul, but none for Sub and Div: by a constant they are the same. */
function invert(editor: GraphEditor, node: NodeProto): void {
  const tensor = editor.constant(node.input[1] ?? '');
  if (tensor === undefined || (node.opType !== 'Sub' && node.opType !== 'Div')) return;
  const inverse = node.opType === 'Sub' ? (c: number) => -c : (c: number) => 1 / c;
  node.opType = node.opType === 'Sub' ? 'Add' : 'Mul';
  const name = editor.uniqueName(`${tensor.name}_inverse`);
  editor.setConstant(makeFloatTensor(name, shapeOf(tensor), editor.values(tensor).map(inverse)));
  editor.setInput(node, 1, name);
}

function activationsOf(layers: readonly WrittenLayer[]): 'uint8' | 'int8' {
  const types = new Set(layers.map(({ precision }) => precision.activations));
  const [type = 'uint8'] = types;
  if (types.size > 1 || (type !== 'uint8' && type !== 'int8'))
    throw new ModelError(`An ONNX file cannot be written with activations in ${[...types].join(' and ')}.`);
  return type;
}

/** Gemm's factors go into its weights and bias: fused layers know none. */
function takeFactor(node: NodeProto, name: 'alpha' | 'beta'): number {
  const value = node.opType === 'Gemm' ? floatAttribute(node, name, 1) : 1;
  if (value !== 1) {
    node.attribute = node.attribute.filter((attribute) => attribute.name !== name);
    node.attribute.push(makeAttribute(name, 1));
  }
  return value;
}

function replaceInput(editor: GraphEditor, node: NodeProto, from: string, to: string): void {
  for (const [index, input] of node.input.entries()) if (input === from) editor.setInput(node, index, to);
}
