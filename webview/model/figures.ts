import { formatBytes, formatCount, formatMs } from '../../src/protocol/numbers';
import type { TableRow } from './rows';

export type FigureId = 'parameters' | 'parameterBytes' | 'activationBytes' | 'macs' | 'latency';

/** A figure that every layer has: the same name, colour and unit in table, chart and cards. */
export interface Figure {
  id: FigureId;
  label: string;
  description: string;
  color: string;
  value(row: TableRow): number | null;
  format(value: number | null): string;
}

export const FIGURES: readonly Figure[] = [
  {
    id: 'parameters',
    label: 'Parameters',
    description:
      'Elements of the weight tensors that reach the layer; a tensor that several layers share counts at each',
    color: 'var(--vscode-charts-blue)',
    value: (row) => row.parameters,
    format: formatCount,
  },
  {
    id: 'parameterBytes',
    label: 'Weights',
    description: 'Bytes of the weights as they are stored',
    color: 'var(--vscode-charts-blue)',
    value: (row) => row.parameterBytes,
    format: formatBytes,
  },
  {
    id: 'activationBytes',
    label: 'Activations',
    description: 'Bytes of the layer’s outputs, constants excluded',
    color: 'var(--vscode-charts-purple)',
    value: (row) => row.activationBytes,
    format: formatBytes,
  },
  {
    id: 'macs',
    label: 'MACs',
    description: 'Multiply-accumulates of one run (one multiply and one add count as 1)',
    color: 'var(--vscode-charts-green)',
    value: (row) => row.macs,
    format: formatCount,
  },
  {
    id: 'latency',
    label: 'Latency',
    description:
      'From the engine’s profile, scaled to the median of the unprofiled runs; ≈ where that changed it much',
    color: 'var(--orange)',
    value: (row) => row.latency?.medianMs ?? null,
    format: formatMs,
  },
];

export function figure(id: FigureId): Figure {
  const found = FIGURES.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is no figure ${id}.`);
  return found;
}
