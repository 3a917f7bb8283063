import { elementCount } from '../../model/dataType';
import type { DimensionChoice, Inference } from '../../model/inference';
import type { Graph, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import type { TextModel } from '../../onnxtxt/syntax';
import type { Format, ModelFile, ParameterTensor, TensorElements } from '../format';
import { type ParameterRules, parameterTensors } from '../parameters';
import type { Model as ModelProto } from './coreml_pb';
import { inferModel } from './inference';
import { locate, type PackagePath } from './package';
import { type CoreMlModel, type ReadModel, readModel } from './reader';
import { readStored } from './stored';
import { textOf } from './text';
import { writeModel } from './writer';

/** Operations that only move a tensor's elements: its weights belong to whoever uses their output. */
const PASSING: ReadonlySet<string> = new Set([
  ...['cast', 'copy', 'dequantize', 'expand_dims', 'identity', 'reshape', 'squeeze', 'transpose'],
]);

/** What only sets how an operation works is an attribute, so that every constant among the inputs is data. */
const RULES: ParameterRules = {
  passesOn: (op, input) => input === 0 && PASSING.has(op),
  isSetting: () => false,
  isQuantizedData: () => false,
};

/** Types whose stored numbers stand for themselves: smaller ones are indices, or quantized. */
const PLAIN_NUMBERS: ReadonlySet<string> = new Set([
  'float32',
  'float16',
  'float64',
  'int32',
  'int64',
  'bool',
]);

/** A Core ML model whose structure was read. Weights stay on disk until somebody asks for them. */
export class CoreMlFile implements ModelFile {
  readonly #path: PackagePath;
  readonly #read: ReadModel;

  /**
   * @param path a `.mlmodel`, a package, its manifest, or the specification inside it.
   * @throws ModelError when the file cannot be read or is too damaged to show anything of it.
   */
  constructor(
    path: string,
    readonly format: Format,
  ) {
    this.#path = locate(path);
    this.#read = readModel(this.#path);
  }

  get proto(): ModelProto {
    return this.#read.proto;
  }

  /** Where its parts lie. */
  get place(): PackagePath {
    return this.#path;
  }

  get model(): CoreMlModel {
    return this.#read.model;
  }

  infer(choice: DimensionChoice): Inference {
    return inferModel(this.model.graph, this.#read.features.inputs, choice, (tensor) =>
      this.#elements(tensor),
    );
  }

  /** A tensor that cannot be read was reported when the file was opened; here it is only unknown. */
  #elements(tensor: Tensor): readonly number[] | null {
    if (!PLAIN_NUMBERS.has(tensor.type)) return null;
    try {
      const { values } = this.readTensor(tensor);
      return values.length === elementCount(tensor.shape) ? Array.from(values) : null;
    } catch (error) {
      if (error instanceof ModelError) return null;
      throw error;
    }
  }

  /** Of a compressed weight the elements that are stored: quantized, or indices into its look-up table. */
  readTensor(tensor: Tensor, limit = Number.POSITIVE_INFINITY): TensorElements {
    const stored = this.#read.stored.get(tensor);
    if (!stored) {
      throw new ModelError(`The tensor '${tensor.name}' is not of ${this.model.file}.`, {
        file: this.model.file,
      });
    }
    return { values: readStored(stored, limit), complete: limit >= stored.count };
  }

  decompressed(tensor: Tensor): (() => Float32Array | Float64Array) | null {
    return this.#read.decompress.get(tensor) ?? null;
  }

  parameterTensors(graph: Graph): ParameterTensor[] {
    return parameterTensors(graph, RULES);
  }

  text(): TextModel {
    return textOf(this);
  }

  write(path: string): void {
    writeModel(this.proto, this.#path, path);
  }

  /** Files are opened only while something is read from them, so there is nothing to close. */
  close(): void {}
}
