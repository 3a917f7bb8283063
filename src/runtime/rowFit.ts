import { FIT_NOTE } from '../protocol/profileMarks';
import type { LayerLatency, ProfileReport, RowMark } from '../protocol/reports';

export interface Rows {
  readonly layers: LayerLatency[];
  readonly added: ProfileReport['added'];
}

/** Rows that add up to so much of the whole are scaled to it without a mark: two sessions of a model can differ as much. */
const FITS = 1.25;
/** Beyond it the rows do not explain the whole: something takes time that no row has, or they took it elsewhere. */
const EXPLAINS = 1.5;

/** What rows added up to when they were measured. */
export interface Sum {
  /** Milliseconds. */
  readonly rowsMs: number;
  /** That over the latency of the runs beside them. */
  readonly factor: number;
}

/** How the rows lie to the runs beside them and to the whole, whichever is farther; undefined: they fit. */
export function markOf({ rowsMs, factor }: Sum, wholeMs: number): RowMark | undefined {
  const ratio = fartherRatio({ rowsMs, factor }, wholeMs);
  const apart = Math.max(ratio, 1 / ratio);
  if (apart <= FITS) return undefined;
  return apart <= EXPLAINS ? 'scaled' : 'unscaled';
}

/** What the rows are of the runs beside them, or of the whole, whichever is farther from 1. */
function fartherRatio({ rowsMs, factor }: Sum, wholeMs: number): number {
  const whole = rowsMs / wholeMs;
  const apart = (ratio: number) => Math.max(ratio, 1 / ratio);
  return apart(whole) > apart(factor) ? whole : factor;
}

/**
 * The rows scaled so that they add up to the whole, with their shares and marks; or, where they do not explain it, as
 * they were measured and without shares.
 */
export function fitRows({ layers, added }: Rows, measured: Sum, wholeMs: number): Rows {
  const sum = [...layers, ...added].reduce((total, { medianMs }) => total + (medianMs ?? 0), 0);
  const mark = markOf(measured, wholeMs);
  const target = mark === 'unscaled' ? measured.rowsMs : wholeMs;
  const fit = <T extends LayerLatency>({ mark: _, ...row }: T, medianMs: number) => ({
    ...row,
    medianMs: sum > 0 ? (medianMs * target) / sum : 0,
    share: mark === 'unscaled' || sum === 0 ? null : medianMs / sum,
    ...(mark === undefined ? {} : { mark }),
  });
  return {
    layers: layers.map((row) => (row.medianMs === null ? row : fit(row, row.medianMs))),
    added: added.map((row) => fit(row, row.medianMs)),
  };
}

/** What a reader of rows that do not fit must know; null: they fit. */
export function fitNote(measured: Sum, wholeMs: number): string | null {
  const mark = markOf(measured, wholeMs);
  if (mark === undefined) return null;
  const sum = `${FIT_NOTE} ${part(fartherRatio(measured, wholeMs))} of the latency`;
  return mark === 'scaled'
    ? `${sum}, to which they are scaled: their times are less certain than usual.`
    : `${sum} and do not explain it: they are shown as they were measured, and without shares.`;
}

/** Two digits, however small. */
function part(fraction: number): string {
  return fraction >= 0.1 ? fraction.toFixed(2) : fraction.toPrecision(2);
}
