import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realTfliteModels, SAMPLE_TFLITE, SHARED_TFLITE, scratchFolder } from '../../../test/unit/support';
import { BUILTIN_OPERATORS } from './builtinOperators';
import { computedShape, isStateful } from './computedShape';
import { decodeModel } from './decode';
import { dropSignatures } from './dropSignatures';
import { writeTables } from './encode';
import { readRunning } from './running';
import type { ModelTable } from './tables';

const folder = scratchFolder();

/** Tensors 0 (an input), 1 (stored) and 2 (the output) of one operator. */
function model(op: string, inputs: number[]): ModelTable {
  const builtinCode = BUILTIN_OPERATORS.indexOf(op);
  return {
    operatorCodes: [{ deprecatedBuiltinCode: Math.min(builtinCode, 127), builtinCode }],
    subgraphs: [
      {
        tensors: [
          { shape: [4], buffer: 0, name: 'in' },
          { shape: [1], buffer: 1, name: 'stored' },
          { shape: [4], name: 'out' },
        ],
        inputs: [0],
        outputs: [2],
        operators: [{ opcodeIndex: 0, inputs, outputs: [2] }],
      },
    ],
    buffers: [{}, { data: new Uint8Array(4) }],
  };
}

function computed(op: string, inputs: number[]): number | null {
  const made = model(op, inputs);
  return computedShape(made, made.subgraphs?.[0] ?? {});
}

describe('a shape that is computed', () => {
  it.each([
    ['RESHAPE', [0, 0], 2],
    ['RESHAPE', [0, 1], null],
    ['RESHAPE', [0], null],
    ['RESHAPE', [0, -1], null],
    ['FILL', [0, 1], 2],
    ['FILL', [1, 0], null],
    ['RANGE', [1, 0, 1], 2],
    ['SLICE', [0, 1, 1], null],
    ['SLICE', [0, 0, 1], 2],
    ['WHERE', [1], 2],
    ['ADD', [0, 0], null],
    ['GATHER', [1, 0], null],
  ] as const)('of %s with inputs %j: tensor %j', (op, inputs, tensor) => {
    expect(computed(op, [...inputs])).toBe(tensor);
  });

  it.skipIf(!existsSync(SHARED_TFLITE))('is in two of the real models (../shared/models)', () => {
    const names = realTfliteModels().filter((path) => readRunning(path).computedShape !== null);
    expect(names.map((path) => basename(path))).toEqual([
      'basic_pitch_nmp.tflite',
      'ultraface_version-RFB-320_without_postprocessing.tflite',
    ]);
    const stateful = realTfliteModels().filter((path) => readRunning(path).stateful);
    expect(stateful.map((path) => basename(path))).toEqual(['tflm_mnist_lstm_float.tflite']);
  });
});

describe('a state', () => {
  it('is what variable tensors and resources hold', () => {
    expect(isStateful(model('ADD', [0, 1]))).toBe(false);
    expect(isStateful(model('VAR_HANDLE', []))).toBe(true);
    const [main = {}] = model('ADD', [0, 1]).subgraphs ?? [];
    expect(isStateful({ subgraphs: [{ ...main, tensors: [{ isVariable: true }] }] })).toBe(true);
  });
});

describe('signatures', () => {
  it('are taken out in memory, and nothing else', () => {
    const { root } = decodeModel(SAMPLE_TFLITE);
    expect(root.signatureDefs?.length).toBeGreaterThan(0);
    const bytes = readFileSync(SAMPLE_TFLITE);
    const original = Uint8Array.from(bytes);
    dropSignatures(bytes);
    expect(bytes.filter((byte, at) => byte !== original[at]).length).toBe(1);

    const path = join(folder, 'none.tflite');
    const { signatureDefs: _, ...rest } = root;
    writeTables(rest, path);
    const without = readFileSync(path);
    const before = Uint8Array.from(without);
    dropSignatures(without);
    expect(without.equals(before)).toBe(true);
  });

  it('of a damaged file stay, and nothing breaks', () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(8).fill(255), new Uint8Array(64)]) {
      const before = Uint8Array.from(bytes);
      dropSignatures(bytes);
      expect(bytes).toEqual(before);
    }
  });
});
