import { type Bench, withFile } from '../../evaluation/bench';
import { withCopy } from '../../evaluation/copies';
import { floatValues } from '../../evaluation/floats';
import { type Samples, someSamples } from '../../evaluation/samples';
import type { ModelFile } from '../../formats/format';
import type { PlanNode, Product } from '../../formats/plan';
import {
  LARGEST,
  type QuantizedWeights,
  quantizeWeights,
  type WeightGroups,
  type WeightLimit,
  weightGroups,
} from '../../formats/uniform';
import { itemAt, present } from '../../model/assert';
import { elementCount } from '../../model/dataType';
import type { DimensionChoice } from '../../model/inference';
import { ModelError } from '../../model/modelError';
import type { Precision } from '../../model/precision';
import { seededRandom } from '../../runtime/random';
import { compensatedRounding } from './compensatedRounding';
import { columnParts, matrixPlaces, ProductInputs } from './productInputs';

/** Samples whose inputs are looked at: places of the same image are alike, so that more images tell more. */
const SAMPLES = 32;
/** Vectors that a matrix of inputs is made of, for each of its columns: two were enough where it was measured. */
const VECTORS_A_COLUMN = 2;
/**
 * And at least so many, whatever its size: with a quarter of them palettes of 16 entries lost 0.2 dB of weights. A few
 * columns, which each channel of a depthwise convolution has, are known well by so many for each.
 */
const VECTORS = 1024;
const ENOUGH_A_COLUMN = 32;
/** Activations, and sums of products of inputs, that are in memory at a time. */
const CHUNK_BYTES = 96 * 2 ** 20;

/** A layer whose weights are to be rounded. */
export interface RoundedLayer {
  readonly node: PlanNode;
  readonly precision: Precision;
}

export interface RoundingTask {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly layers: readonly RoundedLayer[];
  readonly samples: Samples;
  /** 7-bit weights instead of 8. */
  readonly reduceRange: boolean;
  readonly onProgress: (fraction: number) => void;
}

/**
 * Rounds the weights of layers with error compensation, by the inputs that they have in the float model.
 * @returns by weight tensor, in the groups that the precisions have; layers that are no product, or whose weights other
 * nodes read too, are not in it
 * @throws ModelError where a copy of the model does not run
 */
export async function roundCarefully(
  bench: Bench,
  task: RoundingTask,
): Promise<Map<string, QuantizedWeights>> {
  const { cleaned, layers, samples } = task;
  const result = new Map<string, QuantizedWeights>();
  const few = someSamples(samples, SAMPLES);
  const chunks = inChunks(
    task,
    layers.flatMap((layer) => ownProduct(cleaned, layer)),
  );
  for (const [index, chunk] of chunks.entries()) {
    const observed = await observe(bench, task, chunk, few);
    for (const layer of chunk) {
      const inputs = present(observed.get(layer), `inputs of ${layer.product.weights}`);
      result.set(layer.product.weights, roundLayer(cleaned, layer, inputs, task.reduceRange));
    }
    task.onProgress((index + 1) / chunks.length);
  }
  return result;
}

interface ProductLayer {
  readonly product: Product;
  readonly precision: Precision;
}

function ownProduct(cleaned: ModelFile, { node, precision }: RoundedLayer): ProductLayer[] {
  const { product } = node;
  if (product === null || limitOf(precision, false) === null) return [];
  const readers = cleaned.model.graph.nodes.filter(({ inputs }) => inputs.includes(product.weights));
  return readers.length === 1 ? [{ product, precision }] : [];
}

function limitOf({ weights, activations, granularity }: Precision, reduceRange: boolean): WeightLimit | null {
  // Channels that share a scale are a matter of palettes.
  if (typeof granularity === 'object' && 'channels' in granularity) return null;
  if (weights === 'int4') return 'int4';
  if (weights !== 'int8') return null;
  return reduceRange && activations !== 'float32' ? 'int8 reduced' : 'int8';
}

/** Layers whose data and sums fit in memory together; a large one is alone. */
function inChunks({ cleaned, dims }: RoundingTask, layers: readonly ProductLayer[]): ProductLayer[][] {
  const { tensors } = cleaned.infer(dims).graph;
  const chunks: ProductLayer[][] = [];
  let room = 0;
  for (const layer of layers) {
    const elements = elementCount(tensors.get(layer.product.data)?.shape ?? null);
    const bytes = elements === null ? CHUNK_BYTES : 4 * elements + bytesOf(layer.product);
    if (bytes > room) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    chunks.at(-1)?.push(layer);
    room -= bytes;
  }
  return chunks;
}

/** Of sums of products, in float64, the lower half of each matrix. */
export function bytesOf(product: Product): number {
  const { groups, columnOffsets } = matrixPlaces(product);
  const parts = columnParts(columnOffsets.length);
  return groups * parts.reduce((sum, { from, to }) => sum + 4 * (to - from) ** 2, 0);
}

/** What the products of some layers are given on samples, by layer; memory is as `bytesOf` says. */
export async function observe<L extends { readonly product: Product }>(
  bench: Bench,
  { cleaned, onSample }: Pick<RoundingTask, 'cleaned'> & { onSample?: (done: number) => void },
  layers: readonly L[],
  samples: Samples,
): Promise<Map<L, ProductInputs>> {
  const observed = new Map(layers.map((layer) => [layer, new ProductInputs(layer.product)]));
  const given = new Set(cleaned.model.graph.inputs.map(({ name }) => name));
  const wanted = [...new Set(layers.map(({ product }) => product.data))].filter((name) => !given.has(name));
  const path = bench.newPath('inputs');
  await withFile(bench, cleaned.model.file, (file) => {
    if (file.format.withOutputs === undefined)
      throw new ModelError(`What layers of a ${file.format.name} model are given cannot be read.`, {
        file: file.model.file,
      });
    file.format.withOutputs(file, wanted, path);
  });
  const random = seededRandom(1);
  await withCopy(bench, path, async (session) => {
    for (let index = 0; index < samples.size; index++) {
      const feeds = await samples.feeds(index);
      const results = wanted.length === 0 ? {} : await session.run(feeds, wanted);
      for (const [{ product }, inputs] of observed) {
        const tensor = results[product.data] ?? feeds[product.data];
        const values = tensor === undefined ? null : floatValues(tensor);
        if (tensor === undefined || !(values instanceof Float32Array)) continue;
        inputs.add(values, tensor.shape, Math.ceil(vectorsOf(inputs.columns) / samples.size), random);
      }
      onSample?.(index + 1);
    }
  });
  return observed;
}

function vectorsOf(columns: number): number {
  return Math.max(Math.min(VECTORS, ENOUGH_A_COLUMN * columns), VECTORS_A_COLUMN * columns);
}

/** Weights of one layer, each group and each part of its columns by itself. */
function roundLayer(
  cleaned: ModelFile,
  { product, precision }: ProductLayer,
  inputs: ProductInputs,
  reduceRange: boolean,
): QuantizedWeights {
  const tensor = present(cleaned.model.graph.constants.get(product.weights), product.weights);
  const { values } = cleaned.readTensor(tensor);
  const limit = present(limitOf(precision, reduceRange) ?? undefined, `integers for ${product.weights}`);
  const groups = groupsOf(product, precision);
  const nearest = quantizeWeights(values, groups, limit, null);
  const integers = nearest.values.slice();
  const scaleAt = scaleIndex(groups);
  const { groups: count, rows, rowOffsets, columnOffsets } = matrixPlaces(product);
  for (let group = 0; group < count; group++) {
    columnParts(columnOffsets.length).forEach(({ from, to }, part) => {
      const columns = to - from;
      const gram = itemAt(itemAt(inputs.grams, group), part).finish();
      const matrix = new Float32Array(rows * columns);
      const steps = new Float32Array(rows * columns);
      for (let row = 0, i = 0; row < rows; row++) {
        const first = rowOffsets[group * rows + row] as number;
        for (let column = from; column < to; column++, i++) {
          const offset = first + (columnOffsets[column] as number);
          matrix[i] = values[offset] as number;
          steps[i] = nearest.scales[scaleAt(offset)] as number;
        }
      }
      const rounded = compensatedRounding(
        { values: matrix, rows, columns, steps, largest: LARGEST[limit] },
        gram,
      );
      for (let row = 0, i = 0; row < rows; row++) {
        const first = rowOffsets[group * rows + row] as number;
        for (let column = from; column < to; column++, i++)
          integers[first + (columnOffsets[column] as number)] = rounded[i] as number;
      }
    });
  }
  return { values: integers, scales: nearest.scales };
}

function groupsOf({ shape, output, input }: Product, { granularity }: Precision): WeightGroups {
  if (typeof granularity === 'object' && 'block' in granularity)
    return weightGroups(shape, input, granularity.block);
  if (granularity === 'tensor') return weightGroups(shape, null);
  return weightGroups(shape, output, granularity === 'channel' ? null : granularity.channels);
}

/** Index of the scale of a weight, by its offset. */
function scaleIndex({ size, inner, block }: WeightGroups): (offset: number) => number {
  if (block === null) return (offset) => Math.floor(offset / inner) % size;
  const blocks = Math.ceil(size / block);
  return (offset) => {
    const outer = Math.floor(offset / (size * inner));
    return (
      (outer * blocks + Math.floor((Math.floor(offset / inner) % size) / block)) * inner + (offset % inner)
    );
  };
}
