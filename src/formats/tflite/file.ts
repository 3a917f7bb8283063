import { copyFileSync, constants as fs, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { cannotWrite } from '../../files/systemError';
import { byteLength } from '../../model/dataType';
import type { DimensionChoice, Inference } from '../../model/inference';
import type { Graph, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import type { Usage } from '../../model/usage';
import type { TextModel } from '../../onnxtxt/syntax';
import { readRange } from '../binary';
import { decodeElements } from '../elements';
import type { Format, ModelFile, ParameterTensor, TensorElements } from '../format';
import { parameterTensors } from '../parameters';
import { decodeModel } from './decode';
import type { TfliteGraph } from './graph';
import { inferModel } from './inference';
import type { Metadata } from './metadata';
import { parameterRules } from './parameterRules';
import { quantizationTensors } from './quantization';
import { readModel, type TfliteModel } from './reader';
import type { Bytes } from './tables';
import { textOf } from './text';
import { usageOf } from './usage';

/** A .tflite file whose tables were read. Weights stay on disk until somebody asks for them. */
export class TfliteFile implements ModelFile {
  readonly model: TfliteModel;
  readonly metadata: Metadata | null;
  readonly #elements: WeakMap<Tensor, Bytes>;

  /** @throws ModelError when the file cannot be read or is too damaged to show anything of it. */
  constructor(
    readonly path: string,
    readonly format: Format,
  ) {
    const { model, metadata, elements } = readModel(decodeModel(path), path);
    this.model = model;
    this.metadata = metadata;
    this.#elements = elements;
  }

  infer(choice: DimensionChoice): Inference {
    return inferModel(this, choice);
  }

  readTensor(tensor: Tensor, limit = Number.POSITIVE_INFINITY): TensorElements {
    const bytes = this.#elements.get(tensor);
    if (!bytes) {
      throw new ModelError(`The elements of '${tensor.name}' cannot be read from ${this.path}.`, {
        file: this.path,
      });
    }
    const count = Math.min(tensor.storedElements, limit);
    const length = byteLength(tensor.type, count) ?? 0;
    const read = bytes instanceof Uint8Array ? bytes : readRange(bytes.path, bytes.offset, length);
    return { values: decodeElements(tensor.type, read, count), complete: count === tensor.storedElements };
  }

  /** Tensors that share one buffer are one weight. */
  parameterTensors(graph: Graph): ParameterTensor[] {
    const scales = scaleTensors(graph as TfliteGraph);
    const byPlace = new Map<string, { tensor: Tensor; users: Set<number> }>();
    for (const { tensor, users } of parameterTensors(graph, parameterRules)) {
      if (scales.has(tensor.name)) continue;
      const { location } = tensor;
      const place = location ? `${location.file}:${location.offset}` : `tensor ${tensor.name}`;
      const known = byPlace.get(place);
      if (known) for (const user of users) known.users.add(user);
      else byPlace.set(place, { tensor, users: new Set(users) });
    }
    return [...byPlace.values()].map(({ tensor, users }) => ({
      tensor,
      users: [...users].sort((a, b) => a - b),
    }));
  }

  usage(): Usage | null {
    return this.metadata === null ? null : usageOf(this.path, this.metadata);
  }

  text(): TextModel {
    return textOf(this);
  }

  /** A model that was not changed is copied byte by byte: nothing can be lost, whatever a newer schema added. */
  write(path: string): void {
    this.#refuseToMoveExternal(path);
    try {
      copyFileSync(this.path, path, fs.COPYFILE_EXCL);
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** Weights in other files are found by their place beside the model. */
  #refuseToMoveExternal(path: string): void {
    if (this.model.externalFiles.length === 0) return;
    if (realpathSync(dirname(resolve(path))) === realpathSync(dirname(resolve(this.path)))) return;
    throw new ModelError(
      `${this.path} keeps weights in files beside it, so its copy must lie there too: ${join(dirname(this.path), basename(path))}.`,
      { file: path },
    );
  }

  /** Files are opened only while something is read from them, so there is nothing to close. */
  close(): void {}
}

/** Names of tensors that hold scales or zero points of others. */
function scaleTensors({ table, tensorNames }: TfliteGraph): ReadonlySet<string> {
  const indices = (table.tensors ?? []).flatMap(quantizationTensors);
  return new Set(indices.flatMap((index) => tensorNames[index] ?? []));
}
