/** What a limit is measured in, and how people write it in `caliper.json`. */
export type Unit = 'bytes' | 'count' | 'fraction' | 'ratio' | 'decibels' | 'milliseconds';

interface Notation {
  /** Factors of the units that may follow the number; '' where none has to. */
  readonly units: Readonly<Record<string, number>>;
  /** A number alone may be at most this. */
  readonly most: number;
  /** How it is written, for the sentence that says what was expected. */
  readonly example: string;
}

/** Above this, integers are no longer told apart. */
const MOST = Number.MAX_SAFE_INTEGER;

const NOTATIONS: Readonly<Record<Unit, Notation>> = {
  bytes: {
    units: {
      ...{ '': 1, B: 1, kB: 1e3, MB: 1e6, GB: 1e9 },
      ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
    },
    most: MOST,
    example: 'bytes as a number, or a text such as "2 MB" or "512 KiB"',
  },
  count: {
    units: { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
    most: MOST,
    example: 'a number, or a text such as "300 M"',
  },
  // 95 without a sign could be meant as 95 %, or as a mistake: only parts of 1 go without.
  fraction: { units: { '%': 0.01 }, most: 1, example: 'a text such as "95 %", or a number from 0 to 1' },
  ratio: {
    units: { '': 1, '×': 1, x: 1, '%': 0.01 },
    most: 1e6,
    example: 'a number, or a text such as "1.1×" or "80 %"',
  },
  decibels: { units: { '': 1, dB: 1 }, most: 1e3, example: 'a number, or a text such as "30 dB"' },
  milliseconds: {
    units: { '': 1, ms: 1, s: 1e3 },
    most: 1e9,
    example: 'milliseconds as a number, or a text such as "12 ms"',
  },
};

/** What is expected where a quantity stands, for people. */
export function exampleOf(unit: Unit): string {
  return NOTATIONS[unit].example;
}

/** The value of what stands in `caliper.json`; null where it is no quantity of this unit. */
export function quantityOf(written: unknown, unit: Unit): number | null {
  const { units, most } = NOTATIONS[unit];
  if (typeof written === 'number') return written >= 0 && written <= most ? written : null;
  if (typeof written !== 'string') return null;
  const [, digits, name = ''] = /^\s*(\d{1,16}(?:\.\d{1,16})?)\s*([A-Za-z%×]*)\s*$/.exec(written) ?? [];
  const factor = Object.hasOwn(units, name) ? units[name] : undefined;
  if (digits === undefined || factor === undefined) return null;
  const value = Number(digits) * factor;
  return value <= MOST ? value : null;
}
