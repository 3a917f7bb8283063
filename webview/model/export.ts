import { layersToCsv } from '../../src/protocol/csv';
import { otherDevice } from '../../src/protocol/deviceNames';
import {
  formatBytes,
  formatCount,
  formatInteger,
  formatMs,
  formatShape,
  formatTotal,
} from '../../src/protocol/numbers';
import type { LayerRow, OpenedModel } from '../../src/protocol/page';
import type { InspectReport, LayerReport, ProfileReport } from '../../src/protocol/reports';

/** The table as CSV, with latencies where there is a profile. */
export function csvOf(rows: readonly LayerRow[], profile: ProfileReport | null): string {
  return layersToCsv(rows, profile);
}

/** What `caliper inspect --json` prints; with a profile, its report beside it. */
export function jsonOf(
  opened: OpenedModel,
  rows: readonly LayerRow[],
  profile: ProfileReport | null,
): string {
  const report: InspectReport = { ...opened.report, layers: nested(rows) };
  return `${JSON.stringify(profile === null ? report : { ...report, profile }, null, 2)}\n`;
}

/** The summary as text, for a message or a ticket. */
export function summaryOf(opened: OpenedModel, profile: ProfileReport | null): string {
  const { fileName, report } = opened;
  const { totals } = report;
  const lines = [
    `${fileName} (${opened.formatName})`,
    `Size ${formatBytes(report.fileBytes + report.externalBytes)}`,
    `Parameters ${formatTotal(totals.parameters, totals.knownParameters, formatInteger)} (${formatTotal(totals.parameterBytes, totals.knownParameterBytes, formatBytes)})`,
    `Layers ${formatInteger(totals.layers)}`,
    `MACs ${formatTotal(totals.macs, totals.knownMacs, formatCount)}`,
    `Peak activation memory ${formatTotal(totals.peakActivationBytes, totals.knownPeakActivationBytes, formatBytes)}${totals.peakNode ? ` at ${totals.peakNode}` : ''}`,
    ...report.inputs.map(
      (input) => `Input ${input.name} ${input.type ?? 'unknown'} ${formatShape(input.shape)}`,
    ),
    ...report.outputs.map(
      (output) => `Output ${output.name} ${output.type ?? 'unknown'} ${formatShape(output.shape)}`,
    ),
  ];
  if (profile !== null) {
    const { median, p90 } = profile.latencyMs;
    const there = otherDevice(profile);
    lines.push(
      `Latency ${[`${formatMs(median)} median`, ...(p90 === null ? [] : [`${formatMs(p90)} p90`])].join(', ')} (${[profile.engine, `threads ${profile.threads}`, profile.cpu, ...(there === null ? [] : [there])].join(', ')})`,
      ...(profile.notes ?? []),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Flat rows back as a tree: a body's layers under their node. */
function nested(rows: readonly LayerRow[]): LayerReport[] {
  const reports = new Map<number, LayerReport>();
  const top: LayerReport[] = [];
  for (const { index, depth: _depth, parent, hasBody, ...layer } of rows) {
    const report: LayerReport = hasBody ? { ...layer, body: [] } : layer;
    reports.set(index, report);
    const siblings = parent === null ? top : reports.get(parent)?.body;
    siblings?.push(report);
  }
  return top;
}
