import type { Analysis } from '../analysis/inspect';
import type { ModelFile } from '../formats/format';
import { formatPercent, UNKNOWN } from '../protocol/numbers';
import type { TargetReport } from '../protocol/targets';
import { targetReport } from '../targets/report';
import { targetOf } from '../targets/targets';
import type { TargetLimit } from './budget';
import { apart, type Verdict } from './judge';

/** What a deployment target says of a model. */
export type CheckTarget = (file: ModelFile, analysis: Analysis, target: string) => JudgedTarget;

/** What of it limits look at. */
export interface JudgedTarget extends Pick<TargetReport, 'rules' | 'layers' | 'summary' | 'changes'> {
  /** It takes files of this format. */
  readonly takes: boolean;
}

/** By the tables of targets that `caliper targets` prints. */
export const checkTarget: CheckTarget = (file, analysis, id) => {
  const target = targetOf(id);
  return { ...targetReport(file, analysis, target), takes: target.formats.includes(file.format.id) };
};

/** Changes that are told; the tables of `caliper targets` have all. */
const TOLD = 3;

/** Judges whether a target takes a model, and enough of its layers. */
export function judgeTarget(limit: TargetLimit, report: JudgedTarget): Verdict {
  const { rules, layers } = report;
  const verdict = {
    rule: 'target' as const,
    subject: limit.target,
    asks:
      limit.least === null ? 'all of it runs there' : `at least ${formatPercent(limit.least)} of the MACs`,
    limit: limit.least,
    unit: 'fraction',
    found: UNKNOWN,
    measured: null,
  };
  const failed = rules.filter(({ status }) => status === 'fail');
  const open = rules.filter(({ status }) => status === 'unknown');
  if (failed.length > 0)
    return {
      ...verdict,
      status: 'over',
      found: `${failed.length} of ${rules.length} rules fail`,
      over: failed.map(({ reason }) => reason).join(' '),
      help: failed.flatMap(({ fix }) => fix ?? []),
    };
  if (!report.takes)
    return { ...verdict, status: 'over', found: 'another format', over: 'it takes no files of this format' };
  if (open.length > 0)
    return { ...verdict, status: 'unknown', reason: open.map(({ reason }) => reason).join(' ') };
  if (layers !== null) return judgeLayers(limit, report, verdict);
  if (rules.length > 0 && limit.least === null)
    return { ...verdict, status: 'fits', found: `all ${rules.length} rules pass` };
  return { ...verdict, status: 'unknown', reason: 'nothing public says where its layers run.' };
}

function judgeLayers(
  { least }: TargetLimit,
  { layers, summary, changes = [] }: JudgedTarget,
  verdict: Omit<Verdict, 'status'>,
): Verdict {
  const { fallsBack = 0, unknown = 0, share = null, macs = null, macsThere = 0, there = 0 } = summary ?? {};
  const help = changes.slice(0, TOLD).map(({ fix, ops }) => `${ops.join(', ')}: ${fix}`);
  const over = { ...verdict, status: 'over' as const, measured: share, help };
  const open = (reason: string): Verdict => ({ ...verdict, status: 'unknown', reason });
  const undocumented = 'of some layers nothing public says where they run.';
  if (least === null) {
    if (fallsBack > 0)
      return {
        ...over,
        found: share === null ? `${there} layers` : `${formatPercent(share)} of the MACs`,
        over: fallsBack === 1 ? '1 layer does not run there' : `${fallsBack} layers do not run there`,
      };
    if (unknown > 0) return open(undocumented);
    return { ...verdict, status: 'fits', measured: share, found: `${there} of ${there} layers` };
  }
  if (share === null || macs === null) return open('the multiply-accumulates of some layers are not known.');
  const unsure = (layers ?? []).reduce((sum, one) => sum + (one.where === 'unknown' ? one.knownMacs : 0), 0);
  const most = (macsThere + unsure) / macs;
  if (share >= least) return { ...verdict, status: 'fits', measured: share, found: formatPercent(share) };
  if (most >= least) return open(undocumented);
  const [found] = apart(most, least, 'fraction');
  return {
    ...over,
    found: most > share ? `at most ${found}` : found,
    measured: most > share ? null : share,
    over: `${((least - most) * 100).toFixed(1)} points short`,
  };
}
