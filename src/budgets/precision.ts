import type { Analysis } from '../analysis/inspect';
import { find, type Row } from '../analysis/rows';
import type { DataType } from '../model/dataType';
import type { OperatorKind } from '../model/operatorKind';

/**
 * What `caliper.json` calls a precision of a layer:
 * - `int8`: what it multiplies is stored in 8 bits or fewer, activations and weights;
 * - `int8-weights`, `int4-weights`: its weights are stored in as many bits or fewer, whatever the activations are;
 * - `float16`: both are in 16 bits or fewer.
 */
export const PRECISIONS = ['int8', 'int8-weights', 'int4-weights', 'float16'] as const;
export type PrecisionName = (typeof PRECISIONS)[number];

/** Multiply-accumulates of the layers at each precision, and of those for which it is not known. */
export interface PrecisionMacs {
  readonly macs: Readonly<Record<PrecisionName, number>>;
  readonly unsure: Readonly<Record<PrecisionName, number>>;
  /** null: those of some layers are not known. */
  readonly total: number | null;
}

interface Sides {
  /** Stored types; null: not known. */
  readonly weights: DataType | null;
  readonly activations: DataType | null;
}

const FOUR_BITS = new Set(['int4', 'uint4', 'int2', 'uint2']);
const EIGHT_BITS = new Set([...FOUR_BITS, 'int8', 'uint8']);
const SIXTEEN_BITS = new Set([...EIGHT_BITS, 'float16', 'bfloat16', 'int16', 'uint16']);

/** Kinds that move elements and leave them as they are. */
const PASSES: ReadonlySet<OperatorKind> = new Set(['reshape', 'transpose', 'identity']);

const KEEPS: Readonly<Record<PrecisionName, (sides: Sides) => boolean | null>> = {
  int8: ({ weights, activations }) => both(within(weights, EIGHT_BITS), within(activations, EIGHT_BITS)),
  'int8-weights': ({ weights }) => within(weights, EIGHT_BITS),
  'int4-weights': ({ weights }) => within(weights, FOUR_BITS),
  float16: ({ weights, activations }) =>
    both(within(weights, SIXTEEN_BITS), within(activations, SIXTEEN_BITS)),
};

function within(type: DataType | null, types: ReadonlySet<string>): boolean | null {
  return type === null ? null : types.has(type);
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}

/** How many of a model's multiply-accumulates are at each precision, by what its file stores. */
export function macsByPrecision({ nodes, report }: Analysis): PrecisionMacs {
  const none = () => Object.fromEntries(PRECISIONS.map((name) => [name, 0])) as Record<PrecisionName, number>;
  const [macs, unsure] = [none(), none()];
  for (const row of nodes) {
    const own = row.entry.macs ?? 0;
    if (own === 0) continue;
    const sides = sidesOf(row);
    for (const name of PRECISIONS) {
      const keeps = KEEPS[name](sides);
      if (keeps === true) macs[name] += own;
      else if (keeps === null) unsure[name] += own;
    }
  }
  // Bodies may run several times or not at all: shares of their rows are not shares of a run.
  const flat = nodes.every(({ depth, entry }) => depth === 0 || entry.macs === 0);
  return { macs, unsure, total: flat ? report.totals.macs : null };
}

/** The two things that a layer multiplies, through the operators that decode them. Without weights both are activations. */
function sidesOf(row: Row): Sides {
  const { entry, graph, position } = row;
  let weights: DataType | null | undefined;
  let most = -1;
  for (const { tensor } of graph.parameters.get(position) ?? []) {
    // Biases have 32 bits in every integer layer; the products are with the largest tensor.
    if (tensor.storedElements <= most) continue;
    most = tensor.storedElements;
    weights = tensor.type;
  }
  const inputs = entry.node.inputs.filter(
    (name) => name !== '' && find(name, graph)?.tensor.constant === false,
  );
  const types = inputs.map((name) => storedType(name, row));
  const [first = null, second = null] = types;
  return weights === undefined ? { weights: second, activations: first } : { weights, activations: first };
}

/** The type of a tensor, or of what it is decoded from. */
function storedType(name: string, { graph }: Row): DataType | null {
  const producers = producersOf(graph.inferred);
  let from = name;
  // A graph of nodes that give each other their inputs has no longer way than its nodes.
  for (let steps = producers.size; steps > 0; steps--) {
    const producer = producers.get(from);
    const [input] = producer?.inputs ?? [];
    if (producer === undefined || input === undefined || producer.kind === null) break;
    if (producer.kind === 'dequantize') return find(input, graph)?.tensor.type ?? null;
    if (!PASSES.has(producer.kind)) break;
    from = input;
  }
  return find(name, graph)?.tensor.type ?? null;
}

type Inferred = Row['graph']['inferred'];
const knownProducers = new WeakMap<Inferred, ReadonlyMap<string, Inferred['nodes'][number]['node']>>();

/** By the name of each tensor of a graph, the node that gives it; made once a graph. */
function producersOf(inferred: Inferred) {
  const made = knownProducers.get(inferred);
  if (made) return made;
  const map = new Map(
    inferred.nodes.flatMap(({ node }) => node.outputs.map((name) => [name, node] as const)),
  );
  knownProducers.set(inferred, map);
  return map;
}
