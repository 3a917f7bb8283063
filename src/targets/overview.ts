import type { Analysis } from '../analysis/inspect';
import { tensorBytes } from '../analysis/tensorBytes';
import type { ModelFile } from '../formats/format';
import { CONTRACT_VERSION } from '../protocol/reports';
import type { TargetReport, TargetsReport } from '../protocol/targets';
import { fitOn } from './devices/fit';
import type { DeviceProfile } from './devices/profiles';
import { onServer, type ServerAssumptions } from './devices/server';
import { targetReport } from './report';
import type { Target } from './target';

/** What is asked of a model's deployment. */
export interface OverviewQuestion {
  readonly targets: readonly Target[];
  readonly devices: readonly DeviceProfile[];
  readonly server: ServerAssumptions;
  /** Measured on the device; null where it was not. */
  readonly runMs: number | null;
}

/** Several targets, devices and a server at once: what `caliper targets` prints. */
export function overview(
  file: ModelFile,
  analysis: Pick<Analysis, 'nodes' | 'inference' | 'report'>,
  question: OverviewQuestion,
): TargetsReport {
  const { report, inference } = analysis;
  let inputBytes: number | null = 0;
  for (const { name } of file.model.graph.inputs) {
    const bytes = tensorBytes(inference.graph.tensors.get(name));
    inputBytes = inputBytes === null || bytes === null ? null : inputBytes + bytes;
  }
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    targets: question.targets.map((target) => withoutFile(targetReport(file, analysis, target))),
    devices: question.devices.map((device) => fitOn(file, report, inference.graph, device)),
    server: onServer(inputBytes, question.runMs, question.server),
  };
}

function withoutFile({ version: _, file: __, ...report }: TargetReport): TargetsReport['targets'][number] {
  return report;
}
