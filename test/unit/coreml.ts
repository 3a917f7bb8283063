import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type BlockSchema,
  type DimensionSchema,
  type ModelDescriptionSchema,
  ModelSchema,
  type NeuralNetworkLayerSchema,
  type OperationSchema,
  type TensorValueSchema,
  type ValueSchema,
  type ValueTypeSchema,
} from '../../src/formats/coreml/coreml_pb';
import { varintLength, writeVarint } from '../../src/formats/protobuf/wire';

type Init<T extends Parameters<typeof create>[0]> = MessageInitShape<T>;
export type ModelInit = Init<typeof ModelSchema>;
export type LayerInit = Init<typeof NeuralNetworkLayerSchema>;
export type OperationInit = Init<typeof OperationSchema>;
type ValueInit = Init<typeof ValueSchema>;
type TensorInit = Init<typeof TensorValueSchema>;

/** Numbers of MIL's data types. */
export const MIL = {
  bool: 1,
  string: 2,
  float16: 10,
  float32: 11,
  int8: 21,
  int32: 23,
  int4: 25,
  uint8: 31,
  uint4: 35,
  uint1: 37,
};

export function tensorType(
  dataType: number,
  shape: readonly (number | null)[],
): Init<typeof ValueTypeSchema> {
  const dimensions = shape.map(
    (size): Init<typeof DimensionSchema> => ({
      dimension:
        size === null ? { case: 'unknown', value: {} } : { case: 'constant', value: { size: BigInt(size) } },
    }),
  );
  return { type: { case: 'tensorType', value: { dataType, rank: BigInt(shape.length), dimensions } } };
}

/** A value written into the program; integers are not negative. */
export function immediate(dataType: number, shape: readonly number[], values: readonly number[]): ValueInit {
  return tensorValue(dataType, shape, heldNumbers(dataType, values));
}

function heldNumbers(dataType: number, values: readonly number[]): TensorInit {
  switch (dataType) {
    case MIL.bool:
      return { value: { case: 'bools', value: { values: [Uint8Array.from(values)] } } };
    case MIL.int32:
      return { value: { case: 'ints', value: { values: [varints(values)] } } };
    case MIL.float32: {
      const bytes = new Uint8Array(Float32Array.from(values).buffer);
      return { value: { case: 'floats', value: { values: [bytes] } } };
    }
    default:
      return { value: { case: 'bytes', value: { values: Uint8Array.from(values) } } };
  }
}

function varints(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + varintLength(value), 0));
  values.reduce((at, value) => writeVarint(value, bytes, at), 0);
  return bytes;
}

function tensorValue(dataType: number, shape: readonly number[], value: TensorInit): ValueInit {
  return {
    type: tensorType(dataType, shape),
    value: { case: 'immediateValue', value: { value: { case: 'tensor', value } } },
  };
}

export function text(value: string): ValueInit {
  return tensorValue(MIL.string, [], { value: { case: 'strings', value: { values: [value] } } });
}

export function blob(
  dataType: number,
  shape: readonly number[],
  offset: number,
  fileName = '@model_path/weights/weight.bin',
): ValueInit {
  return {
    type: tensorType(dataType, shape),
    value: { case: 'blobFileValue', value: { fileName, offset: BigInt(offset) } },
  };
}

export function operation(
  type: string,
  inputs: Readonly<Record<string, string | readonly string[]>>,
  outputs: readonly [name: string, dataType: number, shape: readonly (number | null)[]][],
  attributes: Readonly<Record<string, ValueInit>> = {},
  blocks: Init<typeof BlockSchema>[] = [],
): OperationInit {
  return {
    type,
    blocks,
    inputs: Object.entries(inputs).map(([key, names]) => ({
      key,
      value: {
        arguments: [names].flat().map((name) => ({ binding: { case: 'name', value: name } as const })),
      },
    })),
    outputs: outputs.map(([name, dataType, shape]) => ({ name, type: tensorType(dataType, shape) })),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
  };
}

export function constant(
  name: string,
  value: ValueInit,
  dataType: number,
  shape: readonly number[],
): OperationInit {
  return operation('const', {}, [[name, dataType, shape]], { name: text(name), val: value });
}

export function program(
  operations: readonly OperationInit[],
  inputs: readonly [name: string, shape: readonly (number | null)[]][],
  outputs: readonly string[],
  description: Init<typeof ModelDescriptionSchema> = {},
  { specificationVersion, opset } = { specificationVersion: 9, opset: 'CoreML8' },
): ModelInit {
  return {
    specificationVersion,
    description,
    mlProgram: {
      version: 1n,
      functions: [
        {
          key: 'main',
          value: {
            inputs: inputs.map(([name, shape]) => ({ name, type: tensorType(MIL.float32, shape) })),
            opset,
            blockSpecializations: [
              { key: opset, value: { operations: [...operations], outputs: [...outputs] } },
            ],
          },
        },
      ],
    },
  };
}

/** A weight file, and where the metadata of each blob lie. */
export function weightFile(blobs: readonly [type: number, content: Uint8Array][]): {
  bytes: Buffer;
  offsets: number[];
} {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(blobs.length, 0);
  header.writeUInt32LE(2, 4);
  const parts = [header];
  const offsets: number[] = [];
  let at = 64;
  for (const [type, content] of blobs) {
    const metadata = Buffer.alloc(64);
    metadata.writeUInt32LE(0xdeadbeef, 0);
    metadata.writeUInt32LE(type, 4);
    metadata.writeBigUInt64LE(BigInt(content.length), 8);
    metadata.writeBigUInt64LE(BigInt(at + 64), 16);
    offsets.push(at);
    const padded = Buffer.alloc(Math.ceil(content.length / 64) * 64);
    padded.set(content);
    parts.push(metadata, padded);
    at += 64 + padded.length;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

export function encode(model: ModelInit): Uint8Array {
  return toBinary(ModelSchema, create(ModelSchema, model));
}

export const SPECIFICATION = 'com.apple.CoreML/model.mlmodel';

/** Writes a package to a folder that may exist, and gives its path. */
export function writePackage(
  folder: string,
  specification: Uint8Array,
  weights: Uint8Array | null,
  location = SPECIFICATION,
): string {
  const inside = join(folder, 'Data', SPECIFICATION);
  const weightFolder = join(dirname(inside), 'weights');
  mkdirSync(weightFolder, { recursive: true });
  writeFileSync(inside, specification);
  if (weights !== null) writeFileSync(join(weightFolder, 'weight.bin'), weights);
  const item = (name: string, path: string, description: string) => ({
    author: 'com.apple.CoreML',
    description,
    name,
    path,
  });
  const root = identifier(specification);
  const manifest = {
    fileFormatVersion: '1.0.0',
    itemInfoEntries: {
      [root]: item('model.mlmodel', location, 'CoreML Model Specification'),
      ...(weights === null
        ? {}
        : { [identifier(weights)]: item('weights', 'com.apple.CoreML/weights', 'CoreML Model Weights') }),
    },
    rootModelIdentifier: root,
  };
  writeFileSync(join(folder, 'Manifest.json'), `${JSON.stringify(manifest, null, 4)}\n`);
  return folder;
}

/** An identifier in the form of a UUID that follows from the content, so that the same model gives the same package. */
function identifier(content: Uint8Array): string {
  const hash = createHash('sha256').update(content).digest('hex').toUpperCase();
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    hash.slice(12, 16),
    hash.slice(16, 20),
    hash.slice(20, 32),
  ].join('-');
}
