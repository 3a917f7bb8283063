import type { Differences, DifferentLayer } from '../analysis/difference/differences';
import { type ComparedNames, comparisonReport } from '../analysis/difference/report';
import type { SideRow } from '../analysis/difference/side';
import type { NodeId } from '../model/nodeId';
import type {
  Accuracy,
  ComparedLatency,
  EngineReport,
  LayerComparison,
  LayerSide,
  MeasuredComparison,
  ProfileReport,
} from '../protocol/reports';

/** Times of a model's rows, nodes in bodies behind the node that they are in; null when nothing was measured. */
export type Times = Pick<ProfileReport, 'layers'> | null;

/** What was measured of two models, besides what can be seen without running them. */
export interface Measured {
  readonly before: Times;
  readonly after: Times;
  readonly latencyMs: ComparedLatency | null;
  readonly engine: string;
  readonly engines: readonly EngineReport[];
  readonly cpu: string;
  readonly threads: number;
  readonly accuracy: Accuracy;
  readonly seconds: number;
  /** By tensor of the first model. */
  readonly sqnr: ReadonlyMap<string, number | null>;
  /** Why layers stayed in float, by the first model's nodes. */
  readonly kept: ReadonlyMap<NodeId, string>;
  readonly warnings: readonly string[];
}

/** The report of two models that ran: what changed, latencies, accuracy, SQNR. */
export function measuredComparison(
  differences: Differences,
  names: ComparedNames,
  measured: Measured,
): MeasuredComparison {
  const { latencyMs, engine, engines, cpu, threads, accuracy, seconds } = measured;
  const report = comparisonReport(differences, names, seconds);
  return {
    ...report,
    latencyMs,
    engine,
    ...(engines.length === 0 ? {} : { engines: [...engines] }),
    cpu,
    threads,
    accuracy,
    layers: differences.layers.map((layer) => measuredLayer(layer, measured)),
    warnings: [...new Set([...report.warnings, ...measured.warnings])],
  };
}

function measuredLayer({ row, other, report }: DifferentLayer, measured: Measured): LayerComparison {
  const reason = row === null ? undefined : measured.kept.get(row.figures.id);
  return {
    ...report,
    before: timed(report.before, row, measured.before),
    after: timed(report.after, other, measured.after),
    sqnrDb: (row === null ? null : sqnrOf(row, measured.sqnr)) ?? null,
    ...(reason === undefined ? {} : { kept: reason }),
  };
}

function timed(side: LayerSide | null, row: SideRow | null, times: Times): LayerSide | null {
  const time = row === null ? undefined : times?.layers[row.index];
  if (side === null || time === undefined) return side;
  const { medianMs, mark, fusedInto, fusedIntoId } = time;
  return {
    ...side,
    medianMs,
    ...(mark === undefined ? {} : { mark }),
    ...(fusedInto === undefined ? {} : { fusedInto }),
    ...(fusedIntoId === undefined ? {} : { fusedIntoId }),
  };
}

/** Names of tensors in bodies are unique in their own graph only. */
function sqnrOf({ figures, place }: SideRow, sqnr: Measured['sqnr']): number | null | undefined {
  if (place.parent !== null) return undefined;
  for (const { name } of figures.outputs) if (sqnr.has(name)) return sqnr.get(name);
  return undefined;
}
