import {
  accuracyOf,
  type CandidateReport,
  CLEANED,
  choose,
  FLOAT,
  frontOf,
  headlineOf,
  originalAccuracy,
  type SearchReport,
} from './search';

/** Why searches cannot be made one, in a sentence for people; null where they can. */
export function whyNotMerged(reports: readonly SearchReport[]): string | null {
  const [first, ...others] = reports;
  if (first === undefined) return 'There is nothing to merge.';
  if (others.some(({ subject }) => subject !== first.subject))
    return 'The searches are not of the same model, data and settings.';
  if (others.some(({ engine }) => engine !== first.engine))
    return 'The searches were run by different engines, whose latencies make no ratio.';
  return null;
}

/**
 * One search of several parts, which several machines or runs found: all candidates, each once, and the choice among
 * them. They must be mergeable.
 */
export function mergeSearches(reports: readonly [SearchReport, ...SearchReport[]]): SearchReport {
  const [first] = reports;
  const byId = new Map<string, CandidateReport>();
  for (const one of reports.flatMap(({ candidates }) => candidates)) {
    const known = byId.get(one.id);
    if (known === undefined || (known.latencyMs === null && one.latencyMs !== null)) byId.set(one.id, one);
  }
  const { measure, maxLoss } = first;
  const all = [...byId.values()];
  const original = originalAccuracy(all);
  const rank = ({ id }: CandidateReport) => [FLOAT, CLEANED, 'int8-all'].indexOf(id) >>> 0;
  const accuracy = (one: CandidateReport) => one.scoreDb ?? accuracyOf(one, measure, original);
  all.sort((a, b) => rank(a) - rank(b) || accuracy(a) - accuracy(b));
  let number = 0;
  const named = all.map((one) => (rank(one) < 3 || one.stored ? one : { ...one, label: `Mix ${++number}` }));
  const front = frontOf(named, measure);
  const chosen = choose(named, maxLoss, measure);
  const cpus = new Set(reports.map(({ cpu }) => cpu));
  return {
    ...first,
    candidates: named.map((one) => ({ ...one, onFront: front.has(one.id) })),
    chosen,
    headline: headlineOf(named, chosen, maxLoss, measure),
    notes: [
      ...new Set([
        ...reports.flatMap(({ notes }) => notes),
        ...(cpus.size > 1
          ? [
              `Candidates were timed on different processors (${[...cpus].join('; ')}): each speed-up is over the cleaned float model on the same one.`,
            ]
          : []),
      ]),
    ],
    seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}
