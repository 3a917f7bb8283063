import type { ModelFile } from '../formats/format';
import type {
  Accuracy,
  ComparedLatency,
  Comparison,
  InspectReport,
  ProfileReport,
} from '../protocol/reports';
import { CONTRACT_VERSION } from '../protocol/reports';
import { compareLayers } from './layerComparison';

/** One of two models, with all that is known of it. */
export interface Side {
  readonly file: ModelFile;
  readonly report: InspectReport;
  /** null when nothing was measured. */
  readonly profile: Pick<ProfileReport, 'layers'> | null;
}

export interface ComparisonParts {
  readonly input: string;
  readonly output: string;
  readonly before: Side;
  readonly after: Side;
  readonly latencyMs: ComparedLatency | null;
  readonly engine: string;
  readonly cpu: string;
  readonly threads: number;
  readonly accuracy: Accuracy;
  readonly seconds: number;
  /** By tensor. */
  readonly sqnr: ReadonlyMap<string, number | null>;
  /** Why layers stayed in float, by name. */
  readonly kept: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

export function comparisonOf(parts: ComparisonParts): Comparison {
  const { before, after } = parts;
  const bytes = ({ report }: Side) => report.fileBytes + report.externalBytes;
  const totals = <K extends 'parameterBytes' | 'peakActivationBytes'>(key: K) => ({
    before: before.report.totals[key],
    after: after.report.totals[key],
  });
  return {
    version: CONTRACT_VERSION,
    input: parts.input,
    output: parts.output,
    bytes: { before: bytes(before), after: bytes(after) },
    parameterBytes: totals('parameterBytes'),
    peakActivationBytes: totals('peakActivationBytes'),
    latencyMs: parts.latencyMs,
    engine: parts.engine,
    cpu: parts.cpu,
    threads: parts.threads,
    accuracy: parts.accuracy,
    seconds: parts.seconds,
    layers: compareLayers(before, after, parts.sqnr, parts.kept),
    warnings: [...new Set(parts.warnings)],
  };
}
