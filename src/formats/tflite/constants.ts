import { dirname, resolve } from 'node:path';
import { byteLength, type DataType } from '../../model/dataType';
import type { ExternalFile, Tensor } from '../../model/model';
import { resolveExternal } from '../externalFile';
import { LostWeights } from '../lostWeights';
import { dataTypeOf } from './dataTypes';
import { quantizationOf } from './quantization';
import type { Bytes, ExternalBufferTable, ModelTable, SparsityTable, TensorTable } from './tables';

/** Most elements that a tensor may have: beyond it a count is not exact in a double (CWE-190). */
const MAX_ELEMENTS = 2 ** 53;

/** The stored tensors of one file: where their elements are, and whether they can be theirs. */
export class Constants {
  readonly files = new Map<string, ExternalFile | string>();
  /** By tensor; in a file, since nothing is read before somebody looks at it. */
  readonly bytes = new WeakMap<Tensor, Bytes>();
  readonly #file: string;
  readonly #model: ModelTable;
  readonly #external: ReadonlyMap<number, ExternalBufferTable>;
  /** Those whose elements cannot be read; whole once all tensors were asked for. */
  readonly lost = new LostWeights();

  constructor(file: string, model: ModelTable) {
    this.#external = new Map(model.externalBuffers?.map((one) => [one.id ?? 0, one]));
    this.#file = file;
    this.#model = model;
  }

  /** Whether a tensor's elements are in a buffer, wherever that is. */
  isStored({ buffer = 0, externalBuffer = 0 }: TensorTable): boolean {
    return externalBuffer > 0 || (this.#model.buffers?.[buffer]?.data?.length ?? 0) > 0;
  }

  /** A stored tensor; null, and a problem, where it cannot be one. */
  tensor(table: TensorTable, name: string, names: readonly string[]): Tensor | null {
    const type = dataTypeOf(table.type);
    const shape = table.shape ?? [];
    const elements = elementsOf(shape);
    if (type === null || elements === null) {
      this.lost.add(
        name,
        type === null ? `it has the unknown type ${table.type}` : 'its shape is impossible',
      );
      return null;
    }
    const bytes = this.#bytesOf(table, name);
    const sparsity = table.sparsity;
    const length = bytes?.length ?? 0;
    const usable = bytes !== null && this.#fits(type, elements, length, sparsity !== undefined, name);
    const stored = sparsity === undefined ? elements : storedElements(type, length);
    const quantization = quantizationOf(table, names);
    const tensor: Tensor = {
      name,
      type,
      shape,
      bytes: length + (sparsity === undefined ? 0 : indexBytes(sparsity)),
      storedElements: stored,
      sparse: sparsity !== undefined,
      location: usable ? this.#location(bytes) : null,
      ...(quantization && { quantization }),
    };
    if (usable) this.bytes.set(tensor, bytes);
    return tensor;
  }

  #location(bytes: Bytes) {
    return bytes instanceof Uint8Array
      ? null
      : { file: resolve(bytes.path), offset: bytes.offset, length: bytes.length };
  }

  #fits(type: DataType, elements: number, length: number, sparse: boolean, name: string): boolean {
    const needed = byteLength(type, elements);
    if (needed === null || sparse || length === needed) return true;
    this.lost.add(name, `they are ${length} bytes where its type and shape need ${needed}`);
    return false;
  }

  #bytesOf({ buffer = 0, externalBuffer = 0 }: TensorTable, name: string): Bytes | null {
    if (externalBuffer > 0) return this.#beside(externalBuffer, name);
    return this.#model.buffers?.[buffer]?.data ?? new Uint8Array(0);
  }

  /** Elements in another file (schema version 3d), which must lie in the model's folder. */
  #beside(id: number, name: string): Bytes | null {
    const entry = this.#external.get(id);
    const location = this.#model.externalBufferGroups?.[entry?.group ?? 0]?.name;
    if (!entry || !location) {
      this.lost.add(name, 'the model does not say which file they are in');
      return null;
    }
    const file = this.files.get(location) ?? resolveExternal(dirname(resolve(this.#file)), location);
    this.files.set(location, file);
    const { offset = 0, length = 0, packing = '' } = entry;
    const missing =
      typeof file === 'string'
        ? file
        : file.bytes === null
          ? `${file.path} is missing; put it beside the model`
          : offset + length > file.bytes
            ? `bytes ${offset} to ${offset + length} of ${file.path} are behind its end at ${file.bytes}`
            : packing !== ''
              ? `they are packed in a way that is not known: ${packing}`
              : null;
    if (missing === null && typeof file !== 'string') return { path: file.path, offset, length };
    this.lost.add(name, missing ?? '');
    return null;
  }
}

/** null when a dimension is negative or the product is absurd. */
function elementsOf(shape: readonly number[]): number | null {
  let count = 1;
  for (const dimension of shape) {
    if (dimension < 0) return null;
    count *= dimension;
  }
  return count <= MAX_ELEMENTS ? count : null;
}

function storedElements(type: DataType, bytes: number): number {
  const one = byteLength(type, 8);
  return one === null ? 0 : Math.floor((bytes * 8) / one);
}

/** Bytes that say where the elements of a sparse tensor are. */
function indexBytes({ dimMetadata = [] }: SparsityTable): number {
  let bytes = 0;
  for (const { arraySegments, arrayIndices } of dimMetadata) {
    for (const vector of [arraySegments, arrayIndices]) {
      const { values } = vector?.value ?? {};
      if (vector && Array.isArray(values)) bytes += values.length * (INDEX_BYTES[vector.table] ?? 4);
    }
  }
  return bytes;
}

const INDEX_BYTES: Readonly<Record<string, number>> = { Int32Vector: 4, Uint16Vector: 2, Uint8Vector: 1 };
