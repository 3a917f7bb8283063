import type { ModelFile } from '../formats/format';
import { UNKNOWN } from '../protocol/numbers';
import type { CheckReport } from '../protocol/reports';
import { check } from '../targets/checks';
import { wholeTargets } from '../targets/targets';
import type { TargetLimit } from './budget';
import type { Verdict } from './judge';

/** Checks a model against a deployment target; null: there is no target of this name. */
export type CheckTarget = (
  file: ModelFile,
  target: string,
) => Pick<CheckReport, 'rules' | 'targetName'> | null;

/** By the targets that `caliper check --target` knows. */
export const checkTarget: CheckTarget = (file, id) => {
  const target = wholeTargets.find((one) => one.id === id);
  return target === undefined ? null : check(file, target);
};

/** Judges whether a target takes a model. */
export function judgeTarget({ target }: TargetLimit, report: ReturnType<CheckTarget>): Verdict {
  const verdict = {
    rule: 'target' as const,
    subject: target,
    asks: 'no rule fails',
    limit: 0,
    unit: 'count',
    found: UNKNOWN,
    measured: null,
  };
  if (report === null)
    return {
      ...verdict,
      status: 'unknown',
      reason: `there is no target "${target}" that can be checked here.`,
    };
  const failed = report.rules.filter(({ status }) => status === 'fail');
  const open = report.rules.filter(({ status }) => status === 'unknown');
  const found = `${failed.length} of ${report.rules.length} rules fail`;
  if (failed.length > 0)
    return {
      ...verdict,
      status: 'over',
      found,
      measured: failed.length,
      over: failed.map(({ reason }) => reason).join(' '),
      help: failed.flatMap(({ fix }) => fix ?? []),
    };
  if (open.length > 0)
    return { ...verdict, status: 'unknown', found, reason: open.map(({ reason }) => reason).join(' ') };
  return { ...verdict, status: 'fits', found, measured: 0 };
}
