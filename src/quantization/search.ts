import type { Origins } from '../formats/rewriter';
import { itemAt } from '../model/assert';
import type { NodeId } from '../model/nodeId';
import { type Assignment, staysInFloat, withFloat } from '../model/precision';
import type { Speedup } from '../protocol/reports';
import { NO_DIFFERENCE } from '../runtime/statistics';
import { unlessBusy } from '../runtime/stopwatch';
import {
  bestMix,
  convertedElements,
  type LayerTimes,
  layerTimes,
  type MixCosts,
  type MixProblem,
  reasons,
  type TimedRow,
} from './mix';

/** Each round profiles, builds and times a model: three found what there was to find where it was tried. */
const ROUNDS = 3;
/** No round begins after this; a slow model's rounds are long. */
const TIME_LIMIT_MS = 120_000;
/**
 * What a conversion is taken to cost where no model that was profiled has any: about what one costs that is
 * limited by memory, in milliseconds an element.
 */
const CONVERSION_MS = 4e-7;
/** After a mix that did not help, conversions are taken to cost so much more: fewer, larger islands. */
const CAUTION = 2;

/** A file with some layers in int8 and the others in float. */
export interface Mix {
  readonly path: string;
  /** Nodes of the cleaned model, by those of the file. */
  readonly origins: Origins;
  readonly assignment: Assignment;
  /** Layers in float that the search or the user put there; with the reason. */
  readonly kept: ReadonlyMap<NodeId, string>;
  /** Layers that could not be quantized, with the reason. */
  readonly impossible: ReadonlyMap<NodeId, string>;
}

/** A file that was written for an assignment. */
export type Built = Pick<Mix, 'path' | 'origins' | 'impossible'>;

/** What is searched, and how its candidates are made and measured. */
export interface SearchTask {
  readonly problem: MixProblem;
  readonly cleaned: string;
  /** int8 wherever it can be and the user does not keep float: the search gives layers back to float. */
  readonly assignment: Assignment;
  /** Writes the model so and says where, and which layers it could not quantize, with the reason. */
  readonly build: (assignment: Assignment) => Built;
  readonly profile: (path: string) => Promise<readonly TimedRow[]>;
  /** How much faster the last of these models is than each of the others, timed alternately. */
  readonly race: (paths: readonly string[]) => Promise<Speedup[]>;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly now?: () => number;
}

/** What a search found. */
export interface SearchResult {
  /** Everything in int8 that can be. */
  readonly all: Mix;
  readonly best: Mix;
  /** The best mix against the cleaned float model; null where the computer was too busy to tell. */
  readonly overCleaned: Speedup | null;
  readonly rounds: number;
  /** What a reader must know of how the mix was found. */
  readonly warnings: readonly string[];
}

const NOT_SEARCHED =
  'The computer was too busy to search for the fastest mix of int8 and float: every layer that can be is in int8, whether that is faster here or not.';
const ENDED_EARLY =
  'The search for the fastest mix of int8 and float ended early, because the computer became too busy to measure.';

/**
 * Finds the mix of float and int8 layers that is fastest here. Rows of a profile suspect, because each costs
 * microseconds of its own; only timing whole models decides. So profiles of float and int8 say what every layer
 * and the conversions cost, the cheapest mix by these costs is built and timed, its profile corrects the costs,
 * and so on while it helps. Nothing is chosen by what was measured beside other work: where the computer is too busy
 * to measure, the best mix until then is what there is.
 */
export async function searchMix(task: SearchTask): Promise<SearchResult> {
  const { problem } = task;
  const now = task.now ?? (() => performance.now());
  const deadline = now() + TIME_LIMIT_MS;
  task.onProgress('Timing int8 against float', 0);
  const all = everything(task);
  const warnings: string[] = [];
  const busy = () => warnings.push(ENDED_EARLY);
  let best = all;
  const first = await unlessBusy(task.race([task.cleaned, all.path]), () => warnings.push(NOT_SEARCHED));
  if (first === null) return { all, best, overCleaned: null, rounds: 0, warnings };
  let overCleaned = itemAt(first, 0);
  const floatRows = await unlessBusy(task.profile(task.cleaned), busy);
  if (floatRows === null) return { all, best, overCleaned, rounds: 0, warnings };
  const floatTimes = layerTimes(problem, floatRows, null).layers;
  const tried = new Set([signature(all)]);
  let latest = all;
  let int8Times: readonly number[] = floatTimes;
  let conversion = CONVERSION_MS;
  let caution = 1;
  // Once the mix that should be fastest is no faster than float, size is what there is to gain.
  let small = false;
  let rounds = 0;
  while (rounds < ROUNDS && now() < deadline) {
    rounds++;
    task.onProgress(`Searching the fastest mix of int8 and float (round ${rounds})`, rounds / (ROUNDS + 1));
    const inFloat = floatLayers(problem, latest);
    const rows = await unlessBusy(task.profile(latest.path), busy);
    if (rows === null) break;
    const times = layerTimes(problem, rows, latest.origins);
    int8Times = int8Times.map((ms, layer) => (inFloat.has(layer) ? ms : itemAt(times.layers, layer)));
    conversion = conversionCost(problem, inFloat, times) ?? conversion;
    const costs = { float: floatTimes, int8: int8Times, conversion: conversion * caution };
    const next = propose(task, all, costs, small);
    if (next === null || tried.has(signature(next))) break;
    tried.add(signature(next));
    const speedups = await unlessBusy(task.race([task.cleaned, best.path, next.path]), busy);
    if (speedups === null) break;
    const nextOverCleaned = itemAt(speedups, 0);
    small ||= nextOverCleaned.verdict !== 'faster';
    const storesLess = next.kept.size < best.kept.size;
    if (helps(overCleaned, nextOverCleaned, itemAt(speedups, 1), storesLess)) {
      best = next;
      overCleaned = nextOverCleaned;
    } else caution *= CAUTION;
    latest = next;
  }
  return { all, best, overCleaned, rounds, warnings };
}

/**
 * Whether a mix is to be preferred to the best so far, by the speed-ups of both over float and of the one over the
 * other. Of two that are as fast as each other the smaller is better; of two that are not measurably faster than float
 * the one that was faster on average is the better guess.
 */
function helps(
  bestOverCleaned: Speedup,
  nextOverCleaned: Speedup,
  nextOverBest: Speedup,
  storesLess: boolean,
): boolean {
  if (nextOverBest.verdict !== 'no difference measured') return nextOverBest.verdict === 'faster';
  if (storesLess) return nextOverCleaned.verdict !== 'slower';
  if (bestOverCleaned.verdict === 'slower' && nextOverCleaned.verdict !== 'slower') return true;
  return bestOverCleaned.verdict !== 'faster' && nextOverBest.ratio > NO_DIFFERENCE[1];
}

/** The best mix by these costs, built; null when it would leave no layer in int8, or take none out. */
function propose(task: SearchTask, all: Mix, costs: Omit<MixCosts, 'pinned'>, small: boolean): Mix | null {
  const { problem } = task;
  const pinned = floatLayers(problem, all);
  const float = bestMix(problem, { ...costs, pinned }, small);
  if (float.size === problem.layers.length || float.size === pinned.size) return null;
  const chosen = new Set([...float].filter((layer) => !pinned.has(layer)));
  const why = [...reasons(problem, { ...costs, pinned }, chosen)].map(
    ([layer, reason]) => [itemAt(problem.layers, layer).id, reason] as const,
  );
  return candidate(task, new Map(why));
}

function candidate(
  { assignment, build }: Pick<SearchTask, 'assignment' | 'build'>,
  chosen: ReadonlyMap<NodeId, string>,
): Mix {
  const own = withFloat(assignment, chosen.keys());
  const asked = [...assignment.keys()].filter((layer) => staysInFloat(assignment, layer));
  const kept = new Map([...chosen, ...asked.map((layer) => [layer, ASKED] as const)]);
  return { ...build(own), assignment: own, kept };
}

/** Everything in int8 that can be and may be. */
export function everything(task: Pick<SearchTask, 'assignment' | 'build'>): Mix {
  return candidate(task, new Map());
}

const ASKED = 'asked for';

function floatLayers(problem: MixProblem, mix: Mix): Set<number> {
  const inFloat = ({ id }: { id: NodeId }) => mix.kept.has(id) || mix.impossible.has(id);
  return new Set(problem.layers.flatMap((layer, index) => (inFloat(layer) ? [index] : [])));
}

/** Milliseconds an element, from what the rows that belong to no layer took; null when nothing was converted. */
function conversionCost(problem: MixProblem, inFloat: ReadonlySet<number>, times: LayerTimes): number | null {
  const elements = convertedElements(problem, inFloat);
  return elements === 0 || times.others === 0 ? null : times.others / elements;
}

function signature(mix: Mix): string {
  return JSON.stringify([...mix.kept.keys()].sort());
}
