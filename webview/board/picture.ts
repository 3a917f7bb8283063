import type { BoardModel } from '../../src/protocol/board';
import type { Accuracy } from '../../src/protocol/reports';
import {
  type AccuracyMeasure,
  type CandidateReport,
  FLOAT,
  frontOf,
  type SearchReport,
} from '../../src/protocol/search';
import { measuresOf } from '../comparison/frontPoints';

/** What the trade-off picture is drawn from: as of a search, the first model being what the others are set against. */
export type BoardPicture = Pick<SearchReport, 'candidates' | 'measure'> & {
  /** What it can be shown by. */
  readonly measures: AccuracyMeasure[];
};

/** null: fewer than two models were run. What was not run has no place in it. */
export function boardPicture(models: readonly BoardModel[]): BoardPicture | null {
  const [first, ...others] = models;
  const measured = others.filter(({ comparison }) => comparison.accuracy !== null);
  const [one] = measured;
  if (first === undefined || one === undefined) return null;
  const { latencyMs } = measured.find(({ comparison }) => comparison.latencyMs !== null)?.comparison ?? {};
  const before = latencyMs?.before ?? null;
  const reference: CandidateReport = {
    ...NOTHING_SEARCHED,
    id: FLOAT,
    label: first.name,
    bytes: one.comparison.bytes.before,
    latencyMs: before,
    speedupOverCleaned: null,
    accuracy: null,
    scoreDb: null,
  };
  const rest = measured.map(({ id, name, comparison }): CandidateReport => {
    const { accuracy } = comparison;
    return {
      ...NOTHING_SEARCHED,
      id,
      label: name,
      bytes: comparison.bytes.after,
      latencyMs: comparison.latencyMs?.after ?? null,
      speedupOverCleaned: comparison.latencyMs?.speedup ?? null,
      accuracy,
      scoreDb: worstDb(accuracy),
    };
  });
  const candidates = [reference, ...rest];
  const [measure, ...more] = MEASURES.filter((known) =>
    measuresOf({ candidates, measure: 'SQNR' }).includes(known),
  );
  if (measure === undefined) return null;
  const timed = candidates.map((candidate) =>
    candidate === reference && before !== null ? { ...candidate, speedupOverCleaned: ITSELF } : candidate,
  );
  const front = frontOf(timed, measure);
  return {
    candidates: candidates.map((candidate) => ({ ...candidate, onFront: front.has(candidate.id) })),
    measure,
    measures: [measure, ...more],
  };
}

/** What tells most, first. */
const MEASURES: readonly AccuracyMeasure[] = ['top-1', 'agreement', 'SQNR'];

const NOTHING_SEARCHED = { int8Layers: 0, kept: [], onFront: false };

const ITSELF = { ratio: 1, ci95: [1, 1] as [number, number], verdict: 'no difference measured' as const };

/** The worst output decides where one is far worse than all together. */
function worstDb(accuracy: Accuracy | null): number | null {
  return accuracy?.worstOutput?.sqnrDb ?? accuracy?.sqnrDb ?? null;
}
