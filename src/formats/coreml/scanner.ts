import { type Layout, type Scan, scan } from '../protobuf/scanner';
import { Wire } from '../protobuf/wire';
import { ModelSchema } from './coreml_pb';

/** Fields of a model that are not taken apart: classical models, features made by Core ML itself. */
export const CLASSICAL_FIELDS: ReadonlyMap<number, string> = new Map(
  ModelSchema.fields
    .filter((field) => field.number >= 200 && field.fieldKind === 'scalar')
    .map((field) => [field.number, field.name]),
);

const floats = new Map([[1, Wire.Fixed32]]);
const varints = new Map([[1, Wire.Varint]]);

const LAYOUT: Layout = {
  payloads: {
    WeightParams: new Map([
      [1, Wire.Fixed32],
      [2, Wire.Bytes],
      [30, Wire.Bytes],
      [31, Wire.Bytes],
    ]),
    NeuralNetworkMeanImage: floats,
    RepeatedFloats: floats,
    RepeatedDoubles: new Map([[1, Wire.Fixed64]]),
    RepeatedInts: varints,
    RepeatedLongInts: varints,
    RepeatedBools: varints,
    RepeatedBytes: new Map([[1, Wire.Bytes]]),
    Model: new Map([...CLASSICAL_FIELDS.keys()].map((number) => [number, Wire.Bytes])),
  },
  sparable: {
    ModelDescription: new Set(['trainingInput']),
    Metadata: new Set(['userDefined']),
    Program: new Set(['attributes']),
    Block: new Set(['operations', 'attributes']),
    NeuralNetwork: new Set(['layers', 'preprocessing']),
  },
};

/** Reads a model's structure and leaves large weights in the file. */
export function scanModel(path: string): Scan<typeof ModelSchema> {
  return scan(ModelSchema, LAYOUT, path);
}
