import { itemAt, present } from '../../../model/assert';
import type { Tensor } from '../../../model/model';
import type { ModelFile } from '../../format';
import { BUILTIN_OPERATORS } from '../builtinOperators';
import { writeTables } from '../encode';
import type { TfliteFile } from '../file';
import { operatorName } from '../operatorName';
import { associatedFiles } from './associatedFiles';
import type {
  BufferTable,
  ModelTable,
  OperatorCodeTable,
  OperatorTable,
  SubGraphTable,
  TensorTable,
  Union,
} from '../tables';

/** An operator of the main graph while it is edited. */
export interface EditedOperator {
  /** Of builtin operators the schema's name. */
  readonly op: string;
  table: OperatorTable;
  inputs: number[];
  outputs: number[];
  /** The least version of the operator that it needs. */
  version: number;
}

/** What is stored for a new tensor, packed. */
type Elements = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | BigInt64Array | Float32Array;

/** A file as a rewriter of this format takes it. @throws Error for files of other formats. */
export function tfliteFile(file: ModelFile): TfliteFile {
  if (file.model.format !== 'tflite') throw new Error(`${file.model.file} is no TensorFlow Lite file.`);
  return file as TfliteFile;
}

/**
 * The main graph of a model, to be changed; its tensors are numbers, as in the file. Other graphs, signatures,
 * metadata and the files that are packed behind the tables stay as they are.
 */
export class GraphEditor {
  readonly operators: EditedOperator[];
  readonly tensors: TensorTable[];
  readonly inputs: number[];
  readonly outputs: number[];
  /** By tensor, as the model names them: unique. */
  readonly names: string[];
  private readonly root: ModelTable;
  private readonly main: SubGraphTable;
  private readonly file: TfliteFile;
  private readonly buffers: BufferTable[];
  private readonly taken: Set<string>;
  private readonly stored: ReadonlyMap<string, Tensor>;
  /** Numbers of buffers by what was stored under a key. */
  private readonly shared = new Map<string, number>();

  constructor(file: ModelFile) {
    this.file = tfliteFile(file);
    const { root, graph } = this.file.model;
    this.root = root;
    this.main = graph.table;
    this.tensors = [...(this.main.tensors ?? [])];
    this.names = [...graph.tensorNames];
    this.taken = new Set(this.names);
    this.buffers = [...(root.buffers ?? [{}])];
    this.inputs = [...(this.main.inputs ?? [])];
    this.outputs = [...(this.main.outputs ?? [])];
    this.stored = graph.constants;
    this.operators = (this.main.operators ?? []).map((table) => ({
      op: operatorName(root, table),
      table,
      inputs: [...(table.inputs ?? [])],
      outputs: [...(table.outputs ?? [])],
      version: root.operatorCodes?.[table.opcodeIndex ?? 0]?.version ?? 1,
    }));
  }

  tensor(index: number): TensorTable {
    return itemAt(this.tensors, index);
  }

  name(index: number): string {
    return itemAt(this.names, index);
  }

  /** Number of the tensor of a name. @throws RangeError when there is none. */
  indexOf(name: string): number {
    const index = this.names.indexOf(name);
    if (index < 0) throw new RangeError(`There is no tensor ${name} in ${this.file.path}.`);
    return index;
  }

  /** A tensor whose elements the file stores; undefined for all others, and for those that were added. */
  constant(index: number | undefined): Tensor | undefined {
    return index === undefined || index < 0 ? undefined : this.stored.get(this.names[index] ?? '');
  }

  /** Elements of a stored tensor, as numbers. */
  values(constant: Tensor): Float32Array | Float64Array {
    return this.file.readTensor(constant).values;
  }

  /** Operators that read a tensor. */
  readers(index: number): EditedOperator[] {
    return this.operators.filter(({ inputs }) => inputs.includes(index));
  }

  producer(index: number): EditedOperator | undefined {
    return this.operators.find(({ outputs }) => outputs.includes(index));
  }

  /** @returns its number; a name that is taken already gets a number behind it */
  addTensor(tensor: TensorTable & { readonly name: string }): number {
    let name = tensor.name;
    for (let count = 1; this.taken.has(name); count++) name = `${tensor.name}_${count}`;
    this.taken.add(name);
    this.names.push(name);
    return this.tensors.push({ ...tensor, name }) - 1;
  }

  /** @returns the number of a stored tensor; those of one `key` and the same elements are stored once */
  addConstant(tensor: TensorTable & { readonly name: string }, elements: Elements, key?: string): number {
    const known = key === undefined ? undefined : this.shared.get(key);
    if (known !== undefined) return known;
    const data = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
    const index = this.addTensor({ ...tensor, buffer: this.buffers.push({ data }) - 1 });
    if (key !== undefined) this.shared.set(key, index);
    return index;
  }

  /** An operator that is put where `place` says; the end unless stated. */
  insert(
    operator: { op: string; inputs: number[]; outputs: number[]; version?: number; options?: Union },
    place: { readonly before?: EditedOperator; readonly after?: EditedOperator | 'inputs' } = {},
  ): EditedOperator {
    const { op, inputs, outputs, version = 1, options } = operator;
    const edited = { op, inputs, outputs, version, table: options ? { builtinOptions: options } : {} };
    const { before, after } = place;
    const at =
      before !== undefined
        ? this.operators.indexOf(before)
        : after === 'inputs'
          ? 0
          : after === undefined
            ? this.operators.length
            : this.operators.indexOf(after) + 1;
    this.operators.splice(at, 0, edited);
    return edited;
  }

  /** Lets a tensor be another one for these readers. */
  replace(readers: readonly EditedOperator[], from: number, to: number): void {
    for (const reader of readers)
      reader.inputs = reader.inputs.map((index) => (index === from ? to : index));
  }

  setOption(operator: EditedOperator, key: string, value: number | boolean): void {
    const { builtinOptions } = operator.table;
    const options = present(builtinOptions, `options of ${operator.op}`);
    operator.table = {
      ...operator.table,
      builtinOptions: { ...options, value: { ...options.value, [key]: value } },
    };
  }

  /** Writes the model without tensors that no operator uses, and buffers that nothing does. */
  save(target: string): void {
    const codes: OperatorCodeTable[] = [];
    const operators = this.operators.map((operator) => this.withCode(operator, codes));
    const bodies = this.root.subgraphs?.slice(1) ?? [];
    const others = bodies.map((body) => this.withCodes(body, codes));
    const main = { ...this.main, tensors: this.tensors, inputs: this.inputs, outputs: this.outputs, operators };
    const moved = withoutUnused(main, this.root.signatureDefs ?? []);
    const root = { ...this.root, operatorCodes: codes, subgraphs: [moved.graph, ...others] };
    const signatures = this.root.signatureDefs && { signatureDefs: moved.signatures };
    writeTables(
      withoutUnusedBuffers({ ...root, ...signatures, buffers: this.buffers }),
      target,
      associatedFiles(this.file.path),
    );
  }

  private withCode({ op, table, inputs, outputs, version }: EditedOperator, codes: OperatorCodeTable[]) {
    const own = table.opcodeIndex === undefined ? undefined : this.root.operatorCodes?.[table.opcodeIndex];
    const known = own !== undefined && (own.version ?? 1) >= version ? own : undefined;
    const opcodeIndex = codeIndex(codes, known ?? { ...(own ?? builtinCode(op)), version });
    return { ...table, opcodeIndex, inputs, outputs };
  }

  private withCodes(body: SubGraphTable, codes: OperatorCodeTable[]): SubGraphTable {
    const operators = body.operators?.map((operator) => ({
      ...operator,
      opcodeIndex: codeIndex(codes, itemAt(this.root.operatorCodes ?? [], operator.opcodeIndex ?? 0)),
    }));
    return { ...body, ...(operators && { operators }) };
  }
}

function builtinCode(op: string): OperatorCodeTable {
  const number = BUILTIN_OPERATORS.indexOf(op);
  if (number < 0) throw new RangeError(`There is no builtin operator ${op}.`);
  // Numbers above a byte's are in the newer field alone, and the older one has the largest.
  return { builtinCode: number, deprecatedBuiltinCode: Math.min(number, 127) };
}

function codeIndex(codes: OperatorCodeTable[], code: OperatorCodeTable): number {
  const same = (one: OperatorCodeTable) =>
    one === code ||
    (one.builtinCode === code.builtinCode &&
      one.deprecatedBuiltinCode === code.deprecatedBuiltinCode &&
      one.customCode === code.customCode &&
      (one.version ?? 1) === (code.version ?? 1));
  const known = codes.findIndex(same);
  return known >= 0 ? known : codes.push(code) - 1;
}

type Signatures = NonNullable<ModelTable['signatureDefs']>;

/** The main graph with the tensors that something uses alone, and what signatures call them. */
function withoutUnused(
  graph: SubGraphTable,
  signatures: Signatures,
): { graph: SubGraphTable; signatures: Signatures } {
  const { tensors = [], inputs = [], outputs = [], operators = [] } = graph;
  const ofMain = ({ subgraphIndex = 0 }: Signatures[number]) => subgraphIndex === 0;
  const named = signatures
    .filter(ofMain)
    .flatMap((one) => [...(one.inputs ?? []), ...(one.outputs ?? [])].map(({ tensorIndex = 0 }) => tensorIndex));
  const used = new Set([...inputs, ...outputs, ...named]);
  for (const operator of operators)
    for (const list of [operator.inputs, operator.outputs, operator.intermediates])
      for (const index of list ?? []) used.add(index);
  // Tensors with the scales of others: used as those are.
  for (const index of [...used])
    for (const of of scaleTensors(tensors[index])) used.add(of);
  const order = tensors.flatMap((_, index) => (used.has(index) ? [index] : []));
  const places = new Map(order.map((index, at) => [index, at]));
  const move = (index: number) => (index < 0 ? index : present(places.get(index), `tensor ${index}`));
  const moveAll = (list: readonly number[]) => list.map(move);
  const moveMaps = (maps: Signatures[number]['inputs']) =>
    maps?.map((map) => ({ ...map, tensorIndex: move(map.tensorIndex ?? 0) }));
  return {
    graph: {
      ...graph,
      tensors: order.map((index) => withMovedScales(itemAt(tensors, index), move)),
      inputs: moveAll(inputs),
      outputs: moveAll(outputs),
      operators: operators.map((operator) => ({
        ...operator,
        inputs: moveAll(operator.inputs ?? []),
        outputs: moveAll(operator.outputs ?? []),
        ...(operator.intermediates && { intermediates: moveAll(operator.intermediates) }),
      })),
    },
    signatures: signatures.map((one) => {
      if (!ofMain(one)) return one;
      const [given, got] = [moveMaps(one.inputs), moveMaps(one.outputs)];
      return { ...one, ...(given && { inputs: given }), ...(got && { outputs: got }) };
    }),
  };
}

const SCALE_TENSORS = ['scales', 'zeroPoints'] as const;

function scaleTensors(tensor: TensorTable | undefined): number[] {
  const value = tensor?.quantization?.details?.value;
  return SCALE_TENSORS.flatMap((key) => {
    const index = value?.[key];
    return typeof index === 'number' && index >= 0 ? [index] : [];
  });
}

function withMovedScales(tensor: TensorTable, move: (index: number) => number): TensorTable {
  const { quantization } = tensor;
  if (quantization?.details === undefined || scaleTensors(tensor).length === 0) return tensor;
  const { details } = quantization;
  const value = { ...details.value };
  for (const key of SCALE_TENSORS) {
    const index = value[key];
    if (typeof index === 'number') value[key] = move(index);
  }
  return { ...tensor, quantization: { ...quantization, details: { ...details, value } } };
}

/** Number 0 is that of tensors without elements, by the schema. */
function withoutUnusedBuffers(root: ModelTable): ModelTable {
  const { buffers = [], subgraphs = [], metadata, metadataBuffer } = root;
  const used = new Set([0]);
  for (const { tensors = [] } of subgraphs) for (const { buffer = 0 } of tensors) used.add(buffer);
  for (const { buffer = 0 } of metadata ?? []) used.add(buffer);
  for (const buffer of metadataBuffer ?? []) used.add(buffer);
  const order = buffers.flatMap((_, index) => (used.has(index) ? [index] : []));
  const places = new Map(order.map((index, at) => [index, at]));
  // What a damaged file refers to and lacks stays so.
  const move = (index = 0) => places.get(index) ?? index;
  return {
    ...root,
    buffers: order.map((index) => itemAt(buffers, index)),
    subgraphs: subgraphs.map((graph) => ({
      ...graph,
      ...(graph.tensors && {
        tensors: graph.tensors.map((tensor) => ({ ...tensor, buffer: move(tensor.buffer) })),
      }),
    })),
    ...(metadata && { metadata: metadata.map((one) => ({ ...one, buffer: move(one.buffer) })) }),
    ...(metadataBuffer && { metadataBuffer: metadataBuffer.map((index) => move(index)) }),
  };
}
