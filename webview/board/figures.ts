import { isRandom, sqnrText } from '../../src/protocol/accuracies';
import { type BoardModel, boardComparisons } from '../../src/protocol/board';
import { type ChangeSize, comparedFigures, latencyChange, THE_SAME } from '../../src/protocol/figurePairs';
import { formatMs, formatPercent, formatRatio, UNKNOWN } from '../../src/protocol/numbers';
import type { Accuracy, Comparison } from '../../src/protocol/reports';

/** What a model has, and what that is to what the first one has; '' where there is nothing to say. */
export interface BoardCell {
  readonly text: string;
  readonly change: string;
  readonly size: ChangeSize | null;
}

export interface BoardLine {
  readonly label: string;
  /** A cell for each model. */
  readonly cells: readonly BoardCell[];
}

const plain = (text: string): BoardCell => ({ text, change: '', size: null });

/** The figures of all models, a line each; those that all have alike are told apart from the others. */
export function boardLines(models: readonly BoardModel[]): { lines: BoardLine[]; same: string[] } {
  const comparisons = boardComparisons(models);
  if (comparisons === null) return { lines: [], same: [] };
  const [head] = comparisons;
  const alone = models.length === 1;
  const columns = alone ? [] : comparisons;
  const figures = columns.map((comparison) => comparedFigures(comparison, comparisons));
  const all = comparedFigures(head, comparisons).map((first, row): BoardLine & { same: boolean } => {
    const lines = figures.flatMap((column) => column[row] ?? []);
    return {
      label: first.label,
      cells: [
        plain(first.before),
        ...lines.map(({ after, change, size }) => ({
          text: after,
          change: change === THE_SAME || change === UNKNOWN ? '' : change,
          size,
        })),
      ],
      same: lines.length > 0 && lines.every(({ change }) => change === THE_SAME),
    };
  });
  return {
    lines: [...measured(columns), ...all.filter(({ same }) => !same)],
    same: all.filter(({ same }) => same).map(({ label, cells }) => `${label} ${cells[0]?.text ?? ''}`),
  };
}

/** Of models that were run; the others have nothing there. */
function measured(columns: readonly Comparison[]): BoardLine[] {
  const line = (
    label: string,
    first: string | undefined,
    cell: (comparison: Comparison) => BoardCell | null,
  ): BoardLine[] => {
    const cells = columns.map(cell);
    if (cells.every((one) => one === null)) return [];
    return [{ label, cells: [plain(first ?? ''), ...cells.map((one) => one ?? plain('not measured'))] }];
  };
  const accuracies = columns.flatMap(({ accuracy }) => accuracy ?? []);
  const timed = columns.find(({ latencyMs }) => latencyMs !== null)?.latencyMs;
  const labelled = accuracies.find(({ top1 }) => top1 !== undefined)?.top1;
  const of = (text: (accuracy: Accuracy) => string | null) => (comparison: Comparison) => {
    const said = comparison.accuracy === null ? null : text(comparison.accuracy);
    return said === null ? null : plain(said);
  };
  const random = accuracies.some(isRandom) ? ' on random inputs' : '';
  return [
    ...line('Latency', timed ? formatMs(timed.before.median) : undefined, ({ latencyMs }) =>
      latencyMs === null
        ? null
        : {
            text: formatMs(latencyMs.after.median),
            change: speedText(latencyMs.speedup),
            size: latencyChange(latencyMs.speedup),
          },
    ),
    ...line(
      'Top-1',
      labelled && formatPercent(labelled.before),
      of(({ top1 }) => (top1 ? formatPercent(top1.after) : null)),
    ),
    ...line(
      `Same top class${random}`,
      undefined,
      of(({ top1Agreement }) => (top1Agreement === null ? null : formatPercent(top1Agreement))),
    ),
    ...line(`SQNR${random}`, undefined, of(sqnrText)),
  ];
}

function speedText({ ratio, ci95, verdict }: NonNullable<Comparison['latencyMs']>['speedup']): string {
  if (verdict === 'no difference measured') return 'no difference';
  return `${formatRatio(ratio)} (${ci95[0].toFixed(2)}–${ci95[1].toFixed(2)})`;
}
