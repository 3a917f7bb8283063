import { UNKNOWN } from '../protocol/numbers';
import type { DimensionOptions } from '../protocol/options';
import type { Accuracy, Latency } from '../protocol/reports';
import type { AccuracyLimit, Budget, EvaluationData, LatencyLimit } from './budget';
import { apart, type Verdict, written } from './judge';

/** A run that limits need: one model alone, or in turns with a reference. */
export interface MeasureRequest {
  readonly model: string;
  readonly reference: string | null;
  readonly sizes: DimensionOptions;
  readonly data: EvaluationData | null;
  readonly latency: boolean;
  /** As `--device` takes it; null: this computer. */
  readonly device: string | null;
}

/** What came of it; null: nothing of the kind. */
export interface MeasuredFigures {
  /** Of the model alone. */
  readonly latencyMs: Latency | null;
  /** Latency of the model over that of the reference, with the interval of the ratio. */
  readonly relative: { readonly ratio: number; readonly ci95: readonly [number, number] } | null;
  readonly accuracy: Pick<Accuracy, 'top1' | 'top1Agreement' | 'sqnrDb' | 'identical'> | null;
}

export type MeasuredLimit = LatencyLimit | AccuracyLimit;

/** Runs a model; null: it is not to be run now. */
export type Measure = (request: MeasureRequest) => Promise<MeasuredFigures | null>;

/** The run that a limit needs. Limits of a budget with the same reference share one. */
export function requestOf(limit: MeasuredLimit, model: string, { limits, sizes }: Budget): MeasureRequest {
  if (limit.kind === 'latency' && limit.reference === null)
    return { model, reference: null, sizes, data: null, latency: true, device: limit.device };
  const reference = limit.kind === 'latency' ? limit.reference : limit.data.reference;
  const accuracy = limits.find((one) => one.kind === 'accuracy' && one.data.reference === reference);
  const timed = limits.find((one) => one.kind === 'latency' && one.reference === reference);
  return {
    model,
    reference,
    sizes,
    data: accuracy?.kind === 'accuracy' ? accuracy.data : null,
    latency: timed !== undefined,
    device: timed?.kind === 'latency' ? timed.device : null,
  };
}

/** Judges a limit by a run; null: nothing ran. */
export function judgeMeasured(limit: MeasuredLimit, figures: MeasuredFigures | null): Verdict {
  return limit.kind === 'latency' ? judgeLatency(limit, figures) : judgeAccuracy(limit, figures);
}

const NOT_RUN = 'the model has to run for it, which --measure allows.';

function judgeLatency({ most, reference }: LatencyLimit, figures: MeasuredFigures | null): Verdict {
  const unit = reference === null ? ('milliseconds' as const) : ('ratio' as const);
  const asks = `at most ${written(most, unit)}${reference === null ? '' : ' of the reference’s'}`;
  const verdict = { rule: 'latency' as const, asks, limit: most, unit, measured: null, found: UNKNOWN };
  if (figures === null) return { ...verdict, status: 'unmeasured', reason: NOT_RUN };
  const { latencyMs, relative } = figures;
  const value = reference === null ? latencyMs?.median : relative?.ratio;
  const interval = reference === null ? latencyMs?.ci95 : relative?.ci95;
  if (value === undefined || interval === undefined)
    return { ...verdict, status: 'unknown', reason: 'the run gave no latency.' };
  const [low, high] = interval;
  const found = `${apart(value, most, unit)[0]} (${written(low, unit)} to ${written(high, unit)})`;
  if (low > most)
    return {
      ...verdict,
      status: 'over',
      measured: value,
      found,
      over: `${written(value - most, unit)} over`,
    };
  if (high <= most) return { ...verdict, status: 'fits', measured: value, found };
  // Two runs of the same model differ as much: neither side of the limit is shown.
  return {
    ...verdict,
    status: 'unknown',
    measured: value,
    found,
    reason: 'the limit is within the interval of what was measured.',
  };
}

function judgeAccuracy({ measure, least }: AccuracyLimit, figures: MeasuredFigures | null): Verdict {
  const unit = measure === 'sqnr' ? ('decibels' as const) : ('fraction' as const);
  const verdict = {
    rule: measure,
    asks: `at least ${written(least, unit)}`,
    limit: least,
    unit,
    measured: null,
    found: UNKNOWN,
  };
  if (figures === null) return { ...verdict, status: 'unmeasured', reason: NOT_RUN };
  const { accuracy } = figures;
  if (measure === 'sqnr' && accuracy?.identical)
    return { ...verdict, status: 'fits', found: 'no difference' };
  const value =
    measure === 'top-1'
      ? accuracy?.top1?.after
      : measure === 'agreement'
        ? accuracy?.top1Agreement
        : accuracy?.sqnrDb;
  if (value === null || value === undefined)
    return {
      ...verdict,
      status: 'unknown',
      reason:
        measure === 'top-1' && accuracy !== null
          ? 'the data has no labels, or the outputs are no classes.'
          : 'the outputs give no such figure.',
    };
  const [found, asked] = apart(value, least, unit);
  const judged = { ...verdict, asks: `at least ${asked}`, found, measured: value };
  if (value >= least) return { ...judged, status: 'fits' };
  const short =
    unit === 'decibels' ? `${(least - value).toFixed(1)} dB` : `${((least - value) * 100).toFixed(1)} points`;
  return { ...judged, status: 'over', over: `${short} short` };
}
