import { costsNothing } from '../../src/protocol/freeLayers';
import type { TableRow } from '../model/rows';

/** One of the kinds that nodes are told apart by, with its colour as the editor's themes have it. */
export interface ColourClass {
  readonly name: string;
  readonly color: string;
}

/** What nodes are coloured by where it is no sum: a class for each layer. */
export interface Classes {
  readonly id: string;
  readonly label: string;
  readonly classes: readonly ColourClass[];
  /** Place among the classes; null where a layer has none, or is not counted. */
  place(row: TableRow): number | null;
  /** What is said of a layer. */
  text(row: TableRow): string;
  /** What a module that is shut shows of what is in it: the most frequent class, or the first that there is. */
  readonly group: 'largest' | 'first';
}

/** Element types that are told apart. */
const TYPES = [
  { name: 'float32', color: 'var(--vscode-charts-blue)', has: (type: string) => /^float(32|64)$/.test(type) },
  { name: 'float16', color: 'var(--vscode-charts-purple)', has: (type: string) => /float/.test(type) },
  { name: '8 bit', color: 'var(--vscode-charts-green)', has: (type: string) => /^u?int8$/.test(type) },
  { name: '4 bit', color: 'var(--vscode-charts-yellow)', has: (type: string) => /^u?int[24]$/.test(type) },
  { name: 'others', color: 'var(--vscode-descriptionForeground)', has: () => true },
] as const;

/** Place among the types; null where the type is not known. */
function typeOf(type: string | null | undefined): number | null {
  return type ? TYPES.findIndex(({ has }) => has(type)) : null;
}

/** Whether a tensor's numbers are stored as those of a quantized network. */
export function isQuantized(type: string | null | undefined): boolean {
  const place = typeOf(type);
  return place === 2 || place === 3;
}

export const PRECISION: Classes = {
  id: 'precision',
  label: 'Precision',
  classes: TYPES,
  place: (row) => (costsNothing(row) ? null : typeOf(row.outputs[0]?.type)),
  text: (row) => row.outputs[0]?.type ?? '',
  group: 'largest',
};
