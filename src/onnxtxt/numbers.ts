import { isFloat } from '../model/dataType';
import type { Scalar } from './syntax';

/**
 * The shortest digits that are this number again when they are read as the given type, always with a point or an
 * exponent: `0.1`, `1.0`, `1e-05` is `0.00001`.
 */
export function floatText(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const text = String(single ? shortestSingle(value) : value).replace('e+', 'e');
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/**
 * The shortest decimal that is this float32: 0.1 rather than 0.10000000149011612. Up to six digits always come back
 * from a float32, nine always tell it from its neighbours.
 */
function shortestSingle(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value;
  let shortest = Number(value.toPrecision(9));
  // Most weights need eight digits: they are tried once and then seven, which are too few.
  for (let digits = 8; digits >= 6; digits--) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) !== value) break;
    shortest = shorter;
  }
  return shortest;
}

/** Types below float64 all fit into float32, whose digits are enough for them. */
export function isSingle(element: string): boolean {
  return element !== 'float64' && element !== 'complex128';
}

export function isFloatElement(element: string): boolean {
  return isFloat(element as Parameters<typeof isFloat>[0]);
}

/** A number as an element of a type: bigint for integers. null where a double cannot hold its digits. */
export function scalarOf(value: number, element: string): Scalar | null {
  if (isFloatElement(element)) return value;
  return Number.isSafeInteger(value) ? BigInt(value) : null;
}
