import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { BUILTIN_OPERATORS } from '../../../src/formats/tflite/builtinOperators';
import { decodeModel } from '../../../src/formats/tflite/decode';
import { encodeModel, encodePart } from '../../../src/formats/tflite/encode';
import type { ModelTable, Table } from '../../../src/formats/tflite/tables';
import { mutate } from '../mutate';
import { makeTflite } from '../tflite';
import { below, ODD_NAMES, pick, type Random } from './odd';
import { damageTables } from './tables';

const COMPOSITE = path.resolve(import.meta.dirname, '../../trials/tflite/composite.tflite');

const floats = (count: number) => new Float32Array(count).fill(0.5);
const ints = (...values: number[]) => Int32Array.from(values);

/** Bodies, sizes that are open or computed, quantized tensors, custom operators. */
const models: readonly ModelTable[] = [
  makeTflite({
    tensors: {
      x: { shape: [1, 8, 8, 3], signature: [-1, 8, 8, 3] },
      w: { shape: [4, 3, 3, 3], data: floats(108) },
      b: { shape: [4], data: floats(4) },
      c: { shape: [1, 4, 4, 4], signature: [-1, 4, 4, 4] },
      size: { shape: [2], type: 2, data: ints(-1, 64) },
      r: { shape: [1, 64], signature: [-1, 64] },
      k: {
        shape: [10, 64],
        type: 9,
        data: new Int8Array(640),
        quantization: { scale: [0.1], zeroPoint: [0] },
      },
      y: { shape: [1, 10], signature: [-1, 10] },
      dims: { shape: [4], type: 2 },
      z: { shape: [], signature: [-1] },
    },
    inputs: ['x'],
    outputs: ['y', 'z'],
    operators: [
      {
        op: 'CONV_2D',
        inputs: ['x', 'w', 'b'],
        outputs: ['c'],
        options: { table: 'Conv2DOptions', strideW: 2, strideH: 2 },
      },
      {
        op: 'RESHAPE',
        inputs: ['c', 'size'],
        outputs: ['r'],
        options: { table: 'ReshapeOptions', newShape: [-1, 64] },
      },
      {
        op: 'FULLY_CONNECTED',
        inputs: ['r', 'k', ''],
        outputs: ['y'],
        options: { table: 'FullyConnectedOptions' },
      },
      { op: 'SHAPE', inputs: ['y'], outputs: ['dims'], options: { table: 'ShapeOptions', outType: 2 } },
      { op: 'FlexThing', inputs: ['dims'], outputs: ['z'] },
    ],
  }),
  makeTflite(
    {
      tensors: {
        a: { shape: [1], type: 6 },
        x: { shape: [2, 3] },
        y: { shape: [2, 3] },
        v: { shape: [2, 3], variable: true },
      },
      inputs: ['a', 'x'],
      outputs: ['y'],
      operators: [
        {
          op: 'IF',
          inputs: ['a', 'x'],
          outputs: ['y'],
          options: { table: 'IfOptions', thenSubgraphIndex: 1, elseSubgraphIndex: 2 },
        },
        {
          op: 'WHILE',
          inputs: ['y'],
          outputs: ['v'],
          options: { table: 'WhileOptions', condSubgraphIndex: 2, bodySubgraphIndex: 1 },
        },
      ],
    },
    ...['then', 'else'].map((name) => ({
      name,
      tensors: { p: { shape: [2, 3] }, q: { shape: [2, 3] } },
      inputs: ['p'],
      outputs: ['q'],
      operators: [{ op: 'EXP', inputs: ['p'], outputs: ['q'] }],
    })),
  ),
  decodeModel(COMPOSITE).root,
];

/** A damaged .tflite file, now and then with metadata and packed files whose names lead out of it. */
export function writeTflite(random: Random, folder: string): string {
  const model = structuredClone(pick(random, models)) as { -readonly [K in keyof ModelTable]: ModelTable[K] };
  addOperators(model, random);
  damageTables('Model', model, random, BUILTIN_OPERATORS, below(random, 8));
  const packs = random() < 0.2;
  if (packs) addMetadata(model, random);
  let bytes = encoded(encodeModel(model));
  if (random() < 0.3) bytes = mutate(bytes, random, (length) => below(random, length));
  if (packs) bytes = Buffer.concat([bytes, archive(random)]);
  const file = path.join(folder, 'damaged.tflite');
  writeFileSync(file, bytes);
  return file;
}

/** Operators of any kind between tensors of the main graph. */
function addOperators(model: { -readonly [K in keyof ModelTable]: ModelTable[K] }, random: Random): void {
  const codes = [...(model.operatorCodes ?? [])];
  const [main, ...rest] = model.subgraphs ?? [];
  const count = main?.tensors?.length ?? 0;
  const operators = [...(main?.operators ?? [])];
  const tensor = () => below(random, count + 1) - 1;
  for (let n = below(random, 4); n > 0; n--) {
    const builtinCode = below(random, BUILTIN_OPERATORS.length);
    codes.push({ builtinCode, deprecatedBuiltinCode: Math.min(builtinCode, 127) });
    operators.splice(below(random, operators.length + 1), 0, {
      opcodeIndex: codes.length - 1,
      inputs: Array.from({ length: below(random, 5) }, tensor),
      outputs: Array.from({ length: 1 + below(random, 2) }, tensor),
    });
  }
  model.operatorCodes = codes;
  model.subgraphs = [{ ...main, operators }, ...rest];
}

function addMetadata(model: { -readonly [K in keyof ModelTable]: ModelTable[K] }, random: Random): void {
  const metadata = {
    name: 'a model',
    minParserVersion: '1.0.0',
    subgraphMetadata: [
      {
        name: 'main',
        inputTensorMetadata: [{ name: 'image', dimensionNames: ['batch'], stats: { max: [1], min: [0] } }],
        outputTensorMetadata: [{ name: 'scores', associatedFiles: [{ name: 'labels.txt', type: 2 }] }],
      },
    ],
  };
  damageTables('ModelMetadata', metadata, random, [], below(random, 6));
  const buffers = model.buffers ?? [];
  model.metadata = [{ name: 'TFLITE_METADATA', buffer: buffers.length }];
  model.buffers = [...buffers, { data: encoded(encodePart(metadata as unknown as Table, 'ModelMetadata')) }];
}

function archive(random: Random): Buffer {
  const labels = new TextEncoder().encode('cat\ndog\n'.repeat(below(random, 200)));
  const names = ['labels.txt', pick(random, ODD_NAMES)].filter((name) => name !== '__proto__');
  const packed = Buffer.from(zipSync(Object.fromEntries(names.map((name) => [name, labels]))));
  return random() < 0.4 ? mutate(packed, random, (length) => below(random, length)) : packed;
}

/** The bytes of a file that is to be written. */
export function encoded(parts: ReturnType<typeof encodeModel>): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      return readFileSync(part.path).subarray(part.offset, part.offset + part.length);
    }),
  );
}
