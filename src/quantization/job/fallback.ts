import { CLEANED, FLOAT, type SearchReport } from '../../protocol/search';
import { ALL } from '../candidate';

/** What a refusal is about: everything in int8, unless that is noise alone; else the most accurate. */
export function fallbackOf({ candidates }: SearchReport): string {
  const made = candidates.filter(({ id }) => id !== FLOAT && id !== CLEANED);
  const all = made.find(({ id }) => id === ALL);
  if (all !== undefined && (all.scoreDb ?? 1) > 0 && (all.accuracy?.sqnrDb ?? 1) > 0) return all.id;
  return made.reduce(
    (a, b) => ((b.scoreDb ?? 0) > (a.scoreDb ?? 0) ? b : a),
    made[0] ?? { id: ALL, scoreDb: 0 },
  ).id;
}
