import { itemAt, present } from '../../../model/assert';
import type { Tensor } from '../../../model/model';
import type { NodeId } from '../../../model/nodeId';
import type { ModelFile } from '../../format';
import type { Origins } from '../../rewriter';
import { BUILTIN_OPERATORS } from '../builtinOperators';
import { writeTables } from '../encode';
import type { TfliteFile } from '../file';
import { operatorName } from '../operatorName';
import type {
  BufferTable,
  ModelTable,
  OperatorCodeTable,
  OperatorTable,
  SubGraphTable,
  TensorTable,
  Union,
} from '../tables';
import { associatedFiles } from './associatedFiles';
import { readStored } from './sharedWeights';

/** An operator of the main graph while it is edited. */
export interface EditedOperator {
  /** Of builtin operators the schema's name. */
  readonly op: string;
  /** The node that it was when the file was opened; null: it was added. */
  readonly origin: NodeId | null;
  table: OperatorTable;
  inputs: number[];
  outputs: number[];
  /** The least version of the operator that it needs. */
  version: number;
}

/** An operator to be added. */
export interface NewOperator {
  /** The schema's name. */
  readonly op: string;
  readonly inputs: number[];
  readonly outputs: number[];
  /** 1 unless stated. */
  readonly version?: number;
  readonly options?: Union;
}

/** What is stored for a new tensor, packed. */
type Elements = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | BigInt64Array | Float32Array;

/** A file as a rewriter of this format takes it. @throws Error for files of other formats. */
export function tfliteFile(file: ModelFile): TfliteFile {
  if (file.model.format !== 'tflite') throw new Error(`${file.model.file} is no TensorFlow Lite file.`);
  return file as TfliteFile;
}

/**
 * The main graph of a model, to be changed; its tensors are numbers, as in the file. Signatures, metadata and the files
 * that are packed behind the tables stay as they are, and so do other graphs but for weights that they share with it.
 */
export class GraphEditor {
  /** Those of the file, in its order; without those that were added. */
  readonly operators: readonly EditedOperator[];
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
  private readonly indices: ReadonlyMap<string, number>;
  private readonly stored: ReadonlyMap<number, Tensor>;
  /** Numbers of stored tensors by what they were stored under. */
  private readonly shared = new Map<string, number>();
  /** By buffer of weights: the number of the tensor that is stored in their place. */
  private readonly standIns = new Map<number, number>();
  private readonly readersOf = new Map<number, EditedOperator[]>();
  private readonly producerOf = new Map<number, EditedOperator>();
  private readonly removed = new Set<EditedOperator>();
  private readonly first: EditedOperator[] = [];
  private readonly before = new Map<EditedOperator, EditedOperator[]>();
  private readonly after = new Map<EditedOperator, EditedOperator[]>();

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
    this.indices = new Map(this.names.map((name, index) => [name, index]));
    this.stored = new Map(
      this.names.flatMap((name, index): [number, Tensor][] => {
        const constant = graph.constants.get(name);
        return constant === undefined ? [] : [[index, constant]];
      }),
    );
    this.operators = (this.main.operators ?? []).map((table, index) => ({
      op: operatorName(root, table),
      origin: itemAt(graph.nodes, index).id,
      table,
      inputs: [...(table.inputs ?? [])],
      outputs: [...(table.outputs ?? [])],
      version: root.operatorCodes?.[table.opcodeIndex ?? 0]?.version ?? 1,
    }));
    for (const operator of this.operators) {
      for (const index of new Set(operator.inputs)) listAt(this.readersOf, index).push(operator);
      for (const index of operator.outputs) this.producerOf.set(index, operator);
    }
  }

  tensor(index: number): TensorTable {
    return itemAt(this.tensors, index);
  }

  name(index: number): string {
    return itemAt(this.names, index);
  }

  /** Number of the tensor of the file that has a name there. @throws RangeError when there is none. */
  indexOf(name: string): number {
    return present(this.indices.get(name), `tensor ${name} in ${this.file.path}`);
  }

  /** A tensor whose elements the file stores; undefined for all others, and for those that were added. */
  constant(index: number | undefined): Tensor | undefined {
    return index === undefined ? undefined : this.stored.get(index);
  }

  /** Elements of a stored tensor, as numbers. */
  values(constant: Tensor): Float32Array | Float64Array {
    return this.file.readTensor(constant).values;
  }

  /** Operators of the file that read a tensor, as it was when it was opened. */
  readers(index: number): readonly EditedOperator[] {
    return this.readersOf.get(index) ?? [];
  }

  /** The operator of the file that gave a tensor when it was opened. */
  producer(index: number): EditedOperator | undefined {
    return this.producerOf.get(index);
  }

  /** @returns its number; a name that is taken already gets a number behind it */
  addTensor(tensor: TensorTable & { readonly name: string }): number {
    const name = this.uniqueName(tensor.name);
    this.names.push(name);
    return this.tensors.push({ ...tensor, name }) - 1;
  }

  private uniqueName(wanted: string): string {
    let name = wanted;
    for (let count = 1; this.taken.has(name); count++) name = `${wanted}_${count}`;
    this.taken.add(name);
    return name;
  }

  /** Takes a tensor's name from it, so that another one can have it. @returns the name */
  giveUpName(index: number): string {
    const own = this.name(index);
    const name = this.uniqueName(`${own}_before`);
    this.taken.delete(own);
    this.names[index] = name;
    this.tensors[index] = { ...this.tensor(index), name };
    return own;
  }

  /** Calls a tensor something else, with a number behind it where that is taken already. */
  rename(index: number, wanted: string): void {
    this.taken.delete(this.name(index));
    const name = this.uniqueName(wanted);
    this.names[index] = name;
    this.tensors[index] = { ...this.tensor(index), name };
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

  /** @returns the number of what is stored in place of weights; other graphs read that, too, where the main one reads nothing else */
  addStandIn(
    weights: number,
    tensor: TensorTable & { readonly name: string },
    elements: Elements,
    key: string,
  ): number {
    const { buffer = 0 } = this.tensor(weights);
    const index = this.addConstant(tensor, elements, key);
    if (!this.standIns.has(buffer)) this.standIns.set(buffer, index);
    return index;
  }

  /** Puts a new operator right before one of the file, behind those that were put there already. */
  insertBefore(place: EditedOperator, operator: NewOperator): void {
    listAt(this.before, place).push(edited(operator));
  }

  /** Puts a new operator behind one of the file; null: before all others. Those that were put there come first. */
  insertAfter(place: EditedOperator | null, operator: NewOperator): void {
    if (place === null) this.first.push(edited(operator));
    else listAt(this.after, place).push(edited(operator));
  }

  /** Takes an operator of the file out. */
  remove(operator: EditedOperator): void {
    this.removed.add(operator);
  }

  /** Stores elements as a tensor that was computed until now. */
  store(index: number, type: number, elements: Elements): void {
    const { quantization: _, sparsity: _sparsity, ...tensor } = this.tensor(index);
    const data = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
    this.tensors[index] = { ...tensor, type, buffer: this.buffers.push({ data }) - 1 };
  }

  /** Lets a tensor be another one for these readers. */
  replace(readers: readonly EditedOperator[], from: number, to: number): void {
    for (const reader of readers) reader.inputs = reader.inputs.map((index) => (index === from ? to : index));
  }

  /** @param options table of the options, where the operator has none yet */
  setOption(operator: EditedOperator, options: string, key: string, value: number | boolean): void {
    const { table, value: others } = operator.table.builtinOptions ?? { table: options, value: {} };
    operator.table = { ...operator.table, builtinOptions: { table, value: { ...others, [key]: value } } };
  }

  /** As `save`, for a copy that only runs here: without signatures, which name outputs only for themselves. */
  saveToRun(target: string): void {
    this.write(target, false);
  }

  /** Writes the model without tensors that no operator uses, and buffers that nothing does. */
  save(target: string): Origins {
    return this.write(target, true);
  }

  private write(target: string, whole: boolean): Origins {
    const codes: OperatorCodeTable[] = [];
    const all = [
      ...this.first,
      ...this.operators.flatMap((operator) => [
        ...(this.before.get(operator) ?? []),
        ...(this.removed.has(operator) ? [] : [operator]),
        ...(this.after.get(operator) ?? []),
      ]),
    ];
    const operators = all.map((operator) => this.withCode(operator, codes));
    const main = {
      ...this.main,
      tensors: this.tensors,
      inputs: this.inputs,
      outputs: this.outputs,
      operators,
    };
    const { signatureDefs, ...rest } = this.root;
    const moved = withoutUnused(main, whole ? (signatureDefs ?? []) : []);
    const stored = this.storedInstead(moved.graph);
    const codeOf = (version: number) => codeIndex(codes, { ...builtinCode('DEQUANTIZE'), version });
    const bodies = this.root.subgraphs?.slice(1) ?? [];
    const others = bodies.map((body) => readStored(this.withCodes(body, codes), stored, codeOf));
    const root = {
      ...rest,
      operatorCodes: codes,
      subgraphs: [moved.graph, ...others],
      buffers: this.buffers,
    };
    const signatures = whole && signatureDefs ? { signatureDefs: moved.signatures } : {};
    writeTables(
      withoutUnusedBuffers({ ...root, ...signatures }),
      target,
      whole ? associatedFiles(this.file.path) : null,
    );
    // Nodes of the main graph are called by their place.
    return new Map(
      all.flatMap(({ origin }, at): [NodeId, NodeId][] => (origin === null ? [] : [[String(at), origin]])),
    );
  }

  /** What is stored in place of weights that the main graph reads no more, by their buffer. */
  private storedInstead({ tensors = [] }: SubGraphTable): Map<number, TensorTable> {
    const read = new Set(tensors.map(({ buffer }) => buffer ?? 0));
    return new Map(
      [...this.standIns].flatMap(([buffer, index]): [number, TensorTable][] =>
        read.has(buffer) ? [] : [[buffer, this.tensor(index)]],
      ),
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

function edited({ op, inputs, outputs, version = 1, options }: NewOperator): EditedOperator {
  return { op, origin: null, inputs, outputs, version, table: options ? { builtinOptions: options } : {} };
}

function listAt<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: V[] = [];
  lists.set(key, list);
  return list;
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
    .flatMap((one) =>
      [...(one.inputs ?? []), ...(one.outputs ?? [])].map(({ tensorIndex = 0 }) => tensorIndex),
    );
  const used = new Set([...inputs, ...outputs, ...named]);
  for (const operator of operators)
    for (const list of [operator.inputs, operator.outputs, operator.intermediates])
      for (const index of list ?? []) used.add(index);
  // Tensors with the scales of others: used as those are.
  for (const index of [...used]) for (const of of scaleTensors(tensors[index])) used.add(of);
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
