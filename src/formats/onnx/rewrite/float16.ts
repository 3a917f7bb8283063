import { isFieldSet } from '@bufbuild/protobuf';
import type { DataType } from '../../../model/dataType';
import type { ModelFile } from '../../format';
import type { RewriteResult } from '../../rewriter';
import { attributeOf, tensorAttribute } from '../attributes';
import { makeNode, makeTensor } from '../make';
import { AttributeProtoSchema, type NodeProto, type TensorProto } from '../onnx_pb';
import { GraphEditor } from './editor';
import { LARGEST_HALF, SMALLEST_HALF, toHalf } from './half';
import { bodiesOf, elements, FLOAT, FLOAT16, isDefaultDomain, nodeName, operator, shapeOf } from './protos';
import { removeDead } from './removeNodes';

/** Operators that the specification (opset 13 to 21) does not define for float16, or that make random or fixed float32. */
const FLOAT_ONLY: ReadonlySet<string> = new Set([
  'Constant',
  'Range',
  'NonMaxSuppression',
  'CumSum',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
  'EyeLike',
  'Det',
  'DFT',
  'STFT',
  'MelWeightMatrix',
  'HannWindow',
  'HammingWindow',
  'BlackmanWindow',
  'RegexFullMatch',
]);

/** Inputs that stay float32 although the rest of the node is float16. */
const FLOAT_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ['Resize', [1, 2]],
  ['Upsample', [1]],
]);

/** Constants beyond this stand for infinity, such as the −3.4e38 of attention masks: the largest float16 does as well. */
const STANDS_FOR_INFINITY = 1e30;

/**
 * Writes the model with weights and activations in float16. Inputs and outputs stay float32, with a Cast at the
 * border, and so do nodes that float16 cannot serve.
 */
export function writeFloat16(cleaned: ModelFile, keep: ReadonlySet<string>, target: string): RewriteResult {
  const editor = new GraphEditor(cleaned);
  const kept = new Map<string, string>();
  new Float16Writer(editor, cleaned).write(keep, kept);
  removeDead(editor);
  editor.save(target);
  return { kept };
}

class Float16Writer {
  private readonly typeOf: (tensor: string) => DataType | null;
  /** Tensors that were float32 and are float16 now. */
  private readonly halves = new Set<string>();
  private readonly casts = new Map<string, string>();
  private readonly constants = new Map<string, string>();

  constructor(
    private readonly editor: GraphEditor,
    file: ModelFile,
  ) {
    const { tensors } = file.infer({ dims: {}, shapes: {} }).graph;
    this.typeOf = (tensor) => tensors.get(tensor)?.type ?? null;
  }

  write(keep: ReadonlySet<string>, kept: Map<string, string>): void {
    for (const node of this.editor.nodes()) {
      const name = nodeName(node);
      const reason = keep.has(name) ? '' : this.reasonForFloat(node);
      if (reason === null) this.toHalf(node);
      else this.inFloat(node);
      if (reason && this.touchesFloat(node)) kept.set(name, reason);
    }
    this.updateValueInfo();
  }

  /** Null where the node can work in float16. */
  private reasonForFloat(node: NodeProto): string | null {
    const op = operator(node);
    if (bodiesOf(node).length > 0) return 'its bodies stay in float32';
    if (!isDefaultDomain(node.domain) && node.domain !== 'com.microsoft')
      return `${op} is not known to take float16`;
    if (FLOAT_ONLY.has(node.opType)) return `${op} does not take float16`;
    const names = [...node.input, ...node.output].filter((name) => name !== '');
    const known = (name: string) =>
      this.halves.has(name) || this.editor.constant(name) !== undefined || this.typeOf(name) !== null;
    if (!names.every(known)) return 'the types of its tensors are not known';
    if (
      node.input.some((name) => this.editor.isCaptured(name) && !this.editor.constant(name)) ||
      node.output.some((name) => this.editor.isCaptured(name))
    )
      return 'a body reads its tensors in float32';
    const large = node.input.find((name) => this.isTooLarge(name));
    return large === undefined ? null : `values of ${large} are too large for float16`;
  }

  private isTooLarge(name: string): boolean {
    const tensor = this.editor.constant(name);
    if (tensor?.dataType !== FLOAT) return false;
    return this.editor
      .values(tensor)
      .some((value) => Math.abs(value) > LARGEST_HALF && Math.abs(value) < STANDS_FOR_INFINITY);
  }

  private touchesFloat(node: NodeProto): boolean {
    return [...node.input, ...node.output].some((name) => this.isFloat(name));
  }

  private isFloat(name: string): boolean {
    const tensor = this.editor.constant(name);
    if (tensor !== undefined) return tensor.dataType === FLOAT;
    return this.halves.has(name) || this.typeOf(name) === 'float32';
  }

  private toHalf(node: NodeProto): void {
    const { editor } = this;
    const fixed = FLOAT_INPUTS.get(node.opType) ?? [];
    for (const [index, name] of node.input.entries()) {
      if (name === '' || !this.isFloat(name)) continue;
      if (fixed.includes(index)) {
        if (this.halves.has(name)) editor.setInput(node, index, this.cast(node, name, 'float'));
        continue;
      }
      const tensor = editor.constant(name);
      if (tensor) editor.setInput(node, index, this.constant(tensor));
      else if (!this.halves.has(name)) editor.setInput(node, index, this.cast(node, name, 'half'));
    }
    this.convertAttributes(node);
    for (const [index, name] of node.output.entries()) {
      if (name === '' || !this.isFloat(name)) continue;
      if (!editor.isOutput(name)) {
        this.halves.add(name);
        continue;
      }
      // The graph's output stays float32 under its name; the rest of the graph reads the tensor before the Cast.
      const half = editor.uniqueName(`${name}_half`);
      const readers = editor.consumers(name);
      editor.setOutput(node, index, half);
      for (const reader of readers)
        for (const [at, input] of reader.input.entries())
          if (input === name) editor.setInput(reader, at, half);
      editor.insertAfter(node, makeNode('Cast', [half], [name], { to: FLOAT }, { name: `${name}_cast` }));
      this.halves.add(half);
    }
  }

  private inFloat(node: NodeProto): void {
    for (const [index, name] of node.input.entries())
      if (this.halves.has(name)) this.editor.setInput(node, index, this.cast(node, name, 'float'));
  }

  private cast(node: NodeProto, name: string, to: 'float' | 'half'): string {
    const key = `${to} ${name}`;
    const known = this.casts.get(key);
    if (known !== undefined) return known;
    const result = this.editor.uniqueName(`${name}_${to}`);
    const type = to === 'half' ? FLOAT16 : FLOAT;
    this.editor.insertBefore(
      node,
      makeNode('Cast', [name], [result], { to: type }, { name: `${result}_cast` }),
    );
    this.casts.set(key, result);
    return result;
  }

  private constant(tensor: TensorProto): string {
    const known = this.constants.get(tensor.name);
    if (known !== undefined) return known;
    const name = this.editor.uniqueName(`${tensor.name}_half`);
    this.editor.setConstant(halfTensor(this.editor, tensor, name));
    this.constants.set(tensor.name, name);
    return name;
  }

  /** Types that a node names in its attributes. */
  private convertAttributes(node: NodeProto): void {
    if (node.opType === 'Cast') {
      const to = attributeOf(node, 'to');
      if (to && to.i === BigInt(FLOAT)) to.i = BigInt(FLOAT16);
    }
    if (node.opType !== 'ConstantOfShape') return;
    const value = tensorAttribute(node, 'value');
    const attribute = attributeOf(node, 'value');
    if (value === undefined) {
      node.attribute.push(
        ...makeNode('', [], [], { value: makeTensor('', 'float16', [1], new Uint8Array(2)) }).attribute,
      );
    } else if (attribute && value.dataType === FLOAT && isFieldSet(attribute, AttributeProtoSchema.field.t))
      attribute.t = halfTensor(this.editor, value, value.name);
  }

  private updateValueInfo(): void {
    for (const info of this.editor.graph.valueInfo) {
      const type = info.type?.tensorType;
      if (type?.elemType === FLOAT && this.halves.has(info.name)) type.elemType = FLOAT16;
    }
  }
}

function halfTensor(editor: GraphEditor, tensor: TensorProto, name: string): TensorProto {
  const values = editor.values(tensor);
  const halves = Uint16Array.from(values, (value) => toHalf(representable(value)));
  const bytes = new Uint8Array(halves.buffer, 0, 2 * elements(tensor));
  return makeTensor(name, 'float16', shapeOf(tensor), bytes);
}

/** Too large becomes the largest; too small becomes the smallest: an epsilon must not become 0. */
function representable(value: number): number {
  if (Math.abs(value) > LARGEST_HALF) return Math.sign(value) * LARGEST_HALF;
  if (value !== 0 && Math.abs(value) < SMALLEST_HALF) return Math.sign(value) * SMALLEST_HALF;
  return value;
}
