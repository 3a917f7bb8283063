import { itemAt } from '../model/assert';
import type { NodeId } from '../model/nodeId';
import { unlessBusy } from '../runtime/stopwatch';
import {
  convertedElements,
  type LayerTimes,
  layerTimes,
  type MixCosts,
  type MixProblem,
  type TimedRow,
} from './mix';
import type { FoundMix, Mix, SearchTask } from './searchTask';

/**
 * What a conversion is taken to cost where no model that was profiled has any: about what one costs that is
 * limited by memory, in milliseconds an element.
 */
const CONVERSION_MS = 4e-7;
/** About a billion multiplications take 20 ms in float on one thread. */
const MS_PER_MAC = 2e-8;

/** What layers cost in float and in int8, by profiles of models that were made. */
export class LayerCosts {
  /** @param pinned layers that stay in float whatever they cost */
  constructor(
    private readonly task: Pick<SearchTask, 'problem' | 'cleaned' | 'profile' | 'work'>,
    private readonly pinned: ReadonlySet<number>,
  ) {}

  /** By profiles of the float model and of one with everything in int8; by sizes where one cannot be had. */
  async first(all: FoundMix | undefined, onBusy: () => void): Promise<MixCosts> {
    const { task, pinned } = this;
    const { problem } = task;
    const floatRows = await unlessBusy(task.profile(task.cleaned), onBusy);
    const rows =
      floatRows === null || all === undefined ? null : await unlessBusy(task.profile(all.path), onBusy);
    if (floatRows === null || rows === null || all === undefined) {
      // What can be chosen by is the size.
      const float = problem.weightBytes;
      return { float, int8: float.map((bytes) => bytes / 4), conversion: 0, pinned };
    }
    const { layers: float } = layerTimes(problem, floatRows, null);
    const costs = { float, int8: float, conversion: CONVERSION_MS, pinned };
    return this.withRows(costs, rows, all);
  }

  /** As the profile of a candidate has them; null where the computer is too busy. */
  async corrected(costs: MixCosts, candidate: FoundMix, onBusy: () => void): Promise<MixCosts | null> {
    const rows = await unlessBusy(this.task.profile(candidate.path), onBusy);
    return rows === null ? null : this.withRows(costs, rows, candidate);
  }

  /** The same on every computer: work in int8 takes half, and a conversion as long as it takes elsewhere. */
  estimated(): MixCosts {
    const { task, pinned } = this;
    const float = task.work.map((macs) => macs * MS_PER_MAC);
    return { float, int8: float.map((ms) => ms / 2), conversion: CONVERSION_MS, pinned };
  }

  private withRows(costs: MixCosts, rows: readonly TimedRow[], { mix }: FoundMix): MixCosts {
    const { problem } = this.task;
    const inFloat = floatLayers(problem, mix);
    const times = layerTimes(problem, rows, mix.origins);
    return {
      ...costs,
      int8: costs.int8.map((ms, layer) => (inFloat.has(layer) ? ms : itemAt(times.layers, layer))),
      conversion: conversionCost(problem, inFloat, times) ?? costs.conversion,
    };
  }
}

function floatLayers(problem: MixProblem, mix: Mix): Set<number> {
  const inFloat = ({ id }: { id: NodeId }) => mix.kept.has(id) || mix.impossible.has(id);
  return new Set(problem.layers.flatMap((layer, index) => (inFloat(layer) ? [index] : [])));
}

/** Milliseconds an element, from what the rows that belong to no layer took; null when nothing was converted. */
function conversionCost(problem: MixProblem, inFloat: ReadonlySet<number>, times: LayerTimes): number | null {
  const elements = convertedElements(problem, inFloat);
  return elements === 0 || times.others === 0 ? null : times.others / elements;
}
