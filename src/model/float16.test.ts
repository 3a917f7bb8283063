import { describe, expect, it } from 'vitest';
import { fromBfloat16s, fromHalves, toBfloat16s, toHalf, toHalves } from './float16';

/** All 65,536. */
const CODES = Uint16Array.from({ length: 1 << 16 }, (_, code) => code);

/** A float of 16 bits as IEEE 754 defines it. */
function defined(code: number, fractionBits: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponentBits = 15 - fractionBits;
  const exponent = (code & 0x7fff) >> fractionBits;
  const fraction = (code & ((1 << fractionBits) - 1)) / (1 << fractionBits);
  const highest = (1 << exponentBits) - 1;
  const bias = highest >> 1;
  if (exponent === highest) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

describe.each([
  { name: 'float16', fractionBits: 10, infinity: 0x7c00, from: fromHalves, to: toHalves },
  { name: 'bfloat16', fractionBits: 7, infinity: 0x7f80, from: fromBfloat16s, to: toBfloat16s },
])('$name', ({ fractionBits, infinity, from, to }) => {
  const values = Float64Array.from(CODES, (code) => defined(code, fractionBits));

  it('reads every code as IEEE 754 defines it', () => {
    const wrong = [...from(CODES)].flatMap((value, code) => (Object.is(value, values[code]) ? [] : [code]));
    expect(wrong).toEqual([]);
  });

  it('writes every number that has a code as that, and every NaN as one', () => {
    for (const given of [values, Float32Array.from(values)]) {
      const written = to(given);
      const wrong = CODES.filter((code) => {
        const back = written[code] ?? 0;
        return Number.isNaN(values[code]) ? (back & 0x7fff) <= infinity : back !== code;
      });
      expect([...wrong]).toEqual([]);
    }
  });

  it('takes the nearest, of two the even one, and infinity from halfway behind the largest on', () => {
    const wrong: number[] = [];
    const check = (value: number, code: number) => {
      const [up, down] = to([value, -value]);
      if (up !== code || down !== (code | 0x8000)) wrong.push(value);
    };
    for (let code = 0; code < infinity; code++) {
      const low = values[code] ?? Number.NaN;
      const step = low - (values[code - 1] ?? 0);
      // Behind the largest lies what would be next.
      const high = code + 1 === infinity ? low + step : (values[code + 1] ?? Number.NaN);
      const middle = (low + high) / 2;
      check(middle, code + (code % 2));
      // So near the middle that a float32 cannot tell it from the middle.
      check(middle * (1 - 2 ** -40), code);
      check(middle * (1 + 2 ** -40), code + 1);
      check(low + (high - low) * 0.49, code);
      check(low + (high - low) * 0.51, code + 1);
    }
    expect(wrong).toEqual([]);
    check(Number.MAX_VALUE, infinity);
    check(Number.POSITIVE_INFINITY, infinity);
    check(Number.MIN_VALUE, 0);
    check(0, 0);
    expect(wrong).toEqual([]);
  });
});

it('keeps the payload of a NaN that is read as float16', () => {
  const words = new Uint32Array(fromHalves([0x7c01, 0xfdff, 0x7e00]).buffer);
  expect([...words]).toEqual([0x7f802000, 0xffbfe000, 0x7fc00000]);
});

it.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [Number.NaN, 0x7e00],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [1 + 3 * 2 ** -11, 0x3c02],
  [2047.5, 0x6800],
  [0.1, 0x2e66],
])('%d is %d in float16', (value, bits) => {
  expect(toHalf(value)).toBe(bits);
});
