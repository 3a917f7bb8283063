import type { ModelFile } from '../formats/format';
import { itemAt } from '../model/assert';
import type { Tensor } from '../model/model';
import { ModelError } from '../model/modelError';
import type { TensorStatistics } from '../protocol/page';
import type { Analysis } from './inspect';
import type { EnteredGraph } from './rows';

/** Elements that are read of a tensor: half a second of work and 128 MB as numbers, whatever its size (CWE-789). */
const MAX_READ = 16 * 2 ** 20;

const BINS = 64;

/**
 * Statistics of a stored tensor that a layer uses.
 *
 * @throws ModelError when the layer uses no such tensor, or it cannot be read.
 */
export function tensorStatistics(
  file: ModelFile,
  analysis: Analysis,
  row: number,
  name: string,
  limit = MAX_READ,
): TensorStatistics {
  const tensor = storedTensor(analysis, row, name);
  if (tensor === null) throw new ModelError(`The layer uses no stored tensor named '${name}'.`);
  const elements = tensor.storedElements;
  if (tensor.type === 'string') return summarize(name, elements, []);
  return summarize(name, elements, file.readTensor(tensor, limit).values);
}

/** A weight of the layer may reach it through other layers, so all weights are looked at, then all names in sight. */
export function storedTensor(analysis: Analysis, row: number, name: string): Tensor | null {
  const { graph, position } = analysis.nodes[row] ?? {};
  const weight = graph?.parameters.get(position ?? -1)?.find(({ tensor }) => tensor.name === name);
  if (weight !== undefined) return weight.tensor;
  for (let here: EnteredGraph | null = graph ?? null; here !== null; here = here.outer) {
    const tensor = here.inferred.graph.constants.get(name);
    if (tensor !== undefined) return tensor;
  }
  return null;
}

/** Values that are not finite are counted and left out of everything else. */
export function summarize(tensor: string, elements: number, values: ArrayLike<number>): TensorStatistics {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let zeros = 0;
  let nonFinite = 0;
  for (let n = 0; n < values.length; n++) {
    const value = values[n] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      nonFinite++;
      continue;
    }
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) zeros++;
    sum += value;
  }
  const finite = values.length - nonFinite;
  const read = values.length;
  if (finite === 0) {
    return {
      tensor,
      elements,
      read,
      min: null,
      max: null,
      mean: null,
      std: null,
      zeros,
      nonFinite,
      histogram: null,
    };
  }
  const mean = sum / finite;
  const { counts, squares } = spread(values, min, max, mean);
  const std = Math.sqrt(squares / finite);
  return {
    tensor,
    elements,
    read,
    min,
    max,
    mean,
    std,
    zeros,
    nonFinite,
    histogram: { from: min, to: max, counts },
  };
}

/** Equal bins from the smallest to the largest value, and the sum of squared distances from the mean. */
function spread(
  values: ArrayLike<number>,
  min: number,
  max: number,
  mean: number,
): { counts: number[]; squares: number } {
  const counts = new Array<number>(min === max ? 1 : BINS).fill(0);
  const scale = min === max ? 0 : counts.length / (max - min);
  const isOrdinary = Number.isFinite(scale) && Number.isFinite(max - min);
  let squares = 0;
  for (let n = 0; n < values.length; n++) {
    const value = values[n] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const place = isOrdinary ? (value - min) * scale : fraction(value, min, max) * counts.length;
    const bin = Math.min(Math.floor(place), counts.length - 1);
    counts[bin] = itemAt(counts, bin) + 1;
    squares += (value - mean) ** 2;
  }
  return { counts, squares };
}

/** Of the way from the smallest to the largest value, where that is too long or too short to be multiplied with. */
function fraction(value: number, min: number, max: number): number {
  if (Number.isFinite(max - min)) return (value - min) / (max - min);
  return (value / 2 - min / 2) / (max / 2 - min / 2);
}
