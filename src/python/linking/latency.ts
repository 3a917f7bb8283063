import { formatMs, formatPercent } from '../../protocol/numbers';
import type { LayerLatency, ProfileReport } from '../../protocol/reports';
import type { IndexedRow } from './modelIndex';

/** What was measured of a model's rows. Profiles of earlier versions have names alone; those of several rows say nothing. */
export class RowLatencies {
  private readonly byKey = new Map<string, LayerLatency | null>();

  private readonly named: boolean;

  constructor(readonly report: ProfileReport) {
    this.named = report.layers.some(({ id }) => id === undefined);
    for (const layer of report.layers) {
      const key = layer.id ?? layer.name;
      this.byKey.set(key, this.byKey.has(key) ? null : layer);
    }
  }

  /** `0.041 ms, 3.2 %`: of all rows of a layer together; where it was folded, the row that holds its time. */
  text(rows: readonly IndexedRow[]): string {
    const layers = rows.flatMap(({ id, name }) => this.byKey.get(this.named ? name : id) ?? []);
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
