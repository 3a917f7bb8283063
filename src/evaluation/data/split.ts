import { itemAt } from '../../model/assert';
import { seededRandom } from '../../runtime/random';
import type { Dataset } from './dataset';

/** Some samples of a data set, in their order; the same for the same seed, and even over the classes. */
export function sampleDataset(dataset: Dataset, count: number, seed: number): Dataset {
  if (count >= dataset.size) return dataset;
  return subset(dataset, evenOrder(dataset, seed).slice(0, count));
}

/**
 * One data set as two that share no sample: at most `calibrationSamples` and never more than half to calibrate
 * on, the rest to measure on, each even over the classes. A set of one sample serves as both.
 */
export function splitDataset(
  dataset: Dataset,
  calibrationSamples: number,
  seed: number,
): { calibration: Dataset; validation: Dataset } {
  if (dataset.size < 2) return { calibration: dataset, validation: dataset };
  const order = evenOrder(dataset, seed);
  const count = Math.min(calibrationSamples, Math.floor(dataset.size / 2));
  return {
    calibration: subset(dataset, order.slice(0, count)),
    validation: subset(dataset, order.slice(count)),
  };
}

/** All samples in an order of which every beginning holds each class as often as any other, where it can. */
function evenOrder(dataset: Dataset, seed: number): number[] {
  const random = seededRandom(seed);
  const classes = new Map<number, number[]>();
  for (let i = 0; i < dataset.size; i++) {
    const label = dataset.labels === null ? 0 : itemAt(dataset.labels, i);
    const members = classes.get(label);
    if (members) members.push(i);
    else classes.set(label, [i]);
  }
  const queues = [...classes.values()].map((members) => shuffled(members, random));
  const order: number[] = [];
  for (let round = 0; order.length < dataset.size; round++) {
    // Classes take turns in another order each round, so that a last incomplete round favours none.
    for (const queue of shuffled(queues, random)) {
      const index = queue[round];
      if (index !== undefined) order.push(index);
    }
  }
  return order;
}

/** Some samples of a data set, in its order. */
export function subset(dataset: Dataset, chosen: readonly number[]): Dataset {
  const indices = [...chosen].sort((a, b) => a - b);
  const { labels } = dataset;
  return {
    name: dataset.name,
    kind: dataset.kind,
    size: indices.length,
    labels: labels === null ? null : indices.map((index) => itemAt(labels, index)),
    warnings: dataset.warnings,
    feeds(index) {
      const original = indices[index];
      if (original === undefined) throw new RangeError(`no sample ${index} among ${indices.length}`);
      return dataset.feeds(original);
    },
  };
}

/** Fisher-Yates; the given list is left as it is. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [itemAt(result, j), itemAt(result, i)];
  }
  return result;
}
