import { sqnrText } from './accuracies';
import { comparedFigures, THE_SAME } from './figurePairs';
import { isConstant, isConversion } from './minorLayers';
import { formatMs, formatPercent, UNKNOWN } from './numbers';
import type { Comparison, LayerComparison, LayerSide, ModelsComparison } from './reports';
import { speedupText } from './summary';

/** The first model with each of the others, in their order. */
export function comparisonsOf({ others = [], ...first }: ModelsComparison): [Comparison, ...Comparison[]] {
  return [first, ...others];
}

/** The report that holds them all. */
export function modelsComparison([first, ...others]: readonly Comparison[]): ModelsComparison {
  if (first === undefined) throw new Error('No comparison was made.');
  return others.length === 0 ? first : { ...first, others };
}

/** Figures of several models: a label, the first one's, and each other's with what that changed. */
export function figureRows(comparisons: readonly [Comparison, ...Comparison[]]): string[][] {
  const [first] = comparisons;
  const figures = comparisons.map((comparison) => comparedFigures(comparison, comparisons));
  const rows = comparedFigures(first, comparisons).map(({ label, before }, index) => [
    label,
    before,
    ...figures.map((lines) => {
      const line = lines[index];
      if (line === undefined) return '';
      return line.change === THE_SAME || line.change === UNKNOWN
        ? line.after
        : `${line.after} (${line.change})`;
    }),
  ]);
  const row = (label: string, before: string | undefined, after: (one: Comparison) => string | undefined) => {
    const cells = comparisons.map((one) => after(one) ?? '');
    if (cells.some((cell) => cell !== '')) rows.push([label, before ?? '', ...cells]);
  };
  const timed = comparisons.find(({ latencyMs }) => latencyMs !== null)?.latencyMs;
  row('Latency', timed ? formatMs(timed.before.median) : '', ({ latencyMs }) =>
    latencyMs === null ? '' : `${formatMs(latencyMs.after.median)}, ${speedupText(latencyMs.speedup)}`,
  );
  row('SQNR', '', ({ accuracy }) => (accuracy?.sqnrDb !== undefined ? sqnrText(accuracy) : ''));
  row('Same top class', '', ({ accuracy }) =>
    accuracy?.top1Agreement == null ? '' : formatPercent(accuracy.top1Agreement),
  );
  const labelled = comparisons.find(({ accuracy }) => accuracy?.top1)?.accuracy?.top1;
  row('Top-1', labelled && formatPercent(labelled.before), ({ accuracy }) =>
    accuracy?.top1 === undefined ? '' : formatPercent(accuracy.top1.after),
  );
  return rows;
}

/** A layer of the first of several models, or one that only others have. */
export interface AlignedLayer {
  readonly name: string;
  readonly op: string;
  readonly before: LayerSide | null;
  /** What each comparison says of it; null where neither of its two models has it. */
  readonly found: readonly (LayerComparison | null)[];
}

/**
 * The layers of several models in one list, in the order of the first. What others have alone stands where each has it;
 * those of one name and operator in one place are one row.
 */
export function alignedLayers(comparisons: readonly Comparison[]): AlignedLayer[] {
  const rows = new Map<string, AlignedLayer & { found: (LayerComparison | null)[] }>();
  /** Keys of what stands behind each layer of the first model, or at the beginning. */
  const behind = new Map<string, string[]>([['', []]]);
  for (const [index, { layers }] of comparisons.entries()) {
    let last = '';
    for (const layer of layers) {
      const { name, op, before } = layer;
      const own = before?.layer;
      const key = own ? `of ${own.id}` : `${last} ${op} ${name}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { name, op, before: own ? before : null, found: comparisons.map(() => null) };
        rows.set(key, row);
        if (own) behind.set(key, []);
        else behind.get(last)?.push(key);
      }
      row.found[index] = layer;
      if (own) last = key;
    }
  }
  return [...behind].flatMap(([key, more]) => [key, ...more].flatMap((one) => rows.get(one) ?? []));
}

/** Whether a row tells something: one of the models differs there, in more than a conversion or a constant. */
export function isTelling({ found }: AlignedLayer): boolean {
  return found.some(
    (layer) => layer !== null && layer.status !== 'unchanged' && !isConstant(layer) && !isConversion(layer),
  );
}

/** What became of a layer in each of the others: once where it is the same in all. */
export function fates({ found }: AlignedLayer, nameOf: (other: number) => string): string {
  const said = found.map((layer) => layer?.kept ?? layer?.status ?? 'no such layer');
  if (new Set(said).size === 1) return said[0] ?? '';
  return said.map((status, index) => `${nameOf(index)}: ${status}`).join(', ');
}
