import { itemAt, present } from '../../../model/assert';
import { LARGEST_HALF, toHalves } from '../../../model/float16';
import type { NodeId } from '../../../model/nodeId';
import type { Precision } from '../../../model/precision';
import type { WriteSettings } from '../../rewriter';
import { type QuantizedWeights, quantizeWeights, weightGroups } from '../../uniform';
import type { EditedOperator, GraphEditor } from './editor';
import { POLICIES } from './policy';
import { dequantizeVersion } from './sharedWeights';
import { TYPE } from './tensorTypes';
import { DYNAMIC_LSTM, type WeightPlace, weightsOf } from './weights';
import { zeros } from './zeros';

/** Tables of options of operators that are told how to quantize what they are given in each run. */
const ASYMMETRIC: ReadonlyMap<string, string> = new Map([
  ['FULLY_CONNECTED', 'FullyConnectedOptions'],
  ['LSTM', 'LSTMOptions'],
  ['UNIDIRECTIONAL_SEQUENCE_LSTM', 'UnidirectionalSequenceLSTMOptions'],
]);

/**
 * Stores integers in place of a weight: under its name where only one operator reads it, else beside it, once for all
 * that want the same.
 * @param axis along which scales change; null: there is one
 * @returns the number of the tensor with the integers
 */
export function storeWeight(
  editor: GraphEditor,
  index: number,
  { values, scales }: QuantizedWeights,
  type: 'int8' | 'int4',
  axis: number | null,
): number {
  const { buffer: _, ...tensor } = editor.tensor(index);
  const { name } = present(editor.constant(index), `weights ${index}`);
  const alone = editor.readers(index).length === 1 && !editor.outputs.includes(index);
  return editor.addStandIn(
    index,
    {
      ...tensor,
      name: alone ? editor.giveUpName(index) : `${name}_${type}`,
      type: TYPE[type],
      quantization: {
        scale: [...scales],
        zeroPoint: zeros(scales.length),
        ...(axis !== null && { quantizedDimension: axis }),
      },
    },
    type === 'int8' ? values : packed(values),
    `${name} ${type} ${axis} ${bytesOf(scales).toString('base64')}`,
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Two elements a byte, the first in its lower half. */
function packed(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  for (let i = 0; i < values.length; i++)
    bytes[i >> 1] = (bytes[i >> 1] as number) | (((values[i] as number) & 15) << (4 * (i & 1)));
  return bytes;
}

/** Writes the weights of operators that compute in float. */
export class WeightWriter {
  /** What could not be done, and why. */
  readonly kept = new Map<NodeId, string>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly settings: Pick<WriteSettings, 'quantizedWeights'>,
  ) {}

  /** Weights alone in fewer bits: they are brought back to float before the operator reads them, once when it is loaded. */
  store(operator: EditedOperator, { weights }: Precision): void {
    for (const place of weightsOf(this.editor, operator)) {
      const index = itemAt(operator.inputs, place.input);
      const restored =
        weights === 'float16'
          ? this.half(operator, index)
          : this.integers(index, place, weights as 'int8' | 'int4');
      if (restored !== null) operator.inputs[place.input] = restored;
    }
  }

  /** Weights in 8 bits, which the operator's kernel multiplies by what it quantizes in each run. */
  storeDynamic(operator: EditedOperator, { granularity }: Precision): void {
    const { editor } = this;
    const lstm = DYNAMIC_LSTM.get(operator.op);
    const product = POLICIES.get(operator.op)?.product;
    const places = lstm === undefined ? weightsOf(editor, operator) : allWeights(operator);
    for (const { input, axis } of places) {
      const index = itemAt(operator.inputs, input);
      const along = lstm === undefined && granularity !== 'tensor' ? axis : null;
      operator.inputs[input] = storeWeight(
        editor,
        index,
        this.quantized(index, along, 'int8'),
        'int8',
        along,
      );
    }
    operator.version = Math.max(
      operator.version,
      present(
        lstm ?? (granularity === 'tensor' ? product?.dynamicPerTensor : product?.dynamic),
        `kernel of ${operator.op}`,
      ),
    );
    const options = ASYMMETRIC.get(operator.op);
    if (options !== undefined) editor.setOption(operator, options, 'asymmetricQuantizeInputs', true);
  }

  private quantized(index: number, axis: number | null, type: 'int8' | 'int4'): QuantizedWeights {
    const weights = present(this.editor.constant(index), `weights ${index}`);
    const groups = weightGroups(weights.shape, axis);
    const given = this.settings.quantizedWeights.get(weights.name);
    if (given?.scales.length === groups.size) return given;
    return quantizeWeights(this.editor.values(weights), groups, type, null);
  }

  private integers(index: number, { axis }: WeightPlace, type: 'int8' | 'int4'): number {
    const quantized = this.quantized(index, axis, type);
    return this.restored(index, storeWeight(this.editor, index, quantized, type, axis));
  }

  private half(operator: EditedOperator, index: number): number | null {
    const { editor } = this;
    const weights = present(editor.constant(index), `weights ${index}`);
    const values = editor.values(weights);
    if (values.some((value) => Math.abs(value) > LARGEST_HALF)) {
      const reason = `its weights ${weights.name} hold values that float16 cannot`;
      if (operator.origin !== null) this.kept.set(operator.origin, reason);
      return null;
    }
    const { buffer: _, ...tensor } = editor.tensor(index);
    const alone = editor.readers(index).length === 1;
    const name = alone ? editor.giveUpName(index) : `${weights.name}_float16`;
    const stored = editor.addStandIn(
      index,
      { ...tensor, name, type: TYPE.float16 },
      toHalves(values),
      `${weights.name} float16`,
    );
    return this.restored(index, stored);
  }

  private readonly floats = new Map<number, number>();

  /** The float tensor that a stored one is brought back to; before everything else, so that all may read it. */
  private restored(index: number, stored: number): number {
    const known = this.floats.get(stored);
    if (known !== undefined) return known;
    const { buffer: _, quantization: _own, ...tensor } = this.editor.tensor(index);
    const name = `${this.editor.name(stored)}_dequantized`;
    const float = this.editor.addTensor({ ...tensor, name, type: TYPE.float32 });
    const version = dequantizeVersion(this.editor.tensor(stored));
    this.editor.insertAfter(null, { op: 'DEQUANTIZE', inputs: [stored], outputs: [float], version });
    this.floats.set(stored, float);
    return float;
  }
}

function allWeights({ inputs }: EditedOperator): WeightPlace[] {
  return LSTM_WEIGHTS.filter((input) => (inputs[input] ?? -1) >= 0).map((input) => ({ input, axis: null }));
}

/** Gates' weights for the input and for the state, and the projection. */
const LSTM_WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8, 16];
