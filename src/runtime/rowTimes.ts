import type { EngineProfile, ProfiledRow, ProfilerCost, RowRun } from './engine';
import { median, midmean } from './statistics';

/** What ran took some time, also where the profiler's cost is all that can be seen: about what a call takes. */
const LEAST_MICROSECONDS = 0.1;

/** The rows with those of their last runs that count: `counts` says it of each. Those before were for warming up. */
export function runsThatCount(profile: EngineProfile, counts: readonly boolean[]): ProfiledRow[] {
  return profile.rows.map((row) => ({
    ...row,
    runs: row.runs.slice(-counts.length).filter((_, run) => counts[run]),
  }));
}

/** The profiler cannot have added more to any row than the quickest one took as a whole. */
export function boundedCost(rows: readonly ProfiledRow[], cost: ProfilerCost): ProfilerCost {
  let inside = cost.inside;
  for (const row of rows) {
    const calls = row.runs.filter((run) => run.calls > 0 && run.nested === 0);
    if (calls.length > 0)
      inside = Math.min(inside, midmean(calls.map((run) => run.microseconds / run.calls)));
  }
  return { inside, outside: cost.outside };
}

/** Milliseconds of a row in a run, without what the profiler added; null where it did not run. */
export function rowTime(row: ProfiledRow, cost: ProfilerCost): number | null {
  if (row.runs.every(({ calls }) => calls === 0)) return null;
  return Math.max(LEAST_MICROSECONDS, midmean(row.runs.map((run) => ownTime(run, cost)))) / 1000;
}

/**
 * Sum of the rows of a run / the unprofiled run beside it; the median over runs. In pairs, because whatever else
 * the computer does slows both of them down.
 */
export function profileFactor(
  rows: readonly ProfiledRow[],
  cost: ProfilerCost,
  plainMs: readonly number[],
): number {
  const ratios = plainMs.map((milliseconds, run) => {
    const sum = rows.reduce((total, row) => total + ownTime(row.runs[run] ?? NO_RUN, cost), 0);
    return Math.max(0, sum) / 1000 / milliseconds;
  });
  return median(ratios);
}

const NO_RUN: RowRun = { microseconds: 0, calls: 0, nested: 0 };

function ownTime(run: RowRun, cost: ProfilerCost): number {
  const own = run.microseconds - run.calls * cost.inside - run.nested * cost.outside;
  // A loop of a thousand tiny rows holds little but the profiler's own time, which is not known that exactly.
  return run.nested > 0 ? Math.max(0, own) : own;
}
