/** Values that readers stumble over, whatever field they stand in. */

export type Random = () => number;

/** A whole number below a bound. */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}

/** Names that objects have already, paths that lead out, what terminals and pages take for more than text. */
export const ODD_NAMES: readonly string[] = [
  '',
  ...[
    'constructor',
    'toString',
    '__proto__',
    'prototype',
    'hasOwnProperty',
    'valueOf',
    'isPrototypeOf',
    'length',
  ],
  ...['../../etc/passwd', '/etc/passwd', '..\\..\\x', 'a/../b', '.', 'C:\\x'],
  ...[
    '\u001b[31mred',
    '\u202egnp',
    'a\u0000b',
    'a\nb',
    '[x](command:y)',
    '$(zap)',
    '</script>',
    '-1',
    '1e9',
    '%',
  ],
  'x'.repeat(300),
];

const ODD_INTEGERS: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 7n, 8n, 16n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, 1_000_000n],
  ...[
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 62n,
    2n ** 63n - 1n,
  ],
];

const ODD_FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e-45,
  3e38,
];

/** Within the bounds of a type, small ones more often, since only they are sizes and indices of anything. */
export function oddInteger(random: Random, min: bigint, max: bigint): bigint {
  if (random() < 0.5) return BigInt(below(random, 9)) - (min < 0n ? 2n : 0n);
  const value = pick(random, ODD_INTEGERS) * (min < 0n && random() < 0.4 ? -1n : 1n);
  if (value < min) return min;
  return value > max ? max : value;
}

export function oddFloat(random: Random): number {
  return pick(random, ODD_FLOATS);
}

/** @param words that mean something in such a file */
export function oddText(random: Random, words: readonly string[]): string {
  return words.length > 0 && random() < 0.7 ? pick(random, words) : pick(random, ODD_NAMES);
}

export function oddBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: pick(random, [0, 1, 3, 4, 8, 17]) }, () => below(random, 256));
}
