import { find, type Row } from '../analysis/rows';
import type { ModelFile } from '../formats/format';
import type { InferredNode, InferredTensor } from '../model/inference';
import type { Attribute, Node, Tensor } from '../model/model';

/** Lists of axes, sizes and paddings that rules ask for are short; larger tensors are weights (CWE-789). */
const MAX_VALUES = 64;

/** A layer as the rules of a target look at it. Of weights nothing is read, of short stored lists the numbers are. */
export class Layer {
  /** @param producers nodes of the same graph by the names of what they give. */
  constructor(
    private readonly row: Row,
    private readonly file: ModelFile,
    private readonly producers: ReadonlyMap<string, InferredNode>,
  ) {}

  get node(): Node {
    return this.row.entry.node;
  }

  get op(): string {
    return this.node.op;
  }

  /** Stored bytes of the whole file. */
  get modelBytes(): number {
    const { fileBytes, externalFiles } = this.file.model;
    return externalFiles.reduce((sum, { bytes }) => sum + (bytes ?? 0), fileBytes);
  }

  /** A property of the file, such as its kind, as the format's words have it. */
  property(name: string): string | null {
    return this.file.model.properties.find((property) => property.name === name)?.value ?? null;
  }

  /** null where it is left out; a tensor that the file does not describe has neither type nor shape. */
  input(index: number): InferredTensor | null {
    return this.tensor(this.node.inputs[index]);
  }

  output(index: number): InferredTensor | null {
    return this.tensor(this.node.outputs[index]);
  }

  /** Those that are not left out. */
  get inputs(): InferredTensor[] {
    return this.node.inputs.flatMap((_, index) => this.input(index) ?? []);
  }

  get outputs(): InferredTensor[] {
    return this.node.outputs.flatMap((_, index) => this.output(index) ?? []);
  }

  /** Inputs that are computed when the model runs. */
  get activations(): InferredTensor[] {
    return this.inputs.filter(({ constant }) => !constant);
  }

  /** What a tensor is to the layer, in words: names of tensors are longer than a reason. */
  roleOf({ name }: Pick<InferredTensor, 'name'>): string {
    if (this.node.outputs.includes(name)) return 'its output';
    const index = this.node.inputs.indexOf(name);
    if (this.isStored(index)) return 'what is stored for it';
    return this.activations.length > 1 ? `its input ${index + 1}` : 'its input';
  }

  attribute(name: string): Attribute['value'] | undefined {
    return this.node.attributes.find((attribute) => attribute.name === name)?.value;
  }

  /** An attribute that is a number, or what its absence means. */
  number(name: string, absent: number): number {
    const value = this.attribute(name);
    return typeof value === 'number' ? value : absent;
  }

  /** An attribute that is a list of numbers. */
  numbers(name: string): readonly number[] | null {
    const value = this.attribute(name);
    return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : null;
  }

  /** An input whose values lie in the file. */
  isStored(index: number): boolean {
    const name = this.node.inputs[index] ?? '';
    return this.storedTensor(name) !== null;
  }

  /** The node that gives an input, in the same graph. */
  producer(index: number): InferredNode | null {
    return this.producers.get(this.node.inputs[index] ?? '') ?? null;
  }

  /** Whether the values that a node of the same graph takes first lie in the file. */
  takesStored({ node }: InferredNode): boolean {
    return this.storedTensor(node.inputs[0] ?? '') !== null;
  }

  tensorOf(name: string): InferredTensor | null {
    return this.tensor(name);
  }

  /** The numbers of a short stored input; null where they are not stored, too many or cannot be read. */
  values(index: number): readonly number[] | null {
    const tensor = this.storedTensor(this.node.inputs[index] ?? '');
    if (tensor === null || tensor.storedElements > MAX_VALUES || tensor.sparse) return null;
    try {
      return [...this.file.readTensor(tensor, MAX_VALUES).values];
    } catch {
      // Damaged or left out: as good as not stored.
      return null;
    }
  }

  private tensor(name: string | undefined): InferredTensor | null {
    if (name === undefined || name === '') return null;
    const found = find(name, this.row.graph)?.tensor;
    return found ?? { name, type: null, shape: null, declaredShape: null, constant: false };
  }

  private storedTensor(name: string): Tensor | null {
    return (
      (name === '' ? undefined : find(name, this.row.graph)?.graph.inferred.graph.constants.get(name)) ?? null
    );
  }
}
