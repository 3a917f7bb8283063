import { formatMs, formatPercent } from '../../protocol/numbers';
import type { LayerLatency, ProfileReport } from '../../protocol/reports';
import type { IndexedRow } from './modelIndex';

/** What was measured of a model's rows; names that are not unique say nothing of either. */
export class RowLatencies {
  private readonly byName = new Map<string, LayerLatency | null>();

  constructor(readonly report: ProfileReport) {
    for (const layer of report.layers)
      this.byName.set(layer.name, this.byName.has(layer.name) ? null : layer);
  }

  /** `0.041 ms, 3.2 %`: of all rows of a layer together; where it was folded, the row that holds its time. */
  text(rows: readonly IndexedRow[]): string {
    const layers = rows.flatMap(({ name }) => this.byName.get(name) ?? []);
    const timed = layers.flatMap(({ medianMs, share }) => (medianMs === null ? [] : [{ medianMs, share }]));
    if (timed.length > 0) {
      const ms = timed.reduce((sum, { medianMs }) => sum + medianMs, 0);
      const share = timed.reduce((sum, one) => sum + (one.share ?? 0), 0);
      return `${formatMs(ms)}, ${formatPercent(share)}`;
    }
    const into = layers.find(({ fusedInto }) => fusedInto !== undefined)?.fusedInto;
    return into === undefined ? '—' : `in ${into}`;
  }
}
