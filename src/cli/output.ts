import { printable } from './table';

/** Columns of the terminal; null where output goes to a file or another program, which want whole names. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? process.stdout.columns : null;
}

export function print(text: string): void {
  process.stdout.write(text);
}

export function printJson(report: object): void {
  print(`${JSON.stringify(report, null, 2)}\n`);
}

/** Lines `label   value`, labels padded to the same width; lines without a value are left out. */
export function facts(lines: readonly (readonly [label: string, value: string | null])[]): string {
  const known = lines.filter(([, value]) => value !== null && value !== '');
  const width = Math.max(...known.map(([label]) => label.length));
  return known.map(([label, value]) => `${label.padEnd(width)}  ${printable(value ?? '')}\n`).join('');
}
