import { formatBytes, formatDb, formatMs, formatPercent, formatRatio } from '../protocol/numbers';
import type { Comparison, LayerComparison, LayerSide, Speedup } from '../protocol/reports';
import { facts, terminalWidth } from './output';
import { describeLatency } from './profile';
import { printable, renderTable } from './table';

/** What a comparison says, for people: what matters most comes last, where a terminal stays. */
export function describeComparison(report: Comparison): string {
  return [
    layerTable(report),
    keptTable(report),
    totalsTable(report),
    facts(measuredOn(report)),
    warnings(report),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function totalsTable({
  bytes,
  parameterBytes,
  peakActivationBytes,
  latencyMs,
  accuracy,
}: Comparison): string {
  const sizes: [string, { before: number | null; after: number | null }][] = [
    ['file', bytes],
    ['parameters', parameterBytes],
    ['peak activations', peakActivationBytes],
  ];
  const rows = sizes.map(([name, { before, after }]) => [
    name,
    formatBytes(before),
    formatBytes(after),
    describeSize(before, after),
  ]);
  if (latencyMs) {
    const { before, cleaned, after, speedup, speedupOverCleaned } = latencyMs;
    rows.push(['latency', formatMs(before.median), formatMs(after.median), describeSpeedup(speedup)]);
    if (cleaned && speedupOverCleaned) {
      rows.push(['cleaned float', formatMs(cleaned.median), '', describeSpeedup(speedupOverCleaned)]);
    }
  }
  if (accuracy.top1) {
    rows.push(['top-1', formatPercent(accuracy.top1.before), formatPercent(accuracy.top1.after), '']);
  }
  return renderTable(
    [
      { title: '' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: '', flexible: true },
    ],
    rows,
    terminalWidth(),
  );
}

function describeSize(before: number | null, after: number | null): string {
  if (before === null || after === null || before === 0 || after === 0) return '';
  if (before === after) return 'the same';
  return before > after ? `${formatRatio(before / after)} smaller` : `${formatRatio(after / before)} larger`;
}

/** The ratio with its interval, or that none was measured. */
function describeSpeedup({ ratio, ci95: [low, high], verdict }: Speedup): string {
  const interval = `${formatRatio(ratio)} (${formatRatio(low)} to ${formatRatio(high)})`;
  return verdict === 'no difference measured' ? `${verdict}, ${interval}` : `${interval}, ${verdict}`;
}

function measuredOn(report: Comparison): [string, string | null][] {
  const { accuracy, latencyMs, engine, cpu, threads, seconds } = report;
  const agreement =
    accuracy.top1Agreement === null ? '' : `, same top class in ${formatPercent(accuracy.top1Agreement)}`;
  return [
    [
      'outputs',
      `${accuracy.identical ? 'identical' : `SQNR ${formatDb(accuracy.sqnrDb)}`}${agreement} (${accuracy.samples} samples, ${accuracy.data})`,
    ],
    ['before', latencyMs && describeLatency(latencyMs.before)],
    ['cleaned', latencyMs?.cleaned ? describeLatency(latencyMs.cleaned) : null],
    ['after', latencyMs && describeLatency(latencyMs.after)],
    ['measured on', `${engine}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${cpu}`],
    ['took', `${seconds.toFixed(1)} s`],
  ];
}

function layerTable({ layers }: Comparison): string {
  // Constants that folding took away cost nothing before either: in a terminal they only hide the others.
  const shown = layers.filter(({ before, after }) => costs(before) || costs(after));
  if (shown.length === 0) return '';
  const timed = layers.some(({ before, after }) => before?.medianMs != null || after?.medianMs != null);
  return renderTable(
    [
      { title: 'layer', flexible: true },
      { title: 'operator', flexible: true },
      { title: 'weights', align: 'right' },
      { title: 'after', align: 'right' },
      ...(timed
        ? [
            { title: 'latency', align: 'right' as const },
            { title: 'after', align: 'right' as const },
          ]
        : []),
      { title: 'SQNR', align: 'right' },
      { title: '', flexible: true },
    ],
    shown.map((layer) => [
      layer.name,
      layer.op,
      weights(layer.before),
      weights(layer.after),
      ...(timed ? [latency(layer.before), latency(layer.after)] : []),
      layer.sqnrDb === null ? '' : formatDb(layer.sqnrDb),
      note(layer),
    ]),
    terminalWidth(),
  );
}

function costs(side: LayerSide | null): boolean {
  return side !== null && (side.parameterBytes !== 0 || side.activationBytes !== 0 || side.medianMs !== null);
}

function weights(side: LayerSide | null): string {
  if (side === null) return '';
  return side.parameterBytes === 0 ? '' : formatBytes(side.parameterBytes);
}

function latency(side: LayerSide | null): string {
  return side === null || side.medianMs === null ? '' : formatMs(side.medianMs);
}

function note({ before, after, kept }: LayerComparison): string {
  if (kept !== undefined) return 'kept in float';
  if (before === null) return 'added';
  if (after === null) return 'gone';
  return after.fusedInto === undefined ? '' : `→ ${after.fusedInto}`;
}

function keptTable({ layers }: Comparison): string {
  const kept = layers.filter((layer) => layer.kept !== undefined);
  if (kept.length === 0) return '';
  return renderTable(
    [{ title: 'kept in float', flexible: true }, { title: 'operator' }, { title: 'because', flexible: true }],
    kept.map((layer) => [layer.name, layer.op, layer.kept ?? '']),
    null,
  );
}

function warnings(report: Comparison): string {
  return report.warnings.map((sentence) => `Warning: ${printable(sentence)}\n`).join('');
}
