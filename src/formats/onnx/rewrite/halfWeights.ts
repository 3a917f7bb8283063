import { LARGEST_HALF, SMALLEST_HALF, toHalf } from '../../../model/float16';
import type { TensorProto } from '../onnx_pb';
import { floatParts } from '../reading/tensorData';

/** Constants beyond this stand for infinity, such as the −3.4e38 of attention masks: the largest float16 does as well. */
export const STANDS_FOR_INFINITY = 1e30;

/** Values that are all below the smallest normal float16 lose their places one after the other. */
export const SMALLEST_NORMAL = 2 ** -14;

/** A constant that keeps less than 20 dB of itself (one digit) means something else in float16, such as an epsilon of 1e-12. */
const LARGEST_LOSS = 0.01;

const TOO_LARGE = 'too large';
const TOO_SMALL = 'too small';

/** Bits of the first float32 number that is normal in float16, 2^-14, and of the first behind those below 65504, the largest. */
const FIRST_NORMAL = 0x3880_0000;
const NORMAL_END = 0x477f_e000;

/** A float32 constant on its way to float16, and what is lost on it: known once all parts were taken. */
export class HalfWeight {
  private hasTooLarge = false;
  /** Of the first element that is lost by itself. */
  private firstProblem: string | null = null;
  /** Squares of what is lost of the numbers below the normal ones, summed. */
  private noise = 0;

  constructor(private readonly tensor: TensorProto) {}

  /** The bytes of the float16 tensor, part by part; each part is valid until the next. */
  *parts(): Generator<Uint8Array> {
    let halves: Uint16Array | undefined;
    for (const part of floatParts(this.tensor, 'float32')) {
      // The first part is as large as any.
      halves ??= new Uint16Array(part.length);
      this.convert(part, halves);
      yield new Uint8Array(halves.buffer, 0, 2 * part.length);
    }
  }

  /**
   * Why the constant cannot be float16; null where it can. A few weights that vanish beside large ones change nothing; a
   * constant that is lost as a whole does, and so does every element that works `alone`.
   */
  problem(alone: boolean): string | null {
    const problem = alone && this.firstProblem !== null ? this.firstProblem : this.problemOfAll();
    return problem === null ? null : `values of ${this.tensor.name} are ${problem} for float16`;
  }

  private problemOfAll(): string | null {
    if (this.hasTooLarge) return TOO_LARGE;
    return this.noise > 0 && this.outweighs() ? TOO_SMALL : null;
  }

  /** Whether so much lost is too much: the first elements are nearly always enough to say no. */
  private outweighs(): boolean {
    let signal = 0;
    for (const part of floatParts(this.tensor, 'float32')) {
      for (const value of part) {
        const size = Math.abs(value);
        if (size < STANDS_FOR_INFINITY) signal += size * size;
        if (this.noise <= LARGEST_LOSS * signal) return false;
      }
    }
    return true;
  }

  /** Nearly all weights are normal numbers in both types: their bits are rounded as they are. */
  private convert(values: Float32Array, halves: Uint16Array): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number;
      const size = word & 0x7fff_ffff;
      halves[i] =
        size >= FIRST_NORMAL && size < NORMAL_END
          ? ((word >>> 16) & 0x8000) | ((size - 0x3800_0000 + 0x0fff + ((size >>> 13) & 1)) >>> 13)
          : this.convertOdd(values[i] as number);
    }
  }

  private convertOdd(value: number): number {
    const size = Math.abs(value);
    if (size > LARGEST_HALF && size < STANDS_FOR_INFINITY) {
      this.hasTooLarge = true;
      this.firstProblem ??= TOO_LARGE;
    } else if (size < SMALLEST_NORMAL) {
      const lost = (size - Math.round(size / SMALLEST_HALF) * SMALLEST_HALF) ** 2;
      this.noise += lost;
      if (lost > LARGEST_LOSS * size * size) this.firstProblem ??= TOO_SMALL;
    }
    return toHalf(representable(value));
  }
}

/** Too large becomes the largest; too small becomes the smallest: an epsilon must not become 0. */
function representable(value: number): number {
  if (Math.abs(value) > LARGEST_HALF) return Math.sign(value) * LARGEST_HALF;
  if (value !== 0 && Math.abs(value) < SMALLEST_HALF) return Math.sign(value) * SMALLEST_HALF;
  return value;
}
