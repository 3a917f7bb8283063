import { worstText } from './accuracies';
import type { Accuracy, Latency, Speedup } from './reports';

/** What a search is given, and what it found: candidates between all layers in int8 and all in float. */

/** Points of top-1, or per cent of the samples whose top class changed, that may be lost unless somebody says otherwise. */
export const DEFAULT_MAX_LOSS = 1;
/** Seconds for finding and measuring candidates, unless somebody says otherwise. */
export const DEFAULT_SEARCH_SECONDS = 60;
/**
 * Signal to noise that outputs have at least where no labels say what is lost: of two classes, or on data that are clear
 * cases, the same class comes out of outputs that are a third noise (12.9 dB of a Teachable Machine model, 9.2 of magika).
 */
export const LEAST_DB = 20;
/** Of fewer samples one that changes its class is more than the limit: then the noise decides, labels or not. */
export const ENOUGH_SAMPLES = 100;

/** What accuracy is told by: the first that the data allow. */
export type AccuracyMeasure = 'top-1' | 'agreement' | 'SQNR';

export interface KeptLayer {
  /** As `inspect` has it. */
  id: string;
  name: string;
  op: string;
  reason: string;
}

/** A layer that loses much in int8, with everything else in float. */
export interface SensitiveLayer {
  /** As `inspect` has it. */
  id: string;
  name: string;
  op: string;
  /** SQNR at what candidates are judged by; null: nothing can be told of it, because it is no finite number. */
  sqnrDb: number | null;
  /** Its part of the errors of all layers. */
  share: number;
  /** What is special about it, for people; null: nothing that was found. */
  cause: string | null;
}

export interface CandidateReport {
  /** `float`, `cleaned`, or a name that follows from the layers in float, the same on every computer. */
  id: string;
  label: string;
  bytes: number;
  /** null: the computer was too busy, or time was over. */
  latencyMs: Latency | null;
  /** null also for the cleaned float model itself. */
  speedupOverCleaned: Speedup | null;
  /** Against the original model; null for that one. */
  accuracy: Accuracy | null;
  /** SQNR before a final Softmax, Sigmoid or ArgMax, by which candidates are judged; that of the outputs where there is none. */
  scoreDb: number | null;
  int8Layers: number;
  /** Layers in float that could be in int8, and why. */
  kept: KeptLayer[];
  /** It is no mix of int8 and float32, so that no search goes on from it: weights are stored in fewer bits, or all is dynamic. */
  stored?: true;
  /** No other candidate is as good in accuracy, latency and size, and better in one. */
  onFront: boolean;
}

export interface SearchReport {
  /** As the reports name it: `uint8/int8`. */
  pair: string;
  engine: string;
  cpu: string;
  threads: number;
  /** SHA-256 of model, data and settings: what may be merged. */
  subject: string;
  maxLoss: number;
  measure: AccuracyMeasure;
  /** Samples that candidates were scored on. */
  samples: number;
  data: string;
  /** The original and the cleaned float model first. */
  candidates: CandidateReport[];
  /** Id of the candidate that is the fastest within the limit; `cleaned`: none of the others is faster. */
  chosen: string;
  /** The choice, in a sentence. */
  headline: string;
  /** The layers that lose most in int8, the most first. Absent: an earlier version searched. */
  sensitivity?: SensitiveLayer[];
  /** Why there is less than could be: out of time, stopped, too busy to time. */
  notes: string[];
  seconds: number;
  /** An earlier search of the same on this computer found it, and nothing was run again. */
  remembered?: true;
}

export const FLOAT = 'float';
export const CLEANED = 'cleaned';

/** The measure that all these candidates have. */
export function measureOf(accuracy: Pick<Accuracy, 'top1' | 'top1Agreement'>): AccuracyMeasure {
  if (accuracy.top1 !== undefined) return 'top-1';
  return accuracy.top1Agreement === null ? 'SQNR' : 'agreement';
}

type Scored = Pick<CandidateReport, 'id' | 'accuracy' | 'scoreDb'>;
type Timed = Scored & Pick<CandidateReport, 'bytes' | 'latencyMs' | 'speedupOverCleaned' | 'stored'>;

/** A model that computes what the original does is as good as can be: no noise has no finite decibels. */
export function accuracyOf(
  { id, accuracy, scoreDb }: Scored,
  measure: AccuracyMeasure,
  original: number,
): number {
  if (id === FLOAT || id === CLEANED) return measure === 'SQNR' ? Number.POSITIVE_INFINITY : original;
  if (accuracy === null) return Number.NEGATIVE_INFINITY;
  if (measure === 'top-1') return accuracy.top1?.after ?? Number.NEGATIVE_INFINITY;
  if (measure === 'agreement') return accuracy.top1Agreement ?? Number.NEGATIVE_INFINITY;
  if (accuracy.identical) return Number.POSITIVE_INFINITY;
  return scoreDb ?? accuracy.sqnrDb ?? Number.NEGATIVE_INFINITY;
}

/** The original's accuracy, as a fraction: 1 where it is what others must agree with. */
export function originalAccuracy(candidates: readonly Scored[]): number {
  return candidates.find(({ accuracy }) => accuracy?.top1 !== undefined)?.accuracy?.top1?.before ?? 1;
}

/** Points or per cent that a candidate loses; null where that is not known. */
export function lossOf({ accuracy }: Scored): number | null {
  if (accuracy === null) return null;
  if (accuracy.top1 !== undefined) return 100 * (accuracy.top1.before - accuracy.top1.after);
  return accuracy.top1Agreement === null ? null : 100 * (1 - accuracy.top1Agreement);
}

/** Sums of fractions are not exact. */
const ROUNDING = 1e-9;

/** It loses no more than the limit. */
export function isWithin(candidate: Scored, maxLoss: number): boolean {
  const { id, accuracy, scoreDb } = candidate;
  if (id === FLOAT || id === CLEANED) return true;
  if (accuracy === null) return false;
  const loss = lossOf(candidate);
  if (loss !== null && loss > maxLoss + ROUNDING) return false;
  if (accuracy.top1 !== undefined && accuracy.samples >= ENOUGH_SAMPLES) return true;
  if (accuracy.identical) return true;
  return (scoreDb ?? accuracy.sqnrDb ?? Number.NEGATIVE_INFINITY) >= LEAST_DB;
}

/** Models that differ in latency by less are as fast as each other: two measurements of one model differ by so much. */
const TIE = 0.02;

/**
 * The fastest candidate within the limit that is no slower than the cleaned float model, and faster or smaller; of those
 * as fast as that one the most accurate. Where nothing was timed, the smallest within the limit. The cleaned float model
 * where there is none.
 */
export function choose(candidates: readonly Timed[], maxLoss: number, measure: AccuracyMeasure): string {
  const original = originalAccuracy(candidates);
  const cleaned = candidates.find(({ id }) => id === CLEANED);
  const smaller = ({ bytes }: Timed) => cleaned === undefined || bytes < cleaned.bytes;
  const made = candidates.filter((one) => one.id !== FLOAT && one.id !== CLEANED && isWithin(one, maxLoss));
  const timed = made.filter(({ speedupOverCleaned }) => speedupOverCleaned !== null);
  const better = (a: Timed, b: Timed) =>
    accuracyOf(b, measure, original) - accuracyOf(a, measure, original) ||
    (b.scoreDb ?? 0) - (a.scoreDb ?? 0) ||
    a.bytes - b.bytes;
  if (timed.length === 0 && candidates.every(({ speedupOverCleaned }) => speedupOverCleaned === null)) {
    // Weights alone in fewer bits are slower on many engines: nothing is said for them but their size.
    const mixes = made.filter((one) => one.stored !== true && smaller(one));
    const [smallest] = mixes.sort((a, b) => a.bytes - b.bytes || better(a, b));
    return smallest?.id ?? CLEANED;
  }
  const ratio = (one: Timed) => one.speedupOverCleaned?.ratio ?? 0;
  const worth = timed.filter(({ speedupOverCleaned, ...one }) => {
    const verdict = speedupOverCleaned?.verdict;
    return verdict === 'faster' || (verdict !== 'slower' && smaller({ speedupOverCleaned, ...one }));
  });
  const fastest = Math.max(...worth.map(ratio));
  const [chosen] = worth.filter((one) => ratio(one) >= fastest * (1 - TIE)).sort(better);
  return chosen?.id ?? CLEANED;
}

/** Ids of the candidates that no other one dominates: in accuracy, latency and size at once. */
export function frontOf(candidates: readonly Timed[], measure: AccuracyMeasure): Set<string> {
  const original = originalAccuracy(candidates);
  const value = (one: Timed) => ({
    accuracy: accuracyOf(one, measure, original),
    // By the ratio over the cleaned model, which was timed beside each.
    ms: one.id === CLEANED ? 1 : one.speedupOverCleaned === null ? null : 1 / one.speedupOverCleaned.ratio,
    bytes: one.bytes,
  });
  const dominates = (a: Timed, b: Timed) => {
    const [x, y] = [value(a), value(b)];
    const faster = x.ms === null || y.ms === null ? 0 : y.ms - x.ms;
    const differences = [x.accuracy === y.accuracy ? 0 : x.accuracy - y.accuracy, faster, y.bytes - x.bytes];
    return differences.every((one) => one >= 0) && differences.some((one) => one > 0);
  };
  const dominated = (one: Timed) => candidates.some((other) => other !== one && dominates(other, one));
  return new Set(candidates.filter((one) => !dominated(one)).map(({ id }) => id));
}

/** The limit as people say it: `1 point of top-1`. */
export function limitText(maxLoss: number, measure: AccuracyMeasure): string {
  if (measure === 'top-1') return `${maxLoss} ${maxLoss === 1 ? 'point' : 'points'} of top-1`;
  if (measure === 'agreement')
    return `${maxLoss} % of the samples in another class and ${LEAST_DB} dB of SQNR at least`;
  return `${LEAST_DB} dB of SQNR at least`;
}

/** What a candidate loses, in words; '' where it is not known. */
export function lossText(candidate: Scored): string {
  const { accuracy, scoreDb } = candidate;
  if (accuracy === null) return '';
  const decibels = scoreDb ?? accuracy.sqnrDb;
  const noise = accuracy.identical
    ? 'identical outputs'
    : decibels === null
      ? ''
      : `${decibels.toFixed(1)} dB`;
  const loss = lossOf(candidate);
  const said =
    loss === null
      ? ''
      : accuracy.top1 !== undefined
        ? loss <= 0
          ? 'no top-1 lost'
          : `${loss.toFixed(1)} points of top-1 lost`
        : `${loss.toFixed(1)} % of the samples in another class`;
  const worst =
    accuracy.worstOutput === undefined ? '' : `at the worst output ${worstText(accuracy.worstOutput)}`;
  return [said, noise, worst].filter((text) => text !== '').join(', ');
}

/** The choice in a sentence. */
export function headlineOf(
  candidates: readonly (Timed & Pick<CandidateReport, 'label' | 'kept'>)[],
  chosen: string,
  maxLoss: number,
  measure: AccuracyMeasure,
): string {
  const limit = limitText(maxLoss, measure);
  const one = candidates.find(({ id }) => id === chosen);
  const timed = candidates.some(({ speedupOverCleaned }) => speedupOverCleaned !== null);
  if (one === undefined || chosen === CLEANED)
    return timed
      ? `Keep the cleaned float: nothing is faster here within that limit (${limit}).`
      : `Keep the cleaned float: nothing is smaller within that limit (${limit}).`;
  const { kept } = one;
  const layers =
    kept.length === 0 ? '' : `, with ${kept.length} ${kept.length === 1 ? 'layer' : 'layers'} in float`;
  const loss = lossText(one);
  const beyond = isWithin(one, maxLoss) ? '' : ' More is lost than that limit allows.';
  if (one.speedupOverCleaned !== null && one.speedupOverCleaned.verdict !== 'faster')
    return `Nothing is faster here within that limit (${limit}), but ${one.label} is as fast as the cleaned float and smaller${layers}${loss === '' ? '' : `: ${loss}`}.${beyond}`;
  const found = timed ? 'fastest found' : 'smallest found, since nothing could be timed,';
  return `${one.label} is the ${found} within ${limit}${layers}${loss === '' ? '' : `: ${loss}`}.${beyond}`;
}
