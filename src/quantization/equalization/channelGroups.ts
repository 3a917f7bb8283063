import { DisjointSets } from '../../formats/disjointSets';
import type { ModelFile } from '../../formats/format';
import type { FoldedActivation, ModelPlan, PlanNode, Product } from '../../formats/plan';
import { itemAt, present } from '../../model/assert';
import type { InferredGraph } from '../../model/inference';
import type { OperatorKind } from '../../model/operatorKind';

/** A product, and the tensor that it gives. */
export interface ScaledProduct extends Product {
  readonly result: string;
}

/**
 * Tensors whose channels can be multiplied by the same positive factors without changing what the model gives. Channels
 * that must have one factor are a slot: where tensors are concatenated, each has slots of its own.
 */
export interface ChannelGroup {
  /** By name, the slot of each channel. */
  readonly tensors: ReadonlyMap<string, Int32Array>;
  /** How many slots there are. */
  readonly slots: number;
  /** Slots whose factor must be 1: something else reads them, or gives them. */
  readonly fixed: ReadonlySet<number>;
  /** Products that give some of the tensors: their weights take the factors in. */
  readonly producers: readonly ScaledProduct[];
  /** Products that read some of them: their weights undo the factors. */
  readonly consumers: readonly ScaledProduct[];
  /** By slot, the largest value that activation functions let through. */
  readonly limits: Float64Array;
  /** All tensors have the same channels, given by products or sums of others: what is added to one comes out as it is. */
  readonly linear: boolean;
}

/** f(s·x) = s·f(x) for s > 0, channel by channel, whatever else the operator is told; `clip` from zero up to its limit. */
const HOMOGENEOUS: ReadonlySet<OperatorKind | null> = new Set([
  'relu',
  'clip',
  'leaky relu',
  'prelu',
  'addition',
  'max pooling',
  'average pooling',
  'global max pooling',
  'global average pooling',
  'identity',
  'reshape',
  'resize',
]);

/** f(x + t) = f(x) + t where all of x have the same t, and sums of terms have the sum of theirs. */
const LINEAR: ReadonlySet<OperatorKind | null> = new Set([
  'addition',
  'global average pooling',
  'identity',
  'reshape',
]);

/**
 * Groups of tensors between products, each as large as it must be: sums tie the channels of all their terms together.
 * @param fixed tensors whose values must stay as they are, besides the model's inputs and outputs
 */
export function channelGroups(
  { model, format }: ModelFile,
  plan: ModelPlan,
  inferred: InferredGraph,
  fixed: Iterable<string>,
): ChannelGroup[] {
  const { nodes, inputs, outputs, constants } = model.graph;
  // Bodies read tensors of the graph around them, and no list says which.
  if (nodes.some(({ bodies }) => bodies.length > 0)) return [];
  const readers = new Map<string, number>();
  for (const node of nodes) for (const name of node.inputs) readers.set(name, (readers.get(name) ?? 0) + 1);
  const isOutput = new Set(outputs.map(({ name }) => name));
  const own = (name: string | null) =>
    name === null || (constants.has(name) && readers.get(name) === 1 && !isOutput.has(name));
  const channelAxis = (rank: number) => (format.layout === 'channels last' ? rank - 1 : 1);
  const shapeOf = (name: string) => inferred.tensors.get(name)?.shape ?? null;
  const channelsOf = (name: string) => {
    const shape = shapeOf(name);
    if (shape === null || shape.length < 2 || inferred.tensors.get(name)?.type !== 'float32') return null;
    return shape[channelAxis(shape.length)] ?? null;
  };

  const sets = new DisjointSets();
  const immovable = new Set<string>([...inputs.map(({ name }) => name), ...isOutput, ...fixed]);
  const producers = new Map<string, ScaledProduct>();
  const consumers: ScaledProduct[] = [];
  const limits = new Map<string, number>();
  const bent = new Set<string>();
  const join = (name: string, result: string, from: number) => {
    const count = present(channelsOf(name) ?? undefined, `channels of ${name}`);
    for (let channel = 0; channel < count; channel++)
      sets.join(slotName(name, channel), slotName(result, from + channel));
    sets.join(name, result);
  };
  for (const [index, node] of plan.nodes.entries()) {
    const activations = node.inputs.filter((name) => name !== '' && !constants.has(name));
    const results = node.outputs.filter((name) => name !== '');
    const { product, folded } = node;
    const { kind } = itemAt(nodes, index);
    // A function that is folded in bends what it lets through, or more than that.
    const limit = folded === undefined ? Number.POSITIVE_INFINITY : limitOf(folded);
    const rank = shapeOf(node.outputs[0] ?? '')?.length ?? 0;
    if (
      product !== null &&
      own(product.weights) &&
      own(product.bias) &&
      rank >= 2 &&
      (product.channels < 0 ? rank + product.channels : product.channels) === channelAxis(rank)
    ) {
      const scaled = { ...product, result: itemAt(results, 0) };
      producers.set(scaled.result, scaled);
      consumers.push(scaled);
      if (folded !== undefined) bent.add(scaled.result);
      if (limit === null) immovable.add(scaled.result);
      else limits.set(scaled.result, limit);
    } else if (limit !== null && carries(kind, node, activations, { shapeOf, channelsOf })) {
      const result = itemAt(results, 0);
      const linear = node.channelwise === 'linear' || LINEAR.has(kind);
      if (!linear || folded !== undefined) bent.add(result);
      for (const name of activations) join(name, result, 0);
      limits.set(result, Math.min(limit, node.clamp?.max ?? Number.POSITIVE_INFINITY));
    } else if (
      limit !== null &&
      kind === 'concatenation' &&
      joinsChannels(node, activations, channelAxis, { shapeOf, channelsOf })
    ) {
      const result = itemAt(results, 0);
      bent.add(result);
      let from = 0;
      for (const name of activations) {
        join(name, result, from);
        from += channelsOf(name) ?? 0;
      }
      limits.set(result, limit);
    } else for (const name of [...activations, ...results]) immovable.add(name);
  }

  const members = new Map<string, Set<string>>();
  const tied = [...sets.names()].filter((name) => !name.includes('\0'));
  for (const name of new Set([...producers.keys(), ...consumers.map(({ data }) => data), ...tied]))
    members.set(sets.find(name), (members.get(sets.find(name)) ?? new Set()).add(name));
  return [...members.values()].flatMap((names): ChannelGroup[] => {
    const from = [...names].flatMap((name) => producers.get(name) ?? []);
    const to = consumers.filter(({ data }) => names.has(data));
    if (from.length === 0 || to.length === 0) return [];
    const numbers = new Map<string, number>();
    const tensors = new Map<string, Int32Array>();
    for (const name of names) {
      const channels = channelsOf(name);
      if (channels === null) return [];
      const slots = Int32Array.from({ length: channels }, (_, channel) => {
        const slot = sets.find(slotName(name, channel));
        const number = numbers.get(slot) ?? numbers.size;
        numbers.set(slot, number);
        return number;
      });
      tensors.set(name, slots);
    }
    const own = new Float64Array(numbers.size).fill(Number.POSITIVE_INFINITY);
    const fixedSlots = new Set<number>();
    for (const [name, slots] of tensors)
      for (const slot of slots) {
        own[slot] = Math.min(itemAt(own, slot), limits.get(name) ?? Number.POSITIVE_INFINITY);
        if (immovable.has(name)) fixedSlots.add(slot);
      }
    if (fixedSlots.size === numbers.size) return [];
    const linear = fixedSlots.size === 0 && ![...names].some((name) => bent.has(name));
    return [
      {
        tensors,
        slots: numbers.size,
        fixed: fixedSlots,
        producers: from,
        consumers: to,
        limits: own,
        linear,
      },
    ];
  });
}

/** One channel of a tensor, as a member of the sets. No name holds a zero byte. */
function slotName(tensor: string, channel: number): string {
  return `${tensor}\0${channel}`;
}

/** Whether a node sets the channels of its inputs behind each other, and nothing else. */
function joinsChannels(
  { inputs, outputs }: PlanNode,
  activations: readonly string[],
  channelAxis: (rank: number) => number,
  { shapeOf, channelsOf }: Sizes,
): boolean {
  const result = itemAt(outputs, 0);
  const shape = shapeOf(result);
  const counts = activations.map(channelsOf);
  if (shape === null || activations.length < 2 || activations.length < inputs.length) return false;
  if (counts.reduce<number>((sum, count) => sum + (count ?? Number.NaN), 0) !== channelsOf(result))
    return false;
  return activations.every((name) => {
    const own = shapeOf(name);
    return own?.every((size, axis) => axis === channelAxis(shape.length) || size === shape[axis]) ?? false;
  });
}

/** The largest value that a function lets through which hands on positive factors below that; null: it hands on none. */
function limitOf(folded: FoldedActivation): number | null {
  return folded !== 'other' && folded.min === 0 ? folded.max : null;
}

interface Sizes {
  readonly shapeOf: (name: string) => readonly (number | null)[] | null;
  /** Of a float32 tensor with channels. */
  readonly channelsOf: (name: string) => number | null;
}

/** Whether a node hands on factors of channels as they are. */
function carries(
  kind: OperatorKind | null,
  { channelwise, clamp, inputs, outputs }: PlanNode,
  activations: readonly string[],
  sizes: Sizes,
): boolean {
  const result = itemAt(outputs, 0);
  const shape = sizes.shapeOf(result);
  const channels = sizes.channelsOf(result);
  if (shape === null || channels === null || activations.length === 0) return false;
  if (channelwise === undefined && !HOMOGENEOUS.has(kind)) return false;
  if (kind === 'clip' && (clamp === null || clamp.min !== 0)) return false;
  // A constant that is added would have to be multiplied, too.
  if (kind === 'addition' && activations.length < inputs.length) return false;
  return activations.every((name) => {
    const own = sizes.shapeOf(name);
    if (sizes.channelsOf(name) !== channels || own === null) return false;
    if (channelwise !== undefined) return true;
    // What lies behind the channels, or before them, may be arranged anew as long as the rest of the axes stays.
    return kind === 'reshape' ? own[0] === shape[0] : own.length === shape.length;
  });
}
