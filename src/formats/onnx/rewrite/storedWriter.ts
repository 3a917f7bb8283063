import { itemAt } from '../../../model/assert';
import type { Precision } from '../../../model/precision';
import type { WriteSettings } from '../../rewriter';
import { type QuantizedWeights, weightGroups } from '../../uniform';
import type { NodeProto, TensorProto } from '../onnx_pb';
import { makeFloatTensor, makeNode, makeTensor } from '../writing/make';
import type { GraphEditor } from './editor';
import { embed } from './embedding';
import { constantInput, matrixOf } from './matrix';
import { channelAxis, inputAxis } from './policy';
import { nodeName, operator, shapeOf } from './protos';
import {
  MICROSOFT,
  matrixShape,
  type QuantizedTensors,
  type StoredWeights,
  transposed,
} from './quantizedTensors';

/** The first operator set in which DequantizeLinear takes blocks, and 4 bits (https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html). */
const BLOCKS_OPSET = 21;

/**
 * Inputs in 8 bits too: the others compute in float32 or float16. With 0 the fastest is not chosen but the most exact,
 * which with 8-bit weights took 45 times as long (measured).
 */
const ACCURACY_LEVEL = 4;

type Bits = 4 | 8;

/** Of weights that are taken as they are. */
const PLAIN = { turned: false, factor: 1, bias: null };

/** What the zero of symmetric weights is stored as where integers have no sign. */
const MIDDLE = { 4: 8, 8: 128 } as const;

/** Writes layers whose weights alone are in 8 or 4 bits, and which compute in float. */
export class StoredWriter {
  constructor(
    private readonly editor: GraphEditor,
    private readonly weights: QuantizedTensors,
    private readonly form: WriteSettings['weightForm'],
  ) {}

  /** A node of which the policy says that it can be; null, or why it stays in float in a file of this form. */
  quantize(node: NodeProto, { weights, granularity }: Precision): string | null {
    if (operator(node) === 'Gather') {
      embed(this.editor, this.weights, node);
      return null;
    }
    const bits = weights === 'int4' ? 4 : 8;
    const block = typeof granularity === 'object' && 'block' in granularity ? granularity.block : null;
    if (block !== null && this.form === 'engine') {
      this.inBlocks(node, bits, block);
      return null;
    }
    if (block !== null && this.editor.opset < BLOCKS_OPSET)
      return `blocks of weights need operator set ${BLOCKS_OPSET}, and the model is written for ${this.editor.opset}`;
    this.dequantized(node, bits, block);
    return null;
  }

  /**
   * A DequantizeLinear behind the stored weight. The matrix of a Gemm is stored as the product needs it, transposed and
   * with its factor in the scales: ONNX Runtime fuses the two only then, and unpacks the weights in every run otherwise
   * (37 times as slow in blocks of 32, measured).
   */
  private dequantized(node: NodeProto, bits: Bits, block: number | null): void {
    const { editor } = this;
    const weight = constantInput(editor, node, 1);
    const isGemm = operator(node) === 'Gemm';
    const { turned, factor, bias } = isGemm ? matrixOf(editor, node) : PLAIN;
    const own = shapeOf(weight);
    const ownAxis = block === null ? channelAxis(node, weight) : inputAxis(node);
    const divided = (size: number, at: number) => (at === ownAxis ? Math.ceil(size / (block ?? size)) : size);
    const ownScales = own.map(divided);
    const given = this.integersOf(weight, ownAxis, bits, block, factor);
    const matrix = (sizes: readonly number[]): Size => [itemAt(sizes, 0), itemAt(sizes, 1)];
    const integers = turned
      ? turnedAround(given, matrix(own), block === null ? null : matrix(ownScales))
      : given;
    const shape = turned ? own.toReversed() : own;
    const scales = turned ? ownScales.toReversed() : ownScales;
    const axis = turned && ownAxis !== null ? 1 - ownAxis : ownAxis;
    const scaleShape = block === null ? [integers.scales.length] : scales;
    const form = `${bits} bits by ${block}, times ${factor}, transposed ${turned}`;
    const stored =
      bits === 4
        ? this.weights.once(weight, form, () => this.fourBits(weight, integers, shape, scaleShape))
        : this.weights.store(weight, form, integers, shape, scaleShape);
    const output = editor.uniqueName(`${stored.data}_dequantized`);
    editor.insertBefore(
      node,
      makeNode('DequantizeLinear', [stored.data, stored.scale, stored.zeroPoint], [output], {
        ...(axis === null ? {} : { axis }),
        ...(block === null ? {} : { block_size: block }),
      }),
    );
    editor.setInput(node, 1, output);
    if (!isGemm) return;
    node.attribute = [];
    if (bias !== null) editor.setInput(node, 2, bias);
  }

  private fourBits(
    weight: TensorProto,
    { values, scales, zeroPoints }: QuantizedWeights,
    shape: readonly number[],
    scaleShape: readonly number[],
  ): StoredWeights {
    const data = this.editor.uniqueName(`${weight.name}_int4`);
    const name = (part: string) => this.editor.uniqueName(`${data}_${part}`);
    const packed = (integers: Int8Array) => packNibbles(integers, integers.length, 0);
    const zeros = zeroPoints ?? new Int8Array(scales.length);
    return {
      data: this.weights.constant(makeTensor(data, 'int4', shape, packed(values))),
      scale: this.weights.constant(makeFloatTensor(name('scale'), scaleShape, scales)),
      zeroPoint: this.weights.constant(makeTensor(name('zero_point'), 'int4', scaleShape, packed(zeros))),
    };
  }

  /** MatMulNBits (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits). */
  private inBlocks(node: NodeProto, bits: Bits, block: number): void {
    const { editor } = this;
    const { weight, turned, factor, bias } = matrixOf(editor, node);
    const [first, second] = matrixShape(weight);
    const [inputs, outputs] = turned ? [second, first] : [first, second];
    const stored = this.weights.once(weight, `${bits} bits in rows by ${block}, times ${factor}`, () => {
      const integers = this.integersOf(weight, turned ? 1 : 0, bits, block, factor);
      return this.rows(
        weight,
        turned ? integers : turnedAround(integers, [inputs, outputs], [Math.ceil(inputs / block), outputs]),
        bits,
        inputs,
        block,
      );
    });
    const output = itemAt(node.output, 0);
    const product = bias === null ? output : editor.uniqueName(`${output}_product`);
    const packed = makeNode(
      'MatMulNBits',
      [
        itemAt(node.input, 0),
        stored.data,
        stored.scale,
        ...(stored.zeroPoint === '' ? [] : [stored.zeroPoint]),
      ],
      [product],
      { K: inputs, N: outputs, bits, block_size: block, accuracy_level: ACCURACY_LEVEL },
      { name: nodeName(node), domain: MICROSOFT },
    );
    editor.importDomain(MICROSOFT);
    editor.remove(node);
    editor.standFor(packed, node);
    editor.insertBefore(node, packed);
    if (bias !== null) editor.insertBefore(node, makeNode('Add', [product, bias], [output]));
  }

  /** Weights [outputs, inputs] without signs, each row filled up to whole blocks: [outputs, blocks, bytes]. */
  private rows(
    weight: TensorProto,
    { values, scales, zeroPoints }: QuantizedWeights,
    bits: Bits,
    inputs: number,
    block: number,
  ): StoredWeights {
    const outputs = values.length / inputs;
    const blocks = Math.ceil(inputs / block);
    const pack = (integers: Int8Array, length: number) => {
      const filled = new Int8Array(outputs * length);
      const own = integers.length / outputs;
      for (let row = 0; row < outputs; row++)
        filled.set(integers.subarray(row * own, (row + 1) * own), row * length);
      return bits === 4
        ? packNibbles(filled, length, MIDDLE[4])
        : Uint8Array.from(filled, (q) => q + MIDDLE[8]);
    };
    const data = this.editor.uniqueName(`${weight.name}_int${bits}`);
    const name = (part: string) => this.editor.uniqueName(`${data}_${part}`);
    const shape = [outputs, blocks, (block * bits) / 8];
    return {
      data: this.weights.constant(makeTensor(data, 'uint8', shape, pack(values, blocks * block))),
      scale: this.weights.constant(makeFloatTensor(name('scale'), [scales.length], scales)),
      zeroPoint:
        zeroPoints === undefined
          ? ''
          : this.weights.constant(
              makeTensor(
                name('zero_point'),
                'uint8',
                [outputs * Math.ceil((blocks * bits) / 8)],
                pack(zeroPoints, blocks),
              ),
            ),
    };
  }

  private integersOf(weight: TensorProto, axis: number | null, bits: Bits, block: number | null, factor = 1) {
    const groups = weightGroups(shapeOf(weight), axis, block);
    return this.weights.integersOf(weight, groups, bits === 4 ? 'int4' : 'int8', { factor, smallest: null });
  }
}

type Size = readonly [rows: number, columns: number];

/** A matrix of this shape the other way around, and its scales where they are a matrix too. */
function turnedAround(
  { values, scales, zeroPoints }: QuantizedWeights,
  shape: Size,
  scaleShape: Size | null,
): QuantizedWeights {
  const turn = <T extends Int8Array | Float32Array>(of: T) =>
    scaleShape === null ? of : transposed(of, ...scaleShape);
  return {
    values: transposed(values, ...shape),
    scales: turn(scales),
    ...(zeroPoints === undefined ? {} : { zeroPoints: turn(zeroPoints) }),
  };
}

/** Two integers of 4 bits a byte, the first in the lower half, each row in bytes of its own; `offset` is added to each. */
function packNibbles(integers: Int8Array, rowLength: number, offset: number): Uint8Array {
  const rowBytes = Math.ceil(rowLength / 2);
  const bytes = new Uint8Array(rowLength === 0 ? 0 : (integers.length / rowLength) * rowBytes);
  for (let i = 0; i < integers.length; i++) {
    const column = i % rowLength;
    const at = ((i - column) / rowLength) * rowBytes + (column >> 1);
    bytes[at] = (bytes[at] as number) | ((((integers[i] as number) + offset) & 0xf) << (4 * (column & 1)));
  }
  return bytes;
}
