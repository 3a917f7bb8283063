/**
 * Numbers for people, the same on the page and in the terminal: three significant digits, SI prefixes (1 kB is
 * 1000 bytes, as model sizes are published). What is unknown is shown as UNKNOWN, never as 0.
 */
export const UNKNOWN = '—';

type Maybe = number | null | undefined;

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const ENERGY_UNITS = ['pJ', 'nJ', 'µJ', 'mJ', 'J'];
const COUNT_UNITS = ['', 'k', 'M', 'G', 'T', 'P'];

/** `13.9 MB`. */
export function formatBytes(bytes: Maybe): string {
  return isKnown(bytes) ? scaled(bytes, BYTE_UNITS) : UNKNOWN;
}

/** `12.3 µJ`, of picojoules. */
export function formatEnergy(picojoules: Maybe): string {
  return isKnown(picojoules) ? scaled(picojoules, ENERGY_UNITS) : UNKNOWN;
}

/** `3.50 M`; integers below 1000 as they are. */
export function formatCount(count: Maybe): string {
  return isKnown(count) ? scaled(count, COUNT_UNITS) : UNKNOWN;
}

/** `3,504,872`. */
export function formatInteger(count: Maybe): string {
  return isKnown(count) ? Math.round(count).toLocaleString('en-US') : UNKNOWN;
}

/** `5.12 ms`; milliseconds throughout, so that a column can be read down. */
export function formatMs(milliseconds: Maybe): string {
  if (!isKnown(milliseconds)) return UNKNOWN;
  if (milliseconds !== 0 && Math.abs(milliseconds) < 0.001) return '< 0.001 ms';
  return `${Math.abs(milliseconds) < 1 ? milliseconds.toFixed(3) : significant(milliseconds)} ms`;
}

/** `2.61×`. */
export function formatRatio(ratio: Maybe): string {
  return isKnown(ratio) ? `${significant(ratio)}×` : UNKNOWN;
}

/** A fraction as `97.0 %`. */
export function formatPercent(fraction: Maybe): string {
  return isKnown(fraction) ? `${(fraction * 100).toFixed(1)} %` : UNKNOWN;
}

/** `29.4 dB`. */
export function formatDb(decibels: Maybe): string {
  return isKnown(decibels) ? `${decibels.toFixed(1)} dB` : UNKNOWN;
}

/** A total, or `≥ 55.3 k` where only that part of it is known. */
export function formatTotal(total: Maybe, known: number, format: (value: Maybe) => string): string {
  if (isKnown(total)) return format(total);
  return known > 0 ? `≥ ${format(known)}` : UNKNOWN;
}

/** `1×3×224×224`; an empty shape is a scalar. */
export function formatShape(shape: readonly (number | string | null)[] | null | undefined): string {
  if (shape === null || shape === undefined) return UNKNOWN;
  if (shape.length === 0) return 'scalar';
  return shape.map((dimension) => dimension ?? '?').join('×');
}

function isKnown(value: Maybe): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  // 999.5 would be rounded to 1000, so it already takes the next unit.
  while (Math.abs(rest) >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  const digits = unit === 0 && Number.isInteger(rest) ? String(rest) : significant(rest);
  return units[unit] === '' ? digits : `${digits} ${units[unit]}`;
}

/** Three significant digits, all digits of the integer part. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}
