import { LARGEST_HALF, SMALLEST_HALF, toHalf } from '../../../model/float16';
import type { TensorProto } from '../onnx_pb';
import { floatParts } from '../reading/tensorData';
import { makeTensor } from '../writing/make';
import { elements, shapeOf } from './protos';
import { gathered } from './spill';

/** Constants beyond this stand for infinity, such as the −3.4e38 of attention masks: the largest float16 does as well. */
export const STANDS_FOR_INFINITY = 1e30;

/** Values that are all below the smallest normal float16 lose their places one after the other. */
export const SMALLEST_NORMAL = 2 ** -14;

/** A constant that keeps less than 20 dB of itself (one digit) means something else in float16, such as an epsilon of 1e-12. */
const LARGEST_LOSS = 0.01;

/**
 * A few weights that vanish beside large ones change nothing; a constant that is lost as a whole does, and so does
 * every element that works `alone`.
 */
export function constantProblem(tensor: TensorProto, alone: boolean): string | null {
  const loss = new Loss(alone);
  for (const part of floatParts(tensor)) {
    loss.add(part);
    if (loss.problem !== null) break;
  }
  const problem = loss.problem ?? (outweighs(loss.noise, tensor) ? TOO_SMALL : null);
  return problem === null ? null : `values of ${tensor.name} are ${problem} for float16`;
}

const TOO_SMALL = 'too small';

/** What float16 takes from a constant whose elements come part by part. */
class Loss {
  problem: string | null = null;
  /** Squares of what is lost of numbers below the normal ones, summed. */
  noise = 0;

  constructor(private readonly alone: boolean) {}

  add(values: Float32Array): void {
    const words = wordsOf(values);
    for (let i = 0; i < values.length; i++) {
      if (isNormal((words[i] as number) & SIZE)) continue;
      const size = Math.abs(values[i] as number);
      if (!(size < STANDS_FOR_INFINITY)) continue;
      if (size > LARGEST_HALF) {
        this.problem = 'too large';
        return;
      }
      if (size >= SMALLEST_NORMAL) continue;
      const lost = (size - Math.round(size / SMALLEST_HALF) * SMALLEST_HALF) ** 2;
      this.noise += lost;
      if (this.alone && lost > LARGEST_LOSS * size * size) {
        this.problem = TOO_SMALL;
        return;
      }
    }
  }
}

/** Whether so much lost is too much of a constant: its first elements are nearly always enough to say no. */
function outweighs(noise: number, tensor: TensorProto): boolean {
  let signal = 0;
  if (noise === 0) return false;
  for (const part of floatParts(tensor)) {
    for (const value of part) {
      const size = Math.abs(value);
      if (size < STANDS_FOR_INFINITY) signal += size * size;
      if (noise <= LARGEST_LOSS * signal) return false;
    }
  }
  return true;
}

/** All bits of a float32 but the sign. */
const SIZE = 0x7fff_ffff;

/** Bits of the float32 numbers that are normal in float16 whichever way they are rounded: from 2^-14 on, below 65504. */
const NORMAL_WORDS = { first: 0x3880_0000, end: 0x477f_e000 };

/** Nearly all weights are normal numbers in both types. */
function isNormal(size: number): boolean {
  return size >= NORMAL_WORDS.first && size < NORMAL_WORDS.end;
}

function wordsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** A float32 tensor in float16, part by part; each part is valid until the next. */
export function* halfParts(tensor: TensorProto): Generator<Uint8Array> {
  let halves = new Uint16Array(0);
  for (const part of floatParts(tensor)) {
    if (halves.length < part.length) halves = new Uint16Array(part.length);
    convert(part, halves);
    yield new Uint8Array(halves.buffer, 0, 2 * part.length);
  }
}

/** A float32 tensor of few elements, such as an attribute, in float16. */
export function halfTensor(tensor: TensorProto): TensorProto {
  const bytes = gathered(halfParts(tensor), 2 * elements(tensor));
  return makeTensor(tensor.name, 'float16', shapeOf(tensor), bytes);
}

/**
 * A function of its own for every part, because V8 compiles a loop that runs for long without what comes after it, and
 * has to throw that away each time.
 */
function convert(values: Float32Array, halves: Uint16Array): void {
  const words = wordsOf(values);
  for (let i = 0; i < values.length; i++) {
    const word = words[i] as number;
    const size = word & SIZE;
    halves[i] = isNormal(size)
      ? ((word >>> 16) & 0x8000) | ((size - 0x3800_0000 + 0x0fff + ((size >>> 13) & 1)) >>> 13)
      : toHalf(representable(values[i] as number));
  }
}

/** Too large becomes the largest; too small becomes the smallest: an epsilon must not become 0. */
function representable(value: number): number {
  if (Math.abs(value) > LARGEST_HALF) return Math.sign(value) * LARGEST_HALF;
  if (value !== 0 && Math.abs(value) < SMALLEST_HALF) return Math.sign(value) * SMALLEST_HALF;
  return value;
}
