import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ModelProto,
  ModelProtoSchema,
  StringStringEntryProtoSchema,
} from '../../../src/formats/onnx/onnx_pb';
import { protoOfText } from '../../../src/formats/onnx/text/fromText';
import { parseText } from '../../../src/onnxtxt/parser';
import { mutate } from '../mutate';
import { cases } from '../operators/cases';
import { modelOf } from '../operators/single';
import { damageMessage } from './message';
import { below, ODD_NAMES, pick, type Random } from './odd';
import { TEXTS } from './textSeeds';

const TRIALS = path.resolve(import.meta.dirname, '../../trials');
const FILES = ['onnx/sequences.onnx', 'hostile/input_constructor_no_shape.onnx'];
const ATTRIBUTES = [
  ...[
    'axis',
    'axes',
    'perm',
    'kernel_shape',
    'strides',
    'pads',
    'dilations',
    'group',
    'auto_pad',
    'output_shape',
  ],
  ...[
    'to',
    'k',
    'mode',
    'equation',
    'value',
    'value_ints',
    'keepdims',
    'hidden_size',
    'direction',
    'num_heads',
  ],
  ...['then_branch', 'else_branch', 'body', 'blocksize', 'epsilon', 'transA', 'transB', 'shape', 'sizes'],
];

const models: readonly ModelProto[] = [
  ...TEXTS.map((text) => protoOfText(parseText(text).model)),
  ...FILES.map((name) => fromBinary(ModelProtoSchema, readFileSync(path.join(TRIALS, name)))),
];
const words = [...new Set(cases.map(({ op }) => op)), ...ATTRIBUTES];

/** A damaged ONNX file: a whole small model, or one of the operators that have a test. */
export function writeOnnx(random: Random, folder: string): string {
  const whole = random() < 0.5;
  const model = whole ? clone(ModelProtoSchema, pick(random, models)) : modelOf(pick(random, cases));
  damageMessage(ModelProtoSchema, model, random, words, below(random, 6));
  if (random() < 0.1) makeExternal(model, random);
  let bytes: Uint8Array = toBinary(ModelProtoSchema, model);
  if (random() < 0.25) bytes = mutate(Buffer.from(bytes), random, (length) => below(random, length));
  const file = path.join(folder, 'damaged.onnx');
  writeFileSync(file, bytes);
  return file;
}

/** Weights that lie elsewhere, mostly where they must not be read. */
function makeExternal(model: ModelProto, random: Random): void {
  const tensors = model.graph?.initializer ?? [];
  if (tensors.length === 0) return;
  const tensor = pick(random, tensors);
  const value = () => pick(random, [...ODD_NAMES, 'damaged.onnx', '0', '4', '18446744073709551615']);
  tensor.dataLocation = 1;
  tensor.externalData = ['location', 'offset', 'length', pick(random, ODD_NAMES)].map((key) =>
    create(StringStringEntryProtoSchema, { key, value: value() }),
  );
}
