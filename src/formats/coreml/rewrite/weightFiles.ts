import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../../model/assert';
import { ModelError } from '../../../model/modelError';
import { type BlobFiles, MODEL_PATH } from '../blobs';
import type { Block, Model, Operation, Program, Value } from '../coreml_pb';
import { writtenValue } from '../mil/values';
import type { PackagePath } from '../package';
import { pipelineOf } from '../reader';
import { WeightFileWriter } from './weightFile';

/**
 * The weight files of a copy: each of the package's is written anew beside the target, with what is compressed and
 * with every other blob that the program points at.
 */
export class WeightFiles {
  readonly #writers = new Map<string, WeightFileWriter>();
  /** Values that point into a new file already. */
  readonly #done = new Set<Value>();
  readonly #copied = new Map<string, number>();

  constructor(
    private readonly place: PackagePath,
    private readonly blobs: BlobFiles,
    private readonly target: string,
  ) {}

  /** The file in which a constant lies, to put there what takes its place. */
  of(constant: Operation): { name: string; writer: WeightFileWriter } {
    const held = present(writtenValue(constant, 'val'), 'value of a constant').value;
    if (held.case !== 'blobFileValue') throw new Error('The constant is in no weight file.');
    const name = held.value.fileName;
    return { name, writer: this.#writer(name) };
  }

  /** These were made of what is compressed. */
  made(operations: readonly Operation[]): void {
    for (const operation of operations) for (const value of valuesOf(operation)) this.#done.add(value);
  }

  /**
   * Copies all blobs that are left and lets the program point at them. Gives the new files, by the path of those whose
   * place they take.
   *
   * @throws ModelError when one cannot be read.
   */
  finish(proto: Model): Map<string, string> {
    if (this.#writers.size === 0) return new Map();
    for (const program of programsOf(proto)) for (const value of valuesIn(program)) this.#copy(value);
    const replaced = new Map<string, string>();
    for (const [name, writer] of this.#writers) {
      writer.close();
      const location = name.startsWith(MODEL_PATH) ? name.slice(MODEL_PATH.length) : name;
      replaced.set(join(this.place.folder, location), writer.path);
    }
    return replaced;
  }

  remove(): void {
    for (const { path } of this.#writers.values()) rmSync(path, { force: true });
  }

  #copy(value: Value): void {
    if (value.value.case !== 'blobFileValue' || this.#done.has(value)) return;
    const { fileName, offset } = value.value.value;
    const key = `${offset} ${fileName}`;
    let place = this.#copied.get(key);
    if (place === undefined) {
      const blob = this.blobs.blob(fileName, Number(offset));
      if (typeof blob === 'string')
        throw new ModelError(`${this.place.path} cannot be rewritten: ${blob}.`, { file: this.place.path });
      place = this.#writer(fileName).copy(blob);
      this.#copied.set(key, place);
    }
    value.value.value.offset = BigInt(place);
    this.#done.add(value);
  }

  #writer(name: string): WeightFileWriter {
    let writer = this.#writers.get(name);
    if (writer === undefined) {
      writer = new WeightFileWriter(`${this.target}.blobs${this.#writers.size}`);
      this.#writers.set(name, writer);
    }
    return writer;
  }
}

function programsOf(proto: Model): Program[] {
  if (proto.mlProgram) return [proto.mlProgram];
  return (pipelineOf(proto)?.models ?? []).flatMap(programsOf);
}

function* valuesIn(program: Program): Generator<Value> {
  const entries = [program, ...program.functions.flatMap(({ value }) => value ?? [])];
  for (const { attributes } of entries) for (const { value } of attributes) if (value) yield value;
  for (const { value } of program.functions)
    for (const { value: block } of value?.blockSpecializations ?? []) if (block) yield* valuesInBlock(block);
}

function* valuesInBlock(block: Block): Generator<Value> {
  for (const { value } of block.attributes) if (value) yield value;
  for (const operation of block.operations) {
    yield* valuesOf(operation);
    for (const inside of operation.blocks) yield* valuesInBlock(inside);
  }
}

function* valuesOf(operation: Operation): Generator<Value> {
  for (const { value } of operation.attributes) if (value) yield value;
  for (const { value } of operation.inputs)
    for (const { binding } of value?.arguments ?? []) if (binding.case === 'value') yield binding.value;
}
