import type { ModelFile } from '../../formats/format';
import type { PlanNode, PlannedLayer } from '../../formats/plan';
import { quantizeWeights, type WeightGroups, weightGroups } from '../../formats/uniform';
import { itemAt } from '../../model/assert';

/** The weights of a product, and the numbers that they become when they are rounded to the nearest of 8 bits. */
export interface RoundedProduct {
  /** Name of the tensor. */
  readonly weights: string;
  readonly values: ArrayLike<number>;
  readonly rounded: Float32Array;
  /** What one step of each weight's integer is. */
  readonly steps: Float32Array;
  /** Along the channels of the output. */
  readonly channels: WeightGroups;
  /** Each channel has a scale of its own. */
  readonly perChannel: boolean;
}

/** null: the layer has no stored weights that are known. */
export function roundedProduct(
  cleaned: ModelFile,
  { product }: PlanNode,
  { role }: PlannedLayer,
): RoundedProduct | null {
  const tensor = product === null ? undefined : cleaned.model.graph.constants.get(product.weights);
  if (product === null || tensor === undefined) return null;
  const { values } = cleaned.readTensor(tensor);
  const groups = weightGroups(product.shape, role.weightAxis);
  const { values: integers, scales } = quantizeWeights(values, groups, 'int8', null);
  const steps = Float32Array.from(integers, (_, i) => itemAt(scales, channelAt(groups, i)));
  const rounded = steps.map((step, i) => step * itemAt(integers, i));
  const channels = weightGroups(product.shape, product.output);
  return { weights: product.weights, values, rounded, steps, channels, perChannel: role.weightAxis !== null };
}

/** Weights of which half are less than so many steps hardly keep their proportions. */
const FEW_STEPS = 4;

/** Which weights lose most by rounding, for people. */
export function weightCause({ values, steps, channels, perChannel }: RoundedProduct): string {
  const sizes = Array.from({ length: channels.size }, (): number[] => []);
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(itemAt(values, i)) / itemAt(steps, i);
    if (size > 0) itemAt(sizes, channelAt(channels, i)).push(size);
  }
  const middles = sizes.map((own) => own.sort((a, b) => a - b)[own.length >> 1] ?? Number.POSITIVE_INFINITY);
  const least = Math.min(...middles);
  const most = 'rounding its weights costs more than rounding its result';
  if (least >= FEW_STEPS) return most;
  const channel = middles.indexOf(least);
  const half = `half of the weights of channel ${channel} are ${least.toFixed(1)} steps or less`;
  return perChannel
    ? `${most}: ${half}, since one is ${((itemAt(sizes, channel).at(-1) ?? 0) / least).toFixed(0)} times as large`
    : `${most}: ${half}, since all channels share a scale`;
}

function channelAt({ size, inner }: WeightGroups, index: number): number {
  return Math.floor(index / inner) % size;
}
