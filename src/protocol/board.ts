import { comparisonsOf } from './modelTables';
import type { Comparison, ModelsComparison } from './reports';

/** A model on the board, which has a column for each. */
export interface BoardModel {
  /** Lasts while it is on the board. */
  id: string;
  path: string;
  name: string;
  /** Set against the first model of the board; of that one with itself. */
  comparison: Comparison;
  /** What became of its file, or of the first one's, since they were compared. */
  became: 'changed' | 'missing' | null;
}

export interface BoardPage {
  /** The first is what the others are set against. */
  models: BoardModel[];
  /** Why they are not run here, in a sentence: their formats, or an untrusted workspace; else null. */
  cannotRun: string | null;
}

/** Something that can have a column: a path, and how it is called. */
export interface BoardWish {
  readonly path: string;
  readonly name: string;
}

/** What the board's columns say: the others set against the first, or the only one with itself. */
export function boardComparisons(models: readonly BoardModel[]): [Comparison, ...Comparison[]] | null {
  const [first, ...others] = models.map(({ comparison }) => comparison);
  if (first === undefined) return null;
  const [second, ...rest] = others;
  return second === undefined ? [first] : [second, ...rest];
}

/** A run's reports laid over the board: models that were not run keep what they have. */
export function measuredBoard<Model extends Pick<BoardModel, 'comparison'>>(
  models: readonly Model[],
  measured: ModelsComparison,
): Model[] {
  const reports = comparisonsOf(measured);
  return models.map((model, place) => {
    const comparison = place === 0 ? undefined : reports[place - 1];
    return comparison === undefined ? model : { ...model, comparison };
  });
}
