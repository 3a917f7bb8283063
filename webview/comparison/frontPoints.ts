import {
  type AccuracyMeasure,
  accuracyOf,
  type CandidateReport,
  CLEANED,
  FLOAT,
  isWithin,
  LEAST_DB,
  originalAccuracy,
  type SearchReport,
} from '../../src/protocol/search';

/** A candidate as the picture shows it. */
export interface FrontPoint {
  candidate: CandidateReport;
  /** Milliseconds, or bytes where nothing was timed. */
  x: number;
  /** 95 % interval of the latency; null where there is none. */
  interval: [number, number] | null;
  /** Fraction or decibels; Infinity: the outputs are the original's. */
  y: number;
  within: boolean;
}

export interface FrontPicture {
  points: FrontPoint[];
  /** What the horizontal axis is. */
  across: 'latency' | 'size';
  /** Where the limit is on the vertical axis; null: it is about another figure. */
  limit: number | null;
  /** The model's that the others are set against, on the horizontal axis: what is to the left of it is faster or smaller. */
  cleaned: number | null;
}

/**
 * Where candidates are in the picture. Latencies are those of the model that each was timed beside, over their speed-ups. What could not be timed is left out, unless nothing was.
 */
export function frontPicture(
  { candidates, measure }: Pick<SearchReport, 'candidates' | 'measure'>,
  maxLoss: number | null,
  shown: AccuracyMeasure = measure,
): FrontPicture {
  const original = shown === 'agreement' ? 1 : originalAccuracy(candidates);
  const base = referenceOf(candidates);
  const timed = base?.latencyMs != null;
  const points = candidates.flatMap((candidate): FrontPoint[] => {
    const place = timed ? latencyOf(candidate, base.latencyMs?.median ?? 0) : sizeOf(candidate);
    if (place === null) return [];
    const y = accuracyOf(candidate, shown, original);
    return [{ candidate, ...place, y, within: maxLoss === null || isWithin(candidate, maxLoss) }];
  });
  return {
    points,
    across: timed ? 'latency' : 'size',
    limit:
      maxLoss === null || shown !== measure ? null : measure === 'SQNR' ? LEAST_DB : original - maxLoss / 100,
    cleaned: points.find(({ candidate }) => candidate === base)?.x ?? null,
  };
}

/** What speed-ups are over: the cleaned float model, else the original. */
function referenceOf(candidates: readonly CandidateReport[]): CandidateReport | undefined {
  return candidates.find(({ id }) => id === CLEANED) ?? candidates.find(({ id }) => id === FLOAT);
}

function sizeOf({ bytes }: CandidateReport): Pick<FrontPoint, 'x' | 'interval'> {
  return { x: bytes, interval: null };
}

function latencyOf(
  { id, latencyMs, speedupOverCleaned }: CandidateReport,
  cleaned: number,
): Pick<FrontPoint, 'x' | 'interval'> | null {
  if (latencyMs === null) return null;
  if (id === CLEANED || speedupOverCleaned === null) return { x: latencyMs.median, interval: latencyMs.ci95 };
  const { ratio, ci95 } = speedupOverCleaned;
  return { x: cleaned / ratio, interval: [cleaned / ci95[1], cleaned / ci95[0]] };
}

/** The point that a key leads to from another one; the same where there is none on that side. */
export function neighbour(points: readonly FrontPoint[], from: string, key: string): string {
  const sorted = [...points].sort((a, b) => a.x - b.x || b.y - a.y);
  const place = sorted.findIndex(({ candidate }) => candidate.id === from);
  const upward = [...points].sort((a, b) => a.y - b.y || a.x - b.x);
  const height = upward.findIndex(({ candidate }) => candidate.id === from);
  const next = {
    ArrowRight: sorted[place + 1],
    ArrowLeft: sorted[place - 1],
    ArrowUp: upward[height + 1],
    ArrowDown: upward[height - 1],
    Home: sorted[0],
    End: sorted.at(-1),
  }[key];
  return next?.candidate.id ?? from;
}

/** What candidates can be shown by, the one that the limit is about first. */
export function measuresOf({
  candidates,
  measure,
}: Pick<SearchReport, 'candidates' | 'measure'>): AccuracyMeasure[] {
  const scored = candidates.filter(({ accuracy }) => accuracy !== null);
  const has = (known: (candidate: CandidateReport) => boolean) => scored.length > 0 && scored.every(known);
  const others: [AccuracyMeasure, boolean][] = [
    ['top-1', has(({ accuracy }) => accuracy?.top1 !== undefined)],
    ['agreement', has(({ accuracy }) => accuracy?.top1Agreement != null)],
    ['SQNR', true],
  ];
  return [measure, ...others.flatMap(([one, known]) => (known && one !== measure ? [one] : []))];
}

/** How a point is drawn: what it is made of, as a class. */
export function kindOf({ id }: Pick<CandidateReport, 'id'>): 'before' | 'cleaned' | 'after' {
  if (id === FLOAT) return 'before';
  return id === CLEANED ? 'cleaned' : 'after';
}
