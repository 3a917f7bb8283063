import { dropSignatures } from '../../formats/tflite/dropSignatures';
import type { RunningModel } from '../../formats/tflite/running';
import { itemAt } from '../../model/assert';
import { byteLength, elementCount } from '../../model/dataType';
import type { Feeds, RuntimeTensor, Session, Signature } from '../engine';
import { feedsFrom } from '../feeds';
import { elementType } from '../litertTypes';
import { cannotRun, requireFeed } from '../tfliteErrors';
import { dataOver, viewBytes } from '../typedArrays';
import { CompiledModel, type CompileOptions } from './compiledModel';
import type { NativeLiteRt } from './environment';
import { HostMemory } from './hostMemory';
import { rankedType } from './layouts';
import type { Profiler } from './profiler';
import { readIntoMemory } from './readModel';

interface Port extends Signature {
  readonly shape: readonly number[];
}

/** An input or output with the memory that the library reads or writes. */
interface Slot {
  readonly port: Port;
  readonly memory: HostMemory;
  /** LiteRtTensorBuffer. */
  readonly buffer: bigint;
}

/** A model on LiteRT's own library. Inputs and outputs are called after the tensors, in the order of the main graph. */
export class NativeSession implements Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #model: CompiledModel;
  readonly #inputs: Slot[] = [];
  readonly #outputs: Slot[] = [];
  readonly #inputBuffers: BigUint64Array;
  readonly #outputBuffers: BigUint64Array;
  /** What the memory of the inputs holds. */
  #placed: Feeds | undefined;

  /**
   * Open dimensions get the sizes that the file states.
   * @throws StatusError, ModelError for what cannot be fed or read
   */
  constructor(
    private readonly native: NativeLiteRt,
    /** As errors call the engine. */
    private readonly engine: string,
    private readonly path: string,
    running: RunningModel,
    options: CompileOptions,
  ) {
    const file = readIntoMemory(path);
    dropSignatures(file.bytes);
    this.#model = new CompiledModel(native, file.bytes, options);
    try {
      const { inputTypes, outputTypes } = this.#model;
      this.inputs = running.inputs.map((port, at) => this.#port(port, inputTypes[at]));
      this.inputs.forEach(({ shape }, at) => {
        if (this.#model.inputShape(at).some((size) => size < 0)) this.#model.resizeInput(at, shape);
      });
      const shapes = this.#model.outputShapes(true);
      this.outputs = running.outputs.map((port, at) =>
        this.#port({ ...port, shape: shapes[at] ?? port.shape }, outputTypes[at]),
      );
      for (const [at, port] of this.inputs.entries())
        this.#inputs.push(this.#slot(port, itemAt(inputTypes, at)));
      for (const [at, port] of this.outputs.entries())
        this.#outputs.push(this.#slot(port, itemAt(outputTypes, at)));
      this.#inputBuffers = BigUint64Array.from(this.#inputs, ({ buffer }) => buffer);
      this.#outputBuffers = BigUint64Array.from(this.#outputs, ({ buffer }) => buffer);
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  #port(port: RunningModel['inputs'][number], code: number | undefined): Port {
    const type = code === undefined ? null : elementType(code);
    if (type === null) throw this.#error(`"${port.name}" is of a type that it cannot be given or asked for.`);
    return { ...port, type };
  }

  #slot(port: Port, code: number): Slot {
    const { library } = this.native;
    const memory = new HostMemory(this.#bytesOf(port));
    // A tensor without elements has memory too, since the library refuses buffers of no bytes.
    const buffer = library.pointer(
      'LiteRtCreateTensorBufferFromHostMemory',
      rankedType(code, port.shape),
      ...([memory.address, Math.max(1, memory.length), null] as const),
    );
    return { port, memory, buffer };
  }

  #bytesOf({ name, type, shape }: Port): number {
    const open = shape.some((size) => size < 0);
    const bytes = open ? null : byteLength(type, elementCount(shape) ?? Number.NaN);
    if (bytes === null || !Number.isSafeInteger(bytes))
      throw this.#error(`the shape of "${name}" is only known once the model runs.`);
    return bytes;
  }

  /**
   * A run on zeros. Throws ModelError where an output turns out to be of another shape than was announced: the
   * library writes past the end of such a one.
   */
  prove(): void {
    this.#model.run(this.#inputBuffers, this.#outputBuffers);
    const shapes = this.#model.outputShapes(false);
    const other = this.outputs.find(({ shape }, at) => shapes[at]?.join() !== shape.join());
    if (other !== undefined) throw this.#error(`"${other.name}" has another shape than the file states.`);
  }

  async run(feeds: Feeds, fetches?: readonly string[]): Promise<Feeds> {
    // The caller may have changed what is in them since.
    this.#placed = undefined;
    this.#invoke(feeds);
    return feedsFrom(
      this.#outputs.flatMap((slot): [string, RuntimeTensor][] => {
        const { name } = slot.port;
        return fetches === undefined || fetches.includes(name) ? [[name, this.#read(slot)]] : [];
      }),
    );
  }

  async invoke(feeds: Feeds): Promise<void> {
    this.#invoke(feeds);
  }

  #invoke(feeds: Feeds): void {
    if (this.#placed !== feeds) this.#place(feeds);
    this.#model.run(this.#inputBuffers, this.#outputBuffers);
  }

  #place(feeds: Feeds): void {
    for (const { port, memory } of this.#inputs)
      memory.bytes.set(viewBytes(requireFeed(this.engine, this.path, port, feeds)));
    this.#placed = feeds;
  }

  #read({ port: { type, shape }, memory }: Slot): RuntimeTensor {
    const data = dataOver(type, memory.copy());
    if (data === null) throw this.#error(`it has an output of type ${type}.`);
    return { type, shape, data };
  }

  /** Of a session that was loaded with `profile`. */
  profiler(): Profiler {
    return this.#model.profiler();
  }

  #error(reason: string) {
    return cannotRun(this.engine, this.path, reason);
  }

  async close(): Promise<void> {
    this.#free();
  }

  #free(): void {
    for (const { buffer } of [...this.#inputs, ...this.#outputs])
      this.native.library.call('LiteRtDestroyTensorBuffer', buffer);
    this.#model.close();
  }
}
