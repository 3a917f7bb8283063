import { itemAt } from '../../model/assert';
import { CPU, type NativeLiteRt } from './environment';
import type { Argument, FunctionName } from './functions';
import { LAYOUT_WORDS, RANKED_TYPE_WORDS, shapeIn } from './layouts';
import { stringAt } from './library';
import { Profiler } from './profiler';
import { StatusError } from './status';

/** Of the runtime's options: what goes wrong is kept for LiteRtCompiledModelGetErrorMessages. */
const ERRORS_INTO_BUFFER = 2;

/** Of a file without signatures: its main graph. */
const MAIN = 0;

export interface CompileOptions {
  readonly threads: number;
  /** Collects events; costs 75 MB. */
  readonly profile?: boolean;
  /** Whether XNNPACK takes operators that are not next to each other in one part; true unless given. */
  readonly clustering?: boolean;
}

/** A model that is loaded and compiled for the processor. */
export class CompiledModel {
  /** LiteRtElementType of each input and output of the main graph, in its order. */
  readonly inputTypes: readonly number[];
  readonly outputTypes: readonly number[];
  readonly #model: bigint;
  readonly #compiled: bigint;
  /** Memory that the library still looks at. */
  readonly #held: Uint8Array[];

  /**
   * @param bytes of a file without signatures, which stay as they are until `close`
   * @throws StatusError; why, in words, stands on the process's standard error alone
   */
  constructor(
    private readonly native: NativeLiteRt,
    bytes: Uint8Array,
    options: CompileOptions,
  ) {
    const { library, environment } = native;
    this.#held = [bytes];
    this.#model = library.pointer('LiteRtCreateModelFromBuffer', environment, bytes, bytes.length);
    try {
      this.#compiled = this.#compile(options);
    } catch (error) {
      library.call('LiteRtDestroyModel', this.#model);
      throw error;
    }
    const signature = library.pointer('LiteRtGetModelSignature', this.#model, MAIN);
    this.inputTypes = this.#elementTypes(signature, 'Input');
    this.outputTypes = this.#elementTypes(signature, 'Output');
  }

  #elementTypes(signature: bigint, kind: 'Input' | 'Output'): number[] {
    const { library } = this.native;
    return Array.from({ length: library.count(`LiteRtGetNumSignature${kind}s`, signature) }, (_, at) => {
      const tensor = library.pointer(`LiteRtGetSignature${kind}TensorByIndex`, signature, at);
      const type = new Int32Array(RANKED_TYPE_WORDS);
      library.check('LiteRtGetRankedTensorType', tensor, type);
      return itemAt(type, 0);
    });
  }

  #compile({ threads, profile = false, clustering = true }: CompileOptions): bigint {
    const { library, environment } = this.native;
    const options = library.pointer('LiteRtCreateOptions');
    try {
      library.check('LiteRtSetOptionsHardwareAccelerators', options, CPU);
      // "flags" must not be given here: 0 would turn the kernels for int8 off.
      this.#add(options, 'xnnpack', { num_threads: threads });
      this.#add(options, 'runtime_options_string', {
        enable_profiling: profile,
        error_reporter_mode: ERRORS_INTO_BUFFER,
        ...(clustering ? {} : { disable_delegate_clustering: true }),
      });
      return library.pointer('LiteRtCreateCompiledModel', environment, this.#model, options);
    } finally {
      library.call('LiteRtDestroyOptions', options);
    }
  }

  /** Options under a name are TOML; text that cannot be parsed would be left out with a warning. */
  #add(options: bigint, name: string, values: Readonly<Record<string, number | boolean>>): void {
    const { library, ignoringDestructor } = this.native;
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`);
    const text = Buffer.from(`${lines.join('')}\0`);
    this.#held.push(text);
    const opaque = library.pointer('LiteRtCreateOpaqueOptions', name, text, ignoringDestructor);
    library.check('LiteRtAddOpaqueOptions', options, opaque);
  }

  /** Dimensions of an input; −1 where one is open. */
  inputShape(input: number): number[] {
    const layout = new Int32Array(LAYOUT_WORDS);
    this.check('LiteRtGetCompiledModelInputTensorLayout', this.#compiled, MAIN, input, layout);
    return shapeIn(layout);
  }

  /** Closes the open dimensions of an input. */
  resizeInput(input: number, shape: readonly number[]): void {
    const sizes = new Int32Array(shape);
    this.check(
      'LiteRtCompiledModelResizeInputTensor',
      ...([this.#compiled, MAIN, input, sizes, shape.length] as const),
    );
  }

  /** Dimensions of all outputs: as they follow from the inputs' (`allocate`, before the first run), or as the last run left them. */
  outputShapes(allocate: boolean): number[][] {
    const count = this.outputTypes.length;
    // The library refuses to be asked for none.
    if (count === 0) return [];
    const layouts = new Int32Array(LAYOUT_WORDS * count);
    this.check(
      'LiteRtGetCompiledModelOutputTensorLayouts',
      ...([this.#compiled, MAIN, count, layouts, allocate] as const),
    );
    return this.outputTypes.map((_, at) =>
      shapeIn(layouts.subarray(at * LAYOUT_WORDS, (at + 1) * LAYOUT_WORDS)),
    );
  }

  /** One inference, which blocks. After a failure nothing of this model may be used but `close`. */
  run(inputs: BigUint64Array, outputs: BigUint64Array): void {
    const status = this.native.library.call(
      'LiteRtRunCompiledModel',
      ...([this.#compiled, MAIN, inputs.length, inputs, outputs.length, outputs] as const),
    );
    if (status !== 0) throw new StatusError('LiteRtRunCompiledModel', status, this.#errors());
  }

  /** Of a model that was compiled with `profile`. */
  profiler(): Profiler {
    const { library } = this.native;
    return new Profiler(library, library.pointer('LiteRtCompiledModelGetProfiler', this.#compiled));
  }

  check(name: FunctionName, ...given: Argument[]): void {
    const status = this.native.library.call(name, ...given);
    if (status !== 0) throw new StatusError(name, status, this.#errors());
  }

  /** What the model reported since this was last asked. */
  #errors(): string {
    const { library } = this.native;
    const cell = new BigUint64Array(1);
    const status = library.call('LiteRtCompiledModelGetErrorMessages', this.#compiled, cell);
    const address = itemAt(cell, 0);
    if (status !== 0 || address === 0n) return '';
    // It is the caller's to free, with the library's own C runtime, which on Windows is not ours; such a model is closed.
    const text = stringAt(address);
    library.call('LiteRtCompiledModelClearErrors', this.#compiled);
    return text.trim();
  }

  /** Tensor buffers must be gone before. */
  close(): void {
    const { library } = this.native;
    library.call('LiteRtDestroyCompiledModel', this.#compiled);
    library.call('LiteRtDestroyModel', this.#model);
    this.#held.length = 0;
  }
}
