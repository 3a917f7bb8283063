import { quantizeWeights } from '../../uniform';
import type { TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { shapeOf } from './protos';

/** Weights of products whose input is quantized while they run: stored as 8-bit integers with scale and zero point. */
export class DynamicWeights {
  /** Weights that are stored already, by form and name: tied ones are stored once. */
  private readonly weights = new Map<string, string>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly reduceRange: boolean,
  ) {}

  /** `form` says how the values were changed before. Returns the name of what is stored; its scale and zero point have it with `_scale` and `_zero_point`. */
  store(
    weight: TensorProto,
    form: string,
    values: ArrayLike<number>,
    shape: readonly number[],
    channels: number,
    scaleShape: readonly number[],
  ): string {
    const result = quantizeWeights(values, { channels, inner: 1 }, this.reduceRange, null);
    return this.storeParts(weight, form, result.values, shape, result.scales, scaleShape);
  }

  private storeParts(
    weight: TensorProto,
    form: string,
    values: Int8Array,
    shape: readonly number[],
    scales: Float32Array,
    scaleShape: readonly number[],
  ): string {
    const { editor } = this;
    const key = `${form} ${weight.name}`;
    const known = this.weights.get(key);
    if (known !== undefined) return known;
    const name = editor.uniqueName(`${weight.name}_int8`);
    this.weights.set(key, name);
    editor.setConstant(makeTensor(name, 'int8', shape, new Uint8Array(values.buffer)));
    editor.setConstant(makeFloatTensor(`${name}_scale`, scaleShape, scales));
    editor.setConstant(makeTensor(`${name}_zero_point`, 'int8', scaleShape, new Uint8Array(scales.length)));
    return name;
  }

  /** The gates' weights [directions, gates, inputs] as DynamicQuantizeLSTM wants them: [directions, inputs, gates]. */
  storeGates(weight: TensorProto): string {
    const [directions = 1, gates = 1, inputs = 1] = shapeOf(weight);
    const stored = this.editor.values(weight);
    const values = new Float32Array(stored.length);
    const scales = new Float32Array(directions * gates);
    const quantized = new Int8Array(stored.length);
    for (let direction = 0; direction < directions; direction++) {
      const offset = direction * gates * inputs;
      for (let gate = 0; gate < gates; gate++)
        for (let i = 0; i < inputs; i++)
          values[offset + i * gates + gate] = stored[offset + gate * inputs + i] ?? 0;
      const part = values.subarray(offset, offset + gates * inputs);
      const result = quantizeWeights(part, { channels: gates, inner: 1 }, this.reduceRange, null);
      quantized.set(result.values, offset);
      scales.set(result.scales, direction * gates);
    }
    return this.storeParts(weight, 'gates', quantized, [directions, inputs, gates], scales, [
      directions,
      gates,
    ]);
  }
}
