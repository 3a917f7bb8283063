import { formatDb, formatMs, formatPercent, formatRatio } from '../numbers';
import { RECIPES } from '../recipes';
import type { LayerComparison, LayerReference } from '../reports';
import type { Finding } from './finding';
import { notFaster, onlyCleaned } from './replaced';
import type { ComparedSituation } from './situation';

/** What a rule says of a comparison; null where it has nothing to say, or a figure that it needs is not known. */
export type ComparisonRule = (situation: ComparedSituation) => Omit<Finding, 'rule'> | null;

/** A gain of cleaning that is worth a word. */
const CLEANING = 1.1;
/** Decibels that two layers must cost together. */
const COSTLY_DB = 3;
/** Nobody misses what is as good as this (decibels). */
const GOOD_DB = 40;
const COSTLY_LAYERS = 2;
/** A layer is slower by more than what measuring it alone may be wrong by. */
const SLOWER = 1.1;
/** Conversions below this part of the time are not the reason. */
const CONVERSIONS = 0.05;
const SHOWN = 3;

const CONVERTING: readonly (string | undefined)[] = ['quantize', 'dequantize'];

export const COMPARISON_RULES: Readonly<Record<string, ComparisonRule>> = {
  'cleaning alone': cleaningAlone,
  'not faster': whyNotFaster,
  'costly layers': costlyLayers,
};

function cleaningAlone(situation: ComparedSituation): Omit<Finding, 'rule'> | null {
  const { latencyMs, recipe } = situation;
  if (latencyMs?.cleaned === undefined || recipe === 'float32') return null;
  const { before, cleaned, speedupOverCleaned } = latencyMs;
  const ratio = before.median / cleaned.median;
  if (ratio < CLEANING || before.ci95[0] <= cleaned.ci95[1]) return null;
  const rest =
    speedupOverCleaned === undefined
      ? ''
      : speedupOverCleaned.verdict === 'faster'
        ? `; ${recipe ?? 'the rest'} makes that ${formatRatio(speedupOverCleaned.ratio)} faster`
        : `; ${recipe ?? 'the rest'} adds nothing to that on ${whereOf(situation)}`;
  return {
    text: `Cleaning alone makes it ${formatRatio(ratio)} faster (${formatMs(before.median)} to ${formatMs(cleaned.median)}), without any loss${rest}.`,
    layers: [],
    action: { kind: 'quantize', label: 'Make the cleaned float model', options: { recipe: 'float32' } },
    ...(recipe !== undefined && { replaces: onlyCleaned(suffix(recipe), whereOf(situation)) }),
  };
}

/** Why integers do not pay here: conversions, or layers whose integer kernels are slower. */
function whyNotFaster(situation: ComparedSituation): Omit<Finding, 'rule'> | null {
  const { latencyMs, layers, recipe } = situation;
  const against = latencyMs?.speedupOverCleaned ?? latencyMs?.speedup;
  if (latencyMs === null || against === undefined || against.verdict === 'faster') return null;
  if (recipe === undefined || recipe === 'float32') return null;
  const total = latencyMs.after.median;
  const conversions = layers
    .filter(({ after, before }) => before === null && CONVERTING.includes(after?.layer?.kind))
    .reduce((sum, { after }) => sum + (after?.medianMs ?? 0), 0);
  const slower = layers
    .map((layer) => ({ layer, ms: (layer.after?.medianMs ?? 0) - (layer.before?.medianMs ?? 0) }))
    .filter(({ layer, ms }) => ms > 0 && timesSlower(layer) > SLOWER)
    .sort((a, b) => b.ms - a.ms);
  const lost = slower.reduce((sum, { ms }) => sum + ms, 0);
  const reasons = [
    ...(conversions >= CONVERSIONS * total
      ? [`converting to integers and back takes ${formatPercent(conversions / total)} of its time`]
      : []),
    ...(lost >= CONVERSIONS * total
      ? [
          `${slower.length === 1 ? '1 layer is' : `${slower.length} layers are`} slower than in float, by ${formatMs(lost)} of ${formatMs(total)}`,
        ]
      : []),
  ];
  if (reasons.length === 0) return null;
  const kept = slower.slice(0, SHOWN).map(({ layer }) => layer);
  return {
    text: `${recipe} is not faster on ${whereOf(situation)} (${formatRatio(against.ratio)} against ${latencyMs.cleaned ? 'cleaned ' : ''}float) because ${reasons.join(' and ')}.`,
    layers: kept.flatMap(reference),
    action:
      kept.length === 0
        ? null
        : {
            kind: 'quantize',
            label: kept.length === 1 ? 'Keep it in float' : `Keep ${kept.length} in float`,
            options: { ...recipeOf(recipe), keep: kept.map(({ name }) => name) },
          },
    ...(latencyMs.speedup.verdict !== 'faster' && {
      replaces: notFaster(suffix(recipe), whereOf(situation)),
    }),
  };
}

/** Layers behind which the SQNR is far lower than behind those before them. */
/** Before it everything is float: whatever is the first in integers falls from there, and no other would fall less. */
const EXACT_DB = 60;

function costlyLayers({ layers, accuracy, recipe }: ComparedSituation): Omit<Finding, 'rule'> | null {
  const whole = accuracy?.sqnrDb ?? null;
  if (recipe === undefined || whole === null || whole >= GOOD_DB) return null;
  const drops: { layer: LayerComparison; db: number }[] = [];
  let before: number | null = null;
  for (const layer of layers) {
    if (layer.sqnrDb === null) continue;
    const quantized = layer.status === 'changed' && layer.kept === undefined;
    if (before !== null && before <= EXACT_DB && quantized && layer.sqnrDb < before)
      drops.push({ layer, db: before - layer.sqnrDb });
    before = layer.sqnrDb;
  }
  const worst = drops.sort((a, b) => b.db - a.db).slice(0, COSTLY_LAYERS);
  const cost = worst.reduce((sum, { db }) => sum + db, 0);
  if (cost < COSTLY_DB) return null;
  const [one] = worst;
  const which = worst.length === 1 || one === undefined ? 'this layer' : 'these two layers';
  return {
    text: `Behind ${which} the SQNR is ${formatDb(cost)} lower${worst.length === 1 ? '' : ' in all'} than before ${worst.length === 1 ? 'it' : 'them'}; the outputs have ${formatDb(whole)}.`,
    layers: worst.flatMap(({ layer }) => reference(layer)),
    action: {
      kind: 'quantize',
      label: `Keep ${worst.length === 1 ? 'it' : 'them'} in float`,
      options: { ...recipeOf(recipe), keep: worst.map(({ layer }) => layer.name) },
    },
  };
}

function whereOf({ device }: ComparedSituation): string {
  return device?.name ?? 'this computer';
}

function timesSlower({ before, after }: LayerComparison): number {
  const [first, second] = [before?.medianMs ?? null, after?.medianMs ?? null];
  return first === null || second === null || first === 0 ? 0 : second / first;
}

function reference({ name, before }: LayerComparison): LayerReference[] {
  const id = before?.layer?.id;
  return id === undefined ? [] : [{ id, name }];
}

function recipeOf(name: string): { recipe?: (typeof RECIPES)[number]['name'] } {
  const found = RECIPES.find((one) => one.name === name);
  return found === undefined ? {} : { recipe: found.name };
}

function suffix(recipe: string): string {
  return RECIPES.find(({ name }) => name === recipe)?.suffix ?? recipe;
}
