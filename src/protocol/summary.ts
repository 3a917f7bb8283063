import { isRandom, poorAccuracy, worstText } from './accuracies';
import { isConversion } from './minorLayers';
import { formatDb, formatInteger, formatPercent, formatRatio } from './numbers';
import type { Accuracy, Comparison, LayerStatus, Speedup } from './reports';

/** Sizes that differ by less are called the same. */
const SAME_SIZE = 0.02;

/**
 * What the numbers say: first what decides, then size, latency and accuracy; or which layers differ where nothing was
 * run. Agreement on random data is never called accuracy.
 */
export function summary(comparison: Comparison): string {
  const { verdict, figures } = summaryParts(comparison);
  return verdict === '' ? figures : `${verdict} ${figures}`;
}

/** The same in two: what decides ('' where nothing does), and the figures. */
export function summaryParts(comparison: Comparison): { verdict: string; figures: string } {
  const { accuracy, bytes } = comparison;
  if (accuracy === null) return { verdict: '', figures: unrunSummary(comparison) };
  return {
    verdict: verdictOf(comparison, accuracy),
    figures: sentence([size(bytes), latency(comparison), said(accuracy)]),
  };
}

/**
 * What decides, as a sentence before the figures: that the result is not worth it, that its outputs are poor, that one of
 * them is far worse than all together; '' where nothing of that is so.
 */
function verdictOf(comparison: Comparison, accuracy: Accuracy): string {
  const { latencyMs, device } = comparison;
  const against = notWorth(comparison);
  const where = latencyMs === null ? '' : device === undefined ? ' on this computer' : ` on ${device.name}`;
  const sentences = against === '' ? [] : [`Not worth it${where}: ${against}.`];
  const poor = poorAccuracy(accuracy);
  const over = `over ${count(accuracy)}${byTwin(accuracy)}`;
  if (poor !== '') sentences.push(`Poor ${isRandom(accuracy) ? 'agreement' : 'accuracy'}: ${poor}, ${over}.`);
  else if (accuracy.worstOutput !== undefined)
    sentences.push(`One output is far worse than the rest: ${worstText(accuracy.worstOutput)}, ${over}.`);
  return sentences.join(' ');
}

/** Why a quantized model is worse than what it was made of; '' where it is not, and of models that were only compared. */
function notWorth(comparison: Comparison): string {
  if (!('recipe' in comparison)) return '';
  const { bytes, latencyMs } = comparison;
  const [before, cleaned] = [latencyMs?.speedup.verdict, latencyMs?.speedupOverCleaned?.verdict];
  return [
    before === 'slower' ? 'it is slower' : cleaned === 'slower' ? 'it is slower than cleaned float' : '',
    bytes.before > 0 && bytes.after > bytes.before * (1 + SAME_SIZE) ? 'the file is larger' : '',
  ]
    .filter((reason) => reason !== '')
    .join(', and ');
}

function latency(comparison: Comparison): string {
  const { latencyMs, device } = comparison;
  if (latencyMs === null) return 'latency not measured';
  const { speedup, speedupOverCleaned } = latencyMs;
  const figure = speed(speedup, device?.name);
  const cleaning =
    speedup.verdict === 'faster' &&
    speedupOverCleaned !== undefined &&
    speedupOverCleaned.verdict !== 'faster' &&
    !('recipe' in comparison && comparison.recipe === 'float32');
  return cleaning ? `${figure}, all of it by cleaning alone` : figure;
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

/** How many, and whether they are anything like what the model is made for. */
function count({ samples, data }: Pick<Accuracy, 'samples' | 'data'>): string {
  const random = isRandom({ data });
  if (samples === 1) return random ? '1 random input' : '1 sample';
  return `${formatInteger(samples)} ${random ? 'random inputs' : 'samples'}`;
}

function byTwin({ through }: Accuracy): string {
  return through === undefined ? '' : ' through its twin';
}

/** What is known of the outputs, unless the verdict has said it. */
function said(accuracy: Accuracy): string {
  const { top1, top1Agreement, sqnrDb, identical, worstOutput } = accuracy;
  const by = byTwin(accuracy);
  if (top1) return `top-1 ${(top1.before * 100).toFixed(1)} → ${formatPercent(top1.after)}${by}`;
  if (poorAccuracy(accuracy) !== '') return '';
  const of = count(accuracy);
  if (identical) return isRandom(accuracy) ? `identical outputs on ${of}${by}` : `identical outputs${by}`;
  const { positions } = accuracy;
  const classified =
    positions === undefined
      ? of
      : `${formatInteger(positions)} ${positions === 1 ? 'position' : 'positions'} of ${of}`;
  const beyond = isRandom(accuracy) ? ', which says nothing of accuracy' : '';
  if (top1Agreement !== null)
    return `the same top class for ${formatPercent(top1Agreement)} of ${classified}${by}${beyond}`;
  if (sqnrDb === null) return '';
  const pooled = worstOutput === undefined ? '' : ' of all outputs together';
  return `${formatDb(sqnrDb)} SQNR${pooled} over ${of}${by}${beyond}`;
}
