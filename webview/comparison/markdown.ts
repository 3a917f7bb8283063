import { formatBytes, formatDb, formatMs, formatPercent, formatRatio } from '../../src/protocol/numbers';
import type { ComparisonPage } from '../../src/protocol/page';
import { verdict, verdictOverCleaned } from './verdict';

/** The comparison for a pull request or a ticket. */
export function markdownOf({ comparison, beforeName, afterName }: ComparisonPage): string {
  const { bytes, parameterBytes, peakActivationBytes, latencyMs, accuracy } = comparison;
  const rows: [string, string, string][] = [
    ['File size', formatBytes(bytes.before), formatBytes(bytes.after)],
    ['Weights', formatBytes(parameterBytes.before), formatBytes(parameterBytes.after)],
    [
      'Peak activation memory',
      formatBytes(peakActivationBytes.before),
      formatBytes(peakActivationBytes.after),
    ],
  ];
  if (latencyMs !== null) {
    rows.push(['Latency', formatMs(latencyMs.before.median), formatMs(latencyMs.after.median)]);
    if (latencyMs.cleaned) {
      const after = latencyMs.speedupOverCleaned
        ? `${formatRatio(latencyMs.speedupOverCleaned.ratio)} speed`
        : '';
      rows.push(['Latency, cleaned float', formatMs(latencyMs.cleaned.median), after]);
    }
  }
  rows.push(['SQNR', '', accuracy.identical ? 'identical' : formatDb(accuracy.sqnrDb)]);
  if (accuracy.top1Agreement !== null) rows.push(['Agreement', '', formatPercent(accuracy.top1Agreement)]);
  if (accuracy.top1) {
    rows.push(['Top-1', formatPercent(accuracy.top1.before), formatPercent(accuracy.top1.after)]);
  }
  return [
    verdict(comparison),
    verdictOverCleaned(comparison),
    '',
    `| | ${cell(beforeName)} | ${cell(afterName)} |`,
    '|---|---:|---:|',
    ...rows.map(([name, before, after]) => `| ${name} | ${before} | ${after} |`),
    '',
    `${comparison.engine}, ${comparison.cpu}, ${comparison.threads === 1 ? '1 thread' : `${comparison.threads} threads`}; ${accuracy.samples} samples of ${cell(accuracy.data)}`,
    ...comparison.warnings.map((warning) => `- ${warning}`),
    '',
  ]
    .filter((line, place) => place !== 1 || line !== '')
    .join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
