import { discard } from '../evaluation/copies';
import { isNearer, type Score } from '../evaluation/judge';
import type { Range } from '../formats/plan';
import type { QuantizedWeights } from '../formats/uniform';
import { itemAt } from '../model/assert';
import type { Assignment } from '../model/precision';
import type { LayerShifts, ShiftMethod } from './biasCorrection';
import type { Int8Base } from './int8Base';
import type { RangeMethod } from './rangeMethods';
import type { Mix } from './searchTask';

/** How an int8 model is made of a base. */
export interface Choice {
  readonly base: Int8Base;
  readonly method: RangeMethod;
  /** By that method. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** Weights rounded with error compensation; null: to the nearest. */
  readonly weights: ReadonlyMap<string, QuantizedWeights> | null;
}

/** A choice as it was tried: what it gives with its biases as they are, and once they are corrected. */
export interface Trial {
  /** Its file with biases as they are; null: it is gone. */
  readonly path: string | null;
  readonly choice: Choice;
  readonly assignment: Assignment;
  readonly impossible: Mix['impossible'];
  readonly uncorrected: Score;
  /** What its layers' means lack; null: that was not observed. */
  readonly shifts: Shifts | null;
  readonly corrected: ReadonlyMap<ShiftMethod, Score>;
}

/** What its layers' means lack, sample by sample. */
export interface Shifts {
  /** On samples that do not judge. */
  readonly fitting: LayerShifts;
  /** On all that corrections are made of in the end; null: not yet. */
  readonly all: LayerShifts | null;
}

/** How a trial's biases are best corrected; null: not at all. */
export interface Best {
  readonly correction: ShiftMethod | null;
  readonly score: Score;
}

/** Those of the corrections that bring outputs nearest; that corrected biases are the right ones needs no proof, that they do harm does. */
export function bestOf({ uncorrected, corrected }: Trial): Best {
  let best: Best | null = null;
  for (const [correction, score] of corrected)
    if (best === null || isNearer(score, best.score)) best = { correction, score };
  return best !== null && !isNearer(uncorrected, best.score)
    ? best
    : { correction: null, score: uncorrected };
}

/** Removes its file. */
export function forget({ path }: Trial): void {
  if (path !== null) discard(path);
}

/**
 * Whether a choice is on average farther from the float model than another one before biases are corrected: what these
 * can mend is alike, and on no shared model did one that was behind come out ahead with significance.
 */
export function isHopeless({ decibels, bySample }: Score, other: Score): boolean {
  if (!Number.isFinite(other.decibels)) return false;
  if (!Number.isFinite(decibels)) return true;
  const lacks = bySample.reduce((sum, own, index) => sum + itemAt(other.bySample, index) - own, 0);
  return lacks > 0;
}

const RANGE_NAMES: Readonly<Record<RangeMethod, string>> = {
  minmax: 'min/max',
  average: 'mean of the samples’ extremes',
  percentile: '99.99th percentile',
  'least error': 'least square error',
};

/** What was done besides rounding to 8 bits, for people. */
export function stepsOf({ base, method, weights }: Choice, correction: ShiftMethod | null): string[] {
  return [
    `channels: ${base.equalized ? 'equalized' : 'as they are'}`,
    `ranges: ${RANGE_NAMES[method]}`,
    `rounding: ${weights === null ? 'nearest' : 'error-compensating'}`,
    `biases: ${correction === null ? 'as they are' : correction}`,
  ];
}

/** A trial in a line of the log. */
export function described(trial: Trial): string {
  const { correction, score } = bestOf(trial);
  return `${stepsOf(trial.choice, correction).join('; ')}: ${score.decibels.toFixed(2)} dB`;
}
