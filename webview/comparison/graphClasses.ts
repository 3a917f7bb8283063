import { formatDb } from '../../src/protocol/numbers';
import type { LayerComparison, LayerStatus } from '../../src/protocol/reports';
import { type Classes, PRECISION } from '../graph/classes';

/** By status, what tells most first: a module that is shut shows it. */
const STATUSES: readonly { name: LayerStatus; color: string; mark: string }[] = [
  { name: 'removed', color: 'var(--vscode-gitDecoration-deletedResourceForeground)', mark: '− ' },
  { name: 'added', color: 'var(--vscode-gitDecoration-addedResourceForeground)', mark: '+ ' },
  { name: 'changed', color: 'var(--vscode-gitDecoration-modifiedResourceForeground)', mark: '~ ' },
  { name: 'folded', color: 'var(--vscode-charts-purple)', mark: '» ' },
  { name: 'unchanged', color: 'var(--vscode-descriptionForeground)', mark: '' },
];

/** Decibels, the worst first. */
const BANDS = [
  { name: 'below 10 dB', below: 10, color: 'var(--vscode-charts-red)' },
  { name: '10 to 20 dB', below: 20, color: 'var(--vscode-charts-orange)' },
  { name: '20 to 30 dB', below: 30, color: 'var(--vscode-charts-yellow)' },
  { name: '30 dB and more', below: Number.POSITIVE_INFINITY, color: 'var(--vscode-charts-green)' },
  { name: 'not compared', below: Number.NEGATIVE_INFINITY, color: 'var(--vscode-descriptionForeground)' },
];

/** What the one graph of two models can be coloured by, besides figures. */
export function comparedClasses(layers: readonly LayerComparison[]): Classes[] {
  const at = (row: { index: number }) => layers[row.index];
  const change: Classes = {
    id: 'status',
    label: 'Change',
    classes: STATUSES,
    place: (row) => STATUSES.findIndex(({ name }) => name === at(row)?.status),
    text: (row) => at(row)?.status ?? '',
    group: 'first',
  };
  const sqnr: Classes = {
    id: 'sqnr',
    label: 'SQNR',
    classes: BANDS,
    place: (row) => {
      const decibels = at(row)?.sqnrDb ?? null;
      return decibels === null ? null : BANDS.findIndex(({ below }) => decibels < below);
    },
    text: (row) => formatDb(at(row)?.sqnrDb),
    group: 'first',
  };
  return [change, ...(layers.some(({ sqnrDb }) => sqnrDb !== null) ? [sqnr] : []), PRECISION];
}

/** What stands before a layer's name, so that no colour must be told from another. */
export function statusMark(status: LayerStatus | undefined): string {
  return STATUSES.find(({ name }) => name === status)?.mark ?? '';
}
