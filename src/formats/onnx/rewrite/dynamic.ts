import { staysInFloat } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { DynamicSettings, RewriteResult } from '../../rewriter';
import { attributeOf, floatAttribute, intAttribute } from '../attributes';
import type { NodeProto } from '../onnx_pb';
import { makeFloatTensor, makeNode } from '../writing/make';
import { DynamicWeights } from './dynamicWeights';
import { GraphEditor } from './editor';
import { POLICIES, weightOf } from './policy';
import { FLOAT, nodeName, operator, shapeOf } from './protos';
import { removeDead } from './removeNodes';

const MICROSOFT = 'com.microsoft';
const FLOAT32_TYPE = 1;

/**
 * Writes the model with 8-bit weights whose inputs are quantized in every run, by their range in that run:
 * matrix products, LSTM and attention with constant weights. Embeddings and all else stay in float.
 */
export function writeInt8Dynamic(
  cleaned: ModelFile,
  { assignment, reduceRange }: DynamicSettings,
  target: string,
): RewriteResult {
  const editor = new GraphEditor(cleaned);
  const kept = new Map<string, string>();
  const writer = new DynamicWriter(editor, reduceRange);
  for (const node of editor.nodes()) {
    const name = nodeName(node);
    if (staysInFloat(assignment, name)) continue;
    const dynamic = assignment.get(name)?.activations === 'dynamic';
    const reason = dynamic ? writer.quantize(node) : refusalOf(node);
    if (reason !== null) kept.set(name, reason);
  }
  removeDead(editor);
  editor.save(target);
  return { kept };
}

/** Why an operator of which one would expect it is not quantized this way. */
function refusalOf(node: NodeProto): string | null {
  const policy = POLICIES.get(operator(node))?.dynamic;
  return typeof policy === 'string' ? policy : null;
}

class DynamicWriter {
  /** 8-bit form of an activation, by the activation's name: several products read one. */
  private readonly activations = new Map<string, { data: string; scale: string; zeroPoint: string }>();

  private readonly weights: DynamicWeights;

  constructor(
    private readonly editor: GraphEditor,
    reduceRange: boolean,
  ) {
    this.weights = new DynamicWeights(editor, reduceRange);
  }

  /** Null where the node was quantized or is none of those that could be, else why it stays. */
  quantize(node: NodeProto): string | null {
    switch (operator(node)) {
      case 'MatMul':
        return this.matMul(node);
      case 'Gemm':
        return this.gemm(node);
      case 'LSTM':
        return this.lstm(node);
      case 'com.microsoft.Attention':
        return this.attention(node);
      default:
        return refusalOf(node);
    }
  }

  private matMul(node: NodeProto): string | null {
    const weight = weightOf(this.editor, node);
    if (typeof weight === 'string') return weight;
    const shape = shapeOf(weight);
    if (shape.length < 2) return 'its weights are a vector';
    // Stacked matrices have one scale: engines know a scale a column only for a single matrix.
    const columns = shape.length === 2 ? (shape[1] ?? 1) : 1;
    const name = this.weights.store(
      weight,
      'as it is',
      this.editor.values(weight),
      shape,
      columns,
      columns === 1 ? [] : [columns],
    );
    this.product(node, name, null);
    return null;
  }

  private gemm(node: NodeProto): string | null {
    const weight = weightOf(this.editor, node);
    if (typeof weight === 'string') return weight;
    if (intAttribute(node, 'transA', 0) !== 0) return 'it transposes its input';
    const biasName = node.input[2] ?? '';
    const bias = this.editor.constant(biasName);
    if (biasName !== '' && bias?.dataType !== FLOAT) return 'its bias is computed while it runs';
    const alpha = floatAttribute(node, 'alpha', 1);
    const beta = floatAttribute(node, 'beta', 1);
    const [first = 0, second = 0] = shapeOf(weight);
    const transposed = intAttribute(node, 'transB', 0) !== 0;
    const [rows, columns] = transposed ? [second, first] : [first, second];
    const stored = this.editor.values(weight);
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        values[row * columns + column] =
          alpha * (stored[transposed ? column * rows + row : row * columns + column] ?? 0);
    const name = this.weights.store(
      weight,
      `times ${alpha}, transposed ${transposed}`,
      values,
      [rows, columns],
      columns,
      [columns],
    );
    let added: string | null = null;
    if (bias !== undefined) {
      added = biasName;
      if (beta !== 1) {
        added = this.editor.uniqueName(`${nodeName(node)}_bias`);
        const scaled = this.editor.values(bias).map((value) => value * beta);
        this.editor.setConstant(makeFloatTensor(added, shapeOf(bias), scaled));
      }
    }
    this.product(node, name, added);
    return null;
  }

  /** DynamicQuantizeLinear, MatMulInteger, and back to float: engines fuse them into one node. */
  private product(node: NodeProto, weight: string, bias: string | null): void {
    const { editor } = this;
    const output = node.output[0] ?? '';
    const input = this.activation(node, node.input[0] ?? '');
    const fresh = (role: string) => editor.uniqueName(`${output}_${role}`);
    const [sums, floats, scale] = [fresh('int32'), fresh('float'), fresh('scale')];
    const scaled = bias === null ? output : fresh('scaled');
    const nodes = [
      makeNode(
        'MatMulInteger',
        [input.data, weight, input.zeroPoint, `${weight}_zero_point`],
        [sums],
        {},
        { name: nodeName(node) },
      ),
      makeNode('Cast', [sums], [floats], { to: FLOAT32_TYPE }),
      makeNode('Mul', [input.scale, `${weight}_scale`], [scale]),
      makeNode('Mul', [floats, scale], [scaled]),
    ];
    if (bias !== null) nodes.push(makeNode('Add', [scaled, bias], [output]));
    editor.remove(node);
    editor.insertBefore(node, ...nodes);
  }

  private lstm(node: NodeProto): string | null {
    const weights = [weightOf(this.editor, node), weightOf(this.editor, node, 2)];
    const [input, recurrent] = weights;
    if (input === undefined || recurrent === undefined) return null;
    if (typeof input === 'string') return input;
    if (typeof recurrent === 'string') return recurrent;
    if (intAttribute(node, 'layout', 0) !== 0) return 'its batch comes first (layout = 1)';
    const { editor } = this;
    const names = [input, recurrent].map((weight) => this.weights.storeGates(weight));
    node.opType = 'DynamicQuantizeLSTM';
    node.domain = MICROSOFT;
    node.attribute = node.attribute.filter((attribute) => attribute.name !== 'layout');
    editor.importDomain(MICROSOFT);
    for (const [index, name] of names.entries()) {
      editor.setInput(node, 1 + index, name);
      editor.setInput(node, 8 + 2 * index, `${name}_scale`);
      editor.setInput(node, 9 + 2 * index, `${name}_zero_point`);
    }
    return null;
  }

  private attention(node: NodeProto): string | null {
    const weight = weightOf(this.editor, node);
    if (typeof weight === 'string') return weight;
    const [data = '', , bias = '', mask = '', past = ''] = node.input;
    if (bias === '' || node.input.slice(5).some((name) => name !== ''))
      return 'it has inputs that attention with 8-bit weights does not take';
    const unknown = node.attribute.find(({ name }) => !QATTENTION_ATTRIBUTES.has(name));
    if (unknown || attributeOf(node, 'num_heads') === undefined)
      return `attention with 8-bit weights does not know its attribute ${unknown?.name ?? 'num_heads'}`;
    const shape = shapeOf(weight);
    const columns = shape[1] ?? 1;
    const name = this.weights.store(weight, 'as it is', this.editor.values(weight), shape, columns, [
      columns,
    ]);
    const input = this.activation(node, data);
    const { editor } = this;
    const quantized = makeNode(
      'QAttention',
      [
        input.data,
        name,
        bias,
        input.scale,
        `${name}_scale`,
        mask,
        input.zeroPoint,
        `${name}_zero_point`,
        ...(past === '' ? [] : [past]),
      ],
      node.output,
      {},
      { name: nodeName(node), domain: MICROSOFT },
    );
    quantized.attribute = node.attribute;
    editor.remove(node);
    editor.insertBefore(node, quantized);
    return null;
  }

  private activation(node: NodeProto, name: string) {
    const known = this.activations.get(name);
    if (known) return known;
    const { editor } = this;
    const made = {
      data: editor.uniqueName(`${name}_uint8`),
      scale: editor.uniqueName(`${name}_scale`),
      zeroPoint: editor.uniqueName(`${name}_zero_point`),
    };
    editor.insertBefore(
      node,
      makeNode('DynamicQuantizeLinear', [name], [made.data, made.scale, made.zeroPoint]),
    );
    this.activations.set(name, made);
    return made;
  }
}

const QATTENTION_ATTRIBUTES: ReadonlySet<string> = new Set([
  'num_heads',
  'unidirectional',
  'mask_filter_value',
  'scale',
  'do_rotary',
]);
