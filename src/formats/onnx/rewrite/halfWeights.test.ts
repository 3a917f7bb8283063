import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LARGEST_HALF, toHalves } from '../../../model/float16';
import { seededRandom } from '../../../runtime/random';
import { PayloadSchema } from '../../protobuf/payload_pb';
import type { TensorProto } from '../onnx_pb';
import { RAW_DATA } from '../reading/wireFields';
import { makeTensor } from '../writing/make';
import { HalfWeight } from './halfWeights';

/** More than two parts, and no whole number of them. */
const ELEMENTS = 40_001;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-half-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Weights as they are: some vanish, some are subnormal, some are zero. */
function weights(): Float32Array {
  const random = seededRandom(7);
  return Float32Array.from({ length: ELEMENTS }, () => (random() - 0.5) * 2 ** -Math.floor(random() * 20));
}

function inMemory(values: Float32Array): TensorProto {
  return makeTensor('w', 'float32', [values.length], new Uint8Array(values.buffer));
}

/** In two pieces of a file that meet within a number. */
function inFile(values: Float32Array): TensorProto {
  const path = join(folder, 'weights');
  const [skipped, first] = [3, 70_001];
  writeFileSync(path, Buffer.concat([Buffer.alloc(skipped), new Uint8Array(values.buffer)]));
  const piece = (offset: number, length: number) =>
    create(PayloadSchema, {
      path,
      offset: BigInt(skipped + offset),
      length: BigInt(length),
      field: RAW_DATA,
    });
  const tensor = makeTensor('w', 'float32', [values.length], new Uint8Array(0));
  tensor.payload = [piece(0, first), piece(first, 4 * values.length - first)];
  return tensor;
}

/** All parts are taken one after the other: each is only valid until the next. */
function converted(tensor: TensorProto): { weight: HalfWeight; halves: number[] } {
  const weight = new HalfWeight(tensor);
  const halves: number[] = [];
  for (const part of weight.parts())
    for (let at = 0; at < part.length; at += 2) halves.push((part[at] ?? 0) + 256 * (part[at + 1] ?? 0));
  return { weight, halves };
}

describe.each([
  { where: 'in memory', tensorOf: inMemory },
  { where: 'in pieces of a file', tensorOf: inFile },
])('a weight $where', ({ tensorOf }) => {
  it('becomes the nearest float16, number by number, and nothing but zero becomes zero', () => {
    const values = weights();
    const smallest = 2 ** -24;
    const kept = values.map((value) =>
      value !== 0 && Math.abs(value) < smallest ? Math.sign(value) * smallest : value,
    );
    const { weight, halves } = converted(tensorOf(values));
    expect(halves).toEqual([...toHalves(kept)]);
    expect(weight.problem(false)).toBeNull();
  });

  it('is refused for its last number, if that is too large; not for what stands for infinity', () => {
    const values = weights();
    values[ELEMENTS - 1] = 65_536;
    expect(converted(tensorOf(values)).weight.problem(false)).toBe('values of w are too large for float16');
    values[ELEMENTS - 1] = -3.4e38;
    const { weight, halves } = converted(tensorOf(values));
    expect(weight.problem(false)).toBeNull();
    expect(halves.at(-1)).toBe([...toHalves([-LARGEST_HALF])][0]);
  });

  it('is refused where a number vanishes that works alone, or all of them do', () => {
    const values = weights().fill(1);
    values[ELEMENTS - 1] = 1e-8;
    const { weight } = converted(tensorOf(values));
    expect(weight.problem(false)).toBeNull();
    expect(weight.problem(true)).toBe('values of w are too small for float16');
    expect(converted(tensorOf(values.fill(1e-9))).weight.problem(false)).toBe(
      'values of w are too small for float16',
    );
  });
});
