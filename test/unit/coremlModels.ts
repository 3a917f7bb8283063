import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type DimensionSchema,
  type ModelDescriptionSchema,
  ModelSchema,
  type NeuralNetworkLayerSchema,
  type OperationSchema,
  type TensorValueSchema,
  type ValueSchema,
  type ValueTypeSchema,
} from '../../src/formats/coreml/coreml_pb';

type Init<T extends Parameters<typeof create>[0]> = MessageInitShape<T>;
export type ModelInit = Init<typeof ModelSchema>;
export type LayerInit = Init<typeof NeuralNetworkLayerSchema>;
export type OperationInit = Init<typeof OperationSchema>;
type ValueInit = Init<typeof ValueSchema>;
type TensorInit = Init<typeof TensorValueSchema>;

/** Numbers of MIL's data types. */
export const MIL = {
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

/** A value written into the program: 32-bit numbers as protobuf's, everything else as bytes. */
export function immediate(dataType: number, shape: readonly number[], values: readonly number[]): ValueInit {
  return tensorValue(dataType, shape, heldNumbers(dataType, values));
}

function heldNumbers(dataType: number, values: readonly number[]): TensorInit {
  switch (dataType) {
    case MIL.int32:
      return { value: { case: 'ints', value: { values: [Uint8Array.from(values)] } } };
    case MIL.float32: {
      const bytes = new Uint8Array(Float32Array.from(values).buffer);
      return { value: { case: 'floats', value: { values: [bytes] } } };
    }
    default:
      return { value: { case: 'bytes', value: { values: Uint8Array.from(values) } } };
  }
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
): OperationInit {
  return {
    type,
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
): ModelInit {
  return {
    specificationVersion: 9,
    description,
    mlProgram: {
      version: 1n,
      functions: [
        {
          key: 'main',
          value: {
            inputs: inputs.map(([name, shape]) => ({ name, type: tensorType(MIL.float32, shape) })),
            opset: 'CoreML8',
            blockSpecializations: [
              { key: 'CoreML8', value: { operations: [...operations], outputs: [...outputs] } },
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

/** Writes a package and gives its path. */
export function writePackage(
  folder: string,
  specification: Uint8Array,
  weights: Uint8Array | null,
  location = SPECIFICATION,
): string {
  const inside = join(folder, 'Data', SPECIFICATION);
  mkdirSync(join(dirname(inside), 'weights'), { recursive: true });
  writeFileSync(inside, specification);
  if (weights !== null) writeFileSync(join(dirname(inside), 'weights', 'weight.bin'), weights);
  const manifest = {
    fileFormatVersion: '1.0.0',
    itemInfoEntries: { root: { author: 'test', name: 'model.mlmodel', path: location } },
    rootModelIdentifier: 'root',
  };
  writeFileSync(join(folder, 'Manifest.json'), JSON.stringify(manifest));
  return folder;
}
