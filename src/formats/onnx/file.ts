import { elementCount } from '../../model/dataType';
import type { DimensionChoice, Inference } from '../../model/inference';
import type { Graph, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import type { TextModel } from '../../onnxtxt/syntax';
import type { Decoding, Format, ModelFile, ParameterTensor, TensorElements } from '../format';
import { parameterTensors } from '../parameters';
import type { Scan } from '../protobuf/scanner';
import { decodingOf } from './decoding';
import { inferModel } from './inference/inferModel';
import type { ModelProto, ModelProtoSchema, TensorProto } from './onnx_pb';
import { isQuantizedData, isSetting, passesOn } from './parameterInputs';
import { type OnnxModel, readModel } from './reading/reader';
import { scanModel } from './reading/scanner';
import { elementsOf, floatParts, tensorBytes, valuesOf } from './reading/tensorData';
import { protoOfText } from './text/fromText';
import { textOf } from './text/modelText';
import { writeModel } from './writing/writer';

/** An ONNX file whose structure was read. Weights stay on disk until somebody asks for them. */
export class OnnxFile implements ModelFile {
  readonly proto: ModelProto;
  readonly model: OnnxModel;
  #values: WeakMap<Tensor, TensorProto>;

  private constructor(
    readonly path: string,
    readonly format: Format,
    scan: Scan<typeof ModelProtoSchema>,
  ) {
    const { model, values } = readModel(scan, path);
    this.proto = scan.proto;
    this.model = model;
    this.#values = values;
  }

  /** @throws ModelError when the file cannot be read or is too damaged to show anything of it. */
  static open(path: string, format: Format): OnnxFile {
    return new OnnxFile(path, format, scanModel(path));
  }

  /** The model that a text states; what it elides is unknown. */
  static ofText(text: TextModel, path: string, bytes: number, format: Format): OnnxFile {
    return new OnnxFile(path, format, { proto: protoOfText(text), bytes, flagged: false, problems: [] });
  }

  infer(choice: DimensionChoice): Inference {
    return inferModel(this, choice);
  }

  /** All elements of a tensor as raw packed little-endian bytes, whatever field or file holds them. */
  tensorBytes(tensor: TensorProto): Uint8Array {
    return tensorBytes(tensor);
  }

  readTensor(tensor: Tensor, limit = Number.POSITIVE_INFINITY): TensorElements {
    const proto = this.#protoOf(tensor);
    const stored = elementsOf(proto.dims) ?? elementCount(tensor.shape) ?? 0;
    const count = Math.min(stored, limit);
    return { values: valuesOf(proto, tensor.type, count), complete: count === stored };
  }

  readParts(tensor: Tensor): Generator<Float32Array> | null {
    const { type } = tensor;
    return type === 'float32' || type === 'float16' ? floatParts(this.#protoOf(tensor), type) : null;
  }

  #protoOf(tensor: Tensor): TensorProto {
    const proto = this.#values.get(tensor);
    if (!proto)
      throw new ModelError(`The tensor '${tensor.name}' is not of ${this.path}.`, { file: this.path });
    return proto;
  }

  decodingOf(graph: Graph, tensor: Tensor): Decoding | null {
    return decodingOf(graph, tensor);
  }

  parameterTensors(graph: Graph): ParameterTensor[] {
    return parameterTensors(graph, { passesOn, isSetting, isQuantizedData });
  }

  text(): TextModel {
    return textOf({ proto: this.proto, graph: this.model.graph });
  }

  write(path: string): void {
    writeModel(this.proto, path);
  }

  /** Files are opened only while something is read from them, so there is nothing to close. */
  close(): void {}
}
