import { itemAt, present } from '../../../model/assert';
import { roundHalfToEven } from '../../../model/rounding';
import type { Layout } from '../../plan';
import type { Ports, WriteSettings } from '../../rewriter';
import {
  type Affine,
  affineOf,
  type QuantizedWeights,
  quantize,
  quantizeBias,
  quantizeWeights,
  smallestScales,
  weightGroups,
} from '../../uniform';
import { activationScales, activationType, type IntegerLayer } from './activations';
import type { EditedOperator, GraphEditor } from './editor';
import { dataPlaces } from './plan';
import { POLICIES, type Policy, type Product, READS_EITHER } from './policy';
import { storeWeight } from './storedWeights';
import { TYPE } from './tensorTypes';
import { FEW_WEIGHTS } from './weights';
import { zeros } from './zeros';

/** uint8 is int8 moved by so much. */
const UNSIGNED_SHIFT = 128;

/** Tables of options of the operators that must be told that int16 scales are no powers of two. */
const ANY_SCALE: ReadonlyMap<string, string> = new Map([
  ['ADD', 'AddOptions'],
  ['SUB', 'SubOptions'],
]);

/**
 * Lets the layers of a layout compute in integers: their tensors become integers under their own names, and where
 * integers meet float, QUANTIZE and DEQUANTIZE stand between.
 */
export class IntegerWriter {
  private readonly type: 'int8' | 'int16';
  private readonly ports: Ports;
  private readonly scales: ReadonlyMap<string, Affine>;
  private readonly layerOf: ReadonlyMap<EditedOperator, IntegerLayer>;
  /** By tensor of the file: the one that holds its integers. */
  private readonly forms = new Map<number, number>();
  private readonly converted = new Map<string, number>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly layers: readonly IntegerLayer[],
    private readonly roots: Layout['roots'],
    private readonly settings: WriteSettings,
    /** By tensor: what other scales would make wrong. */
    demanded: ReadonlyMap<string, Affine>,
  ) {
    this.ports = settings.ports ?? 'float';
    this.type = activationType(layers);
    this.scales = activationScales(editor, layers, { roots }, settings, demanded);
    this.layerOf = new Map(layers.map((layer) => [layer.operator, layer]));
  }

  write(): void {
    for (const tensor of this.roots.keys()) this.addForm(this.editor.indexOf(tensor));
    for (const layer of this.layers) this.convert(layer);
  }

  private affineOf(index: number): Affine {
    const name = this.editor.name(index);
    return present(this.scales.get(this.roots.get(name) ?? ''), `scale of ${name}`);
  }

  /** The tensor's integers: under its name, unless the graph gives or takes it as float, or float gives it. */
  private addForm(index: number): void {
    const { editor } = this;
    const affine = this.affineOf(index);
    const producer = editor.producer(index);
    const isInput = editor.inputs.includes(index);
    const isPort = isInput || editor.outputs.includes(index);
    const fromIntegers = producer !== undefined && this.layerOf.has(producer);
    const ports = isPort ? this.ports : null;
    const inPlace = ports === 'int8' || (fromIntegers && ports === null);
    const integers = { type: TYPE[this.type], quantization: quantizationOf(affine) };
    const form = inPlace ? index : this.addVariant(index, `_${this.type}`, integers);
    this.forms.set(index, form);
    if (inPlace) {
      editor.tensors[index] = { ...editor.tensor(index), ...integers };
      if (ports === 'int8' && !isInput && !fromIntegers) this.insertAfter(producer, 'QUANTIZE', index, form);
    } else if (fromIntegers) {
      producer.outputs = producer.outputs.map((output) => (output === index ? form : output));
      const op = ports === 'uint8' ? 'QUANTIZE' : 'DEQUANTIZE';
      this.insertAfter(producer, op, form, index);
    } else this.insertAfter(producer, 'QUANTIZE', index, form);
    if (ports === 'uint8') editor.tensors[index] = { ...editor.tensor(index), ...unsigned(affine) };
    // What is float still can be read as it was.
    const isFloat = !inPlace && ports !== 'uint8';
    if (!isFloat) this.addFloat(index, form, producer);
  }

  /** Where somebody reads in float what is integers now. */
  private addFloat(index: number, form: number, producer: EditedOperator | undefined): void {
    const { editor } = this;
    const readers = editor.readers(index).filter((reader) => !this.readsIntegers(reader));
    if (readers.length === 0) return;
    const float = this.addVariant(index, '_dequantized', { type: TYPE.float32 });
    this.insertAfter(producer, 'DEQUANTIZE', form, float);
    editor.replace(readers, index, float);
  }

  private readsIntegers(reader: EditedOperator): boolean {
    return this.layerOf.has(reader) || (READS_EITHER.has(reader.op) && this.type === 'int8');
  }

  private addVariant(index: number, suffix: string, changes: object): number {
    const { quantization: _, ...tensor } = this.editor.tensor(index);
    return this.editor.addTensor({ ...tensor, ...changes, name: `${this.editor.name(index)}${suffix}` });
  }

  private insertAfter(producer: EditedOperator | undefined, op: string, from: number, to: number): void {
    this.editor.insertAfter(producer ?? null, this.conversion(op, from, to));
  }

  private conversion(op: string, from: number, to: number) {
    const types = [from, to].map((index) => this.editor.tensor(index).type);
    const wide = types.includes(TYPE.int16);
    const version = op === 'QUANTIZE' ? (wide ? 2 : 1) : wide ? 3 : 2;
    return { op, inputs: [from], outputs: [to], version };
  }

  private convert({ operator, ...layer }: IntegerLayer): void {
    const { editor, type } = this;
    const policy = present(POLICIES.get(operator.op), `policy of ${operator.op}`);
    for (const at of dataPlaces(operator, policy)) {
      const index = itemAt(operator.inputs, at);
      operator.inputs[at] =
        editor.constant(index) === undefined
          ? this.operand(operator, policy, index, layer.output)
          : this.storeOperand(operator, policy, index, layer.output);
    }
    if (policy.product) this.convertProduct({ operator, ...layer }, policy.product);
    operator.version = Math.max(operator.version, present(policy[type], `${type} kernel of ${operator.op}`));
    const options = ANY_SCALE.get(operator.op);
    if (options !== undefined && type === 'int16')
      editor.setOption(operator, options, 'potScaleInt16', false);
    for (const index of operator.outputs) this.convertReaders(index);
  }

  /** Operators that give indices or shapes read integers as well as float. */
  private convertReaders(index: number): void {
    for (const [tensor, form] of this.forms) {
      if (form !== index || this.type !== 'int8') continue;
      for (const reader of this.editor.readers(tensor)) {
        const version = READS_EITHER.get(reader.op);
        if (version === undefined || this.layerOf.has(reader)) continue;
        this.editor.replace([reader], tensor, form);
        reader.version = Math.max(reader.version, version);
      }
    }
  }

  private operand(operator: EditedOperator, policy: Policy, index: number, output: string): number {
    const form = present(this.forms.get(index), `integers of ${this.editor.name(index)}`);
    if (policy.scale !== 'of the output') return form;
    const own = this.affineOf(index);
    const wanted = this.affineOf(this.editor.indexOf(output));
    if (own.scale === wanted.scale && own.zeroPoint === wanted.zeroPoint) return form;
    const key = `${index} ${wanted.scale} ${wanted.zeroPoint}`;
    const known = this.converted.get(key);
    if (known !== undefined) return known;
    const quantization = quantizationOf(wanted);
    const converted = this.addVariant(index, '_requantized', { type: TYPE[this.type], quantization });
    this.editor.insertBefore(operator, this.conversion('QUANTIZE', form, converted));
    this.converted.set(key, converted);
    return converted;
  }

  /** A constant among the operands of ADD and its like. */
  private storeOperand(operator: EditedOperator, policy: Policy, index: number, output: string): number {
    const { editor, type } = this;
    const constant = present(editor.constant(index), `constant ${index}`);
    const values = editor.values(constant);
    const affine =
      policy.scale === 'of the output'
        ? this.affineOf(editor.indexOf(output))
        : affineOf(rangeOf(values, operator.op === 'BATCH_MATMUL'), type);
    const { buffer: _, ...tensor } = editor.tensor(index);
    const integers = quantize(values, affine, type);
    const name = `${editor.name(index)}_${type}`;
    const stored = { ...tensor, name, type: TYPE[type], quantization: quantizationOf(affine) };
    const key = `${name} ${affine.scale} ${affine.zeroPoint}`;
    // Other graphs of the file read in this form, too, what would take much room beside it.
    return constant.storedElements < FEW_WEIGHTS
      ? editor.addConstant(stored, integers, key)
      : editor.addStandIn(index, stored, integers, key);
  }

  private convertProduct(layer: IntegerLayer, product: Product): void {
    const { editor, settings } = this;
    const { operator, precision } = layer;
    const index = itemAt(operator.inputs, product.weights);
    const weights = present(editor.constant(index), `weights of ${layer.name}`);
    const axis = precision.granularity === 'tensor' ? null : product.axis;
    const channels = itemAt(weights.shape, product.axis);
    const input = this.inputScale(layer);
    const bias = this.biasOf(layer, product, channels);
    const smallest = bias === null || this.type === 'int16' ? null : smallestScales(bias, input);
    const groups = weightGroups(weights.shape, axis);
    const least =
      axis === null && smallest !== null ? [smallest.reduce((a, b) => Math.max(a, b), 0)] : smallest;
    const given = settings.quantizedWeights.get(weights.name);
    const usable =
      given?.scales.length === groups.size && given.scales.every((scale, c) => scale >= (least?.[c] ?? 0));
    const quantized =
      given !== undefined && usable
        ? given
        : quantizeWeights(
            editor.values(weights),
            groups,
            settings.reduceRange ? 'int8 reduced' : 'int8',
            least,
          );
    operator.inputs[product.weights] = storeWeight(editor, index, quantized, 'int8', axis);
    if (bias !== null) this.storeBias(layer, product, bias, input, quantized);
  }

  private inputScale({ operator, role }: IntegerLayer): number {
    const form = itemAt(operator.inputs, itemAt(role.data, 0));
    return itemAt(this.editor.tensor(form).quantization?.scale ?? [], 0);
  }

  /** The float bias with its correction; null where there is neither. */
  private biasOf({ id, operator }: IntegerLayer, product: Product, channels: number): Float64Array | null {
    const stored = this.editor.constant(operator.inputs[product.bias]);
    const correction = this.settings.biasCorrections.get(id);
    if (stored === undefined && correction === undefined) return null;
    const values = stored && this.editor.values(stored);
    return Float64Array.from(
      { length: channels },
      (_, c) => (values ? itemAt(values, c) : 0) + (correction ? itemAt(correction, c) : 0),
    );
  }

  private storeBias(
    { name, operator }: IntegerLayer,
    { bias: place }: Product,
    bias: Float64Array,
    input: number,
    weights: QuantizedWeights,
  ): void {
    const { editor } = this;
    const one = weights.scales.length === 1;
    const perChannel = one ? new Float32Array(bias.length).fill(itemAt(weights.scales, 0)) : weights.scales;
    const narrow = quantizeBias(bias, input, perChannel);
    const values =
      this.type === 'int8'
        ? narrow.values
        : BigInt64Array.from(bias, (value, c) => BigInt(roundHalfToEven(value / itemAt(narrow.scales, c))));
    const scales = one ? narrow.scales.slice(0, 1) : narrow.scales;
    const old = operator.inputs[place] ?? -1;
    const index = editor.addConstant(
      {
        name: `${old < 0 ? `${name}_bias` : editor.name(old)}_${this.type === 'int8' ? 'int32' : 'int64'}`,
        shape: [bias.length],
        type: this.type === 'int8' ? TYPE.int32 : TYPE.int64,
        quantization: {
          scale: [...scales],
          zeroPoint: zeros(scales.length),
          quantizedDimension: 0,
        },
      },
      values,
    );
    while (operator.inputs.length < place) operator.inputs.push(-1);
    operator.inputs[place] = index;
  }
}

function quantizationOf({ scale, zeroPoint }: Affine) {
  return { scale: [scale], zeroPoint: [zeroPoint] };
}

function unsigned({ scale, zeroPoint }: Affine) {
  return { type: TYPE.uint8, quantization: quantizationOf({ scale, zeroPoint: zeroPoint + UNSIGNED_SHIFT }) };
}

function rangeOf(values: ArrayLike<number>, symmetric: boolean) {
  let [min, max] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i] ?? Number.NaN);
    max = Math.max(max, values[i] ?? Number.NaN);
  }
  if (!symmetric) return { min, max };
  // −128 and 127 steps, so that the zero point is 0.
  const largest = Math.max(-min, max);
  return { min: (-largest * 128) / 127, max: largest };
}
