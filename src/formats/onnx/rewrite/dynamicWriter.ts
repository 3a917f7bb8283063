import { itemAt } from '../../../model/assert';
import { weightGroups } from '../../uniform';
import { dataTypeNumber } from '../dataTypes';
import type { GraphProto, NodeProto, TensorProto } from '../onnx_pb';
import { makeNode } from '../writing/make';
import type { GraphEditor } from './editor';
import { embed } from './embedding';
import { constantInput, matrixOf } from './matrix';
import { nodeName, operator, shapeOf } from './protos';
import { MICROSOFT, type QuantizedTensors, type StoredWeights, transposed } from './quantizedTensors';

/**
 * Writes layers with 8-bit weights whose inputs are quantized in every run, by their range in that run: matrix products,
 * LSTM and attention with constant weights; and embeddings, whose rows are made float where they are looked up.
 */
export class DynamicWriter {
  /** 8-bit form of an activation, by the graph that it is made in and the activation's name: several products read one. */
  private readonly activations = new Map<GraphProto, Map<string, StoredWeights>>();

  constructor(
    private readonly editor: GraphEditor,
    private readonly weights: QuantizedTensors,
    private readonly reduceRange: boolean,
  ) {}

  /** A node of which the policy says that it can be. */
  quantize(node: NodeProto): void {
    switch (operator(node)) {
      case 'Gather':
        embed(this.editor, this.weights, node);
        break;
      case 'LSTM':
        this.lstm(node);
        break;
      case 'com.microsoft.Attention':
        this.attention(node);
        break;
      default:
        this.product(node);
    }
  }

  /** DynamicQuantizeLinear, MatMulInteger, and back to float: engines fuse them into one node. */
  private product(node: NodeProto): void {
    const { editor } = this;
    const { weight, bias, factor, turned } = matrixOf(editor, node);
    const shape = shapeOf(weight);
    // Stacked matrices have one scale: engines know a scale a column only for a single matrix.
    const axis = shape.length === 2 ? (turned ? 0 : 1) : null;
    const integers = this.integersOf(weight, axis, factor);
    const [rows = 1, columns = 1] = shape;
    const stored = this.weights.store(
      weight,
      `times ${factor}, transposed ${turned}`,
      turned ? { ...integers, values: transposed(integers.values, rows, columns) } : integers,
      turned ? [columns, rows] : shape,
      axis === null ? [] : [integers.scales.length],
    );
    const output = itemAt(node.output, 0);
    const input = this.activation(node, itemAt(node.input, 0));
    const fresh = (role: string) => editor.uniqueName(`${output}_${role}`);
    const [sums, floats, scale] = [fresh('int32'), fresh('float'), fresh('scale')];
    const scaled = bias === null ? output : fresh('scaled');
    const integer = makeNode(
      'MatMulInteger',
      [input.data, stored.data, input.zeroPoint, stored.zeroPoint],
      [sums],
      {},
      { name: nodeName(node) },
    );
    editor.remove(node);
    editor.standFor(integer, node);
    editor.insertBefore(
      node,
      integer,
      makeNode('Cast', [sums], [floats], { to: dataTypeNumber('float32') }),
      makeNode('Mul', [input.scale, stored.scale], [scale]),
      makeNode('Mul', [floats, scale], [scaled]),
      ...(bias === null ? [] : [makeNode('Add', [scaled, bias], [output])]),
    );
  }

  private lstm(node: NodeProto): void {
    const { editor } = this;
    for (const index of [0, 1]) {
      const stored = this.gates(constantInput(editor, node, 1 + index));
      editor.setInput(node, 1 + index, stored.data);
      editor.setInput(node, 8 + 2 * index, stored.scale);
      editor.setInput(node, 9 + 2 * index, stored.zeroPoint);
    }
    node.opType = 'DynamicQuantizeLSTM';
    node.domain = MICROSOFT;
    node.attribute = node.attribute.filter((attribute) => attribute.name !== 'layout');
    editor.importDomain(MICROSOFT);
  }

  /** The gates' weights [directions, gates, inputs] as DynamicQuantizeLSTM wants them: [directions, inputs, gates]. */
  private gates(weight: TensorProto): StoredWeights {
    const [directions = 1, gates = 1, inputs = 1] = shapeOf(weight);
    // A scale for each gate of each direction.
    const groups = weightGroups([directions * gates, inputs], 0);
    const integers = this.weights.integersOf(weight, groups, this.limit);
    const size = gates * inputs;
    const values = integers.values.slice();
    for (let direction = 0; direction < directions; direction++) {
      const from = direction * size;
      values.set(transposed(integers.values.subarray(from, from + size), gates, inputs), from);
    }
    const turned = { ...integers, values };
    return this.weights.store(weight, 'gates', turned, [directions, inputs, gates], [directions, gates]);
  }

  private attention(node: NodeProto): void {
    const { editor } = this;
    const [data = '', , bias = '', mask = '', past = ''] = node.input;
    const weight = constantInput(editor, node, 1);
    const integers = this.integersOf(weight, 1, 1);
    const stored = this.weights.store(weight, 'as it is', integers, shapeOf(weight), [
      integers.scales.length,
    ]);
    const input = this.activation(node, data);
    const inputs = [
      input.data,
      stored.data,
      bias,
      input.scale,
      stored.scale,
      mask,
      input.zeroPoint,
      stored.zeroPoint,
      ...(past === '' ? [] : [past]),
    ];
    const quantized = makeNode(
      'QAttention',
      inputs,
      node.output,
      {},
      { name: nodeName(node), domain: MICROSOFT },
    );
    quantized.attribute = node.attribute;
    editor.remove(node);
    editor.standFor(quantized, node);
    editor.insertBefore(node, quantized);
  }

  private get limit() {
    return this.reduceRange ? 'int8 reduced' : 'int8';
  }

  private integersOf(weight: TensorProto, axis: number | null, factor: number) {
    const groups = weightGroups(shapeOf(weight), axis);
    return this.weights.integersOf(weight, groups, this.limit, { factor, smallest: null });
  }

  private activation(node: NodeProto, name: string): StoredWeights {
    const { editor } = this;
    const graph = editor.graphOf(node);
    const own = this.activations.get(graph) ?? new Map<string, StoredWeights>();
    this.activations.set(graph, own);
    const known = own.get(name);
    if (known) return known;
    const made = {
      data: editor.uniqueName(`${name}_uint8`),
      scale: editor.uniqueName(`${name}_scale`),
      zeroPoint: editor.uniqueName(`${name}_zero_point`),
    };
    editor.insertBefore(
      node,
      makeNode('DynamicQuantizeLinear', [name], [made.data, made.scale, made.zeroPoint]),
    );
    own.set(name, made);
    return made;
  }
}
