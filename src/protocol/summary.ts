import { classifiedText, poorAccuracy } from './accuracies';
import { isConversion } from './minorLayers';
import { formatDb, formatInteger, formatPercent, formatRatio } from './numbers';
import type { Comparison, LayerStatus, Speedup } from './reports';

/** Sizes that differ by less are called the same. */
const SAME_SIZE = 0.02;

/** What the numbers say, in a sentence: size, latency and accuracy, or which layers differ where nothing was run. */
export function summary(comparison: Comparison): string {
  if (comparison.accuracy === null) return unrunSummary(comparison);
  const latency =
    comparison.latencyMs === null
      ? 'latency not measured'
      : speed(comparison.latencyMs.speedup, comparison.device?.name);
  const poor = poorAccuracy(comparison.accuracy);
  const { top1, samples } = comparison.accuracy;
  const said = poor === '' || top1 ? accuracy(comparison.accuracy) : '';
  const by = comparison.accuracy.through === undefined ? '' : ' through its twin';
  const figures = sentence([size(comparison.bytes), latency, said === '' ? '' : `${said}${by}`]);
  return poor === '' ? figures : `${figures} Poor accuracy: ${poor}, over ${count(samples)}${by}.`;
}

/** The same against the float model that was only cleaned; '' where it was not measured. */
export function summaryOverCleaned(comparison: Comparison): string {
  const speedup = comparison.latencyMs?.speedupOverCleaned;
  return speedup === undefined
    ? ''
    : `Against the cleaned float model: ${speed(speedup, comparison.device?.name)}.`;
}

/** Which layers differ, in a sentence that follows the summary of models that were run. */
export function layersSummary(comparison: Comparison): string {
  return comparison.accuracy === null ? '' : sentence([layers(comparison)]);
}

/** What was not measured, in a sentence; '' where everything was. */
export function unmeasured({ accuracy, latencyMs }: Comparison): string {
  if (accuracy === null) return 'The models were not run: neither latency nor outputs were measured.';
  return latencyMs === null ? 'Latency was not measured.' : '';
}

/** Nothing that can be seen without running them differs, in one format. */
export function isSame({ format, changes, statuses, layers, warnings }: Comparison): boolean {
  return (
    format.before === format.after &&
    changes.length === 0 &&
    warnings.length === 0 &&
    statuses.unchanged === layers.length &&
    layers.every((layer) => layer.changes.length === 0)
  );
}

function unrunSummary(comparison: Comparison): string {
  if (isSame(comparison)) return 'The two models are the same.';
  return sentence([size(comparison.bytes), layers(comparison)]);
}

function layers({ statuses, format, layers: rows }: Comparison): string {
  const { changed, added, removed, folded } = statuses;
  if (changed + added + removed === 0 && format.before !== format.after) {
    return 'the same layers in two formats';
  }
  const converting = rows.filter(isConversion);
  const of = (status: LayerStatus) => converting.filter((row) => row.status === status).length;
  const counts: [number, string, string][] = [
    [changed, 'layer', 'changed'],
    [added - of('added'), 'layer', 'added'],
    [removed - of('removed'), 'layer', 'removed'],
    [folded, 'layer', 'folded'],
    [of('added'), 'conversion', 'added'],
    [of('removed'), 'conversion', 'removed'],
  ];
  let said = '';
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, what, became]) => {
      const noun = what === said ? '' : `${what}${count === 1 ? '' : 's'} `;
      said = what;
      return `${formatInteger(count)} ${noun}${became}`;
    });
  return parts.length === 0 ? 'no layer changed' : parts.join(', ');
}

function sentence(parts: readonly string[]): string {
  const text = parts.filter((part) => part !== '').join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function size({ before, after }: Comparison['bytes']): string {
  if (before <= 0 || after <= 0) return '';
  if (Math.abs(before / after - 1) < SAME_SIZE) return 'same size';
  return before > after ? `${formatRatio(before / after)} smaller` : `${formatRatio(after / before)} larger`;
}

/** The ratio with its interval, or that none was measured. */
export function speedupText({ ratio, ci95: [low, high], verdict: found }: Speedup): string {
  const interval = `${formatRatio(ratio)} (${formatRatio(low)} to ${formatRatio(high)})`;
  return found === 'no difference measured' ? `${found}, ${interval}` : `${interval}, ${found}`;
}

/** `where`: the device's name, if it was not this computer. */
function speed({ ratio, ci95, verdict: found }: Speedup, where: string | undefined): string {
  const interval = `${ci95[0].toFixed(2)}–${ci95[1].toFixed(2)}`;
  const there = where === undefined ? '' : ` on ${where}`;
  if (found === 'faster') return `${formatRatio(ratio)} faster${there} (${interval})`;
  if (found === 'slower')
    return `not faster${there || ' on this computer'}: ${formatRatio(ratio)} the speed (${interval})`;
  return `no difference in latency measured${there} (${formatRatio(ratio)}, ${interval})`;
}

function count(samples: number): string {
  return `${samples} ${samples === 1 ? 'sample' : 'samples'}`;
}

function accuracy(found: NonNullable<Comparison['accuracy']>): string {
  const { top1, top1Agreement, sqnrDb, identical, samples } = found;
  if (top1) return `top-1 ${(top1.before * 100).toFixed(1)} → ${formatPercent(top1.after)}`;
  if (identical) return 'identical outputs';
  if (top1Agreement !== null)
    return `the same top class for ${formatPercent(top1Agreement)} of ${classifiedText(found)}`;
  return sqnrDb === null ? '' : `${formatDb(sqnrDb)} SQNR over ${count(samples)}`;
}
