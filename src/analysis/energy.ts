import type { InferredGraph, InferredNode } from '../model/inference';
import { PICKERS } from '../model/operatorKind';
import type { LayerRow } from '../protocol/page';
import type { EnergyReport } from '../protocol/reports';
import { type EnteredGraph, find, type Row } from './rows';
import { tensorBytes } from './tensorBytes';

/**
 * Published energies of single operations in a 45 nm chip at 0.9 V: M. Horowitz, "Computing's energy problem (and what we
 * can do about it)", ISSCC 2014, doi 10.1109/ISSCC.2014.6757323, figure 1.1.9. Picojoules.
 */
const ADDITION = { int8: 0.03, int32: 0.1, float16: 0.4, float32: 0.9 } as const;
const MULTIPLICATION = { int8: 0.2, int32: 3.1, float16: 1.1, float32: 3.7 } as const;
/** A cache of 1 MB gives 64 bits for 100 pJ. */
const CACHE_BYTE = 100 / 8;
/** DRAM gives 64 bits for 1,300 to 2,600 pJ: the lower end. */
const MEMORY_BYTE = 1300 / 8;

/** What every figure of energy here is, for people. */
export const ENERGY_SOURCE =
  'An estimate from published energies of single operations in a 45 nm chip (Horowitz, ISSCC 2014): weights come from ' +
  'DRAM once, activations from a cache of 1 MB. It ranks layers and precisions; a real chip takes another amount.';

type Arithmetic = keyof typeof ADDITION;

/** Element types, and how a layer computes with them. */
const COMPUTED: Readonly<Record<string, Arithmetic>> = {
  int8: 'int8',
  uint8: 'int8',
  float16: 'float16',
  bfloat16: 'float16',
  float32: 'float32',
  int32: 'int32',
};

/** Picojoules of one run of a layer without its bodies; null where a type, a size or the MACs are not known. */
export function layerEnergy(
  { entry, graph }: Row,
  row: Pick<LayerRow, 'macs' | 'elementOps' | 'parameterBytes' | 'outputs'>,
): number | null {
  const { macs, elementOps, parameterBytes } = row;
  const { node } = entry;
  if (entry.bodies.length > 0 || node.bodiesHidden) return null;
  const outputs = node.outputs.filter((name) => name !== '').map((name) => find(name, graph)?.tensor);
  if (outputs.every((tensor) => tensor?.constant)) return 0;
  const taken = node.inputs.flatMap((name) => (name === '' ? [] : [find(name, graph)?.tensor]));
  const moved = [...taken.filter((tensor) => tensor?.constant !== true), ...outputs];
  let bytes = 0;
  for (const tensor of moved) {
    const size = tensor === undefined ? null : tensorBytes(tensor);
    if (size === null) return null;
    bytes += size;
  }
  if (macs === null || elementOps === null || parameterBytes === null) return null;
  const arithmetic = macs + elementOps === 0 ? 'int32' : arithmeticOf(entry, graph, macs > 0);
  if (arithmetic === null) return null;
  const given = outputs.reduce((all, tensor) => all + ((tensor && tensorBytes(tensor)) ?? 0), 0);
  const weights = PICKERS.has(node.kind) ? Math.min(parameterBytes, given) : parameterBytes;
  // Products of 8-bit integers are summed up in 32 bits.
  const sum = ADDITION[arithmetic === 'int8' ? 'int32' : arithmetic];
  return (
    macs * (MULTIPLICATION[arithmetic] + sum) +
    elementOps * ADDITION[arithmetic] +
    weights * MEMORY_BYTE +
    bytes * CACHE_BYTE
  );
}

/** null: activations and weights differ, so that how it computes depends on the engine. */
function arithmeticOf({ node }: InferredNode, graph: EnteredGraph, weighted: boolean): Arithmetic | null {
  const kinds = node.inputs
    .slice(0, weighted ? 2 : 1)
    .flatMap((name) => (name === '' ? [] : [COMPUTED[typeBehind(name, graph) ?? ''] ?? null]));
  const [first = null] = kinds;
  return kinds.every((kind) => kind === first) ? first : null;
}

/** The type that a tensor is decoded from, where the node before it decodes it. */
function typeBehind(name: string, graph: EnteredGraph): string | null {
  const source = decodersOf(graph.inferred).get(name);
  return find(source === undefined ? name : source, graph)?.tensor.type ?? null;
}

/** Kept, since every layer of a graph asks for it. */
const decoders = new WeakMap<InferredGraph, ReadonlyMap<string, string>>();

/** What each tensor that is decoded is decoded from. */
function decodersOf(graph: InferredGraph): ReadonlyMap<string, string> {
  const known = decoders.get(graph);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  for (const { node } of graph.nodes) {
    const [source] = node.inputs;
    if (node.kind === 'dequantize' && source) for (const name of node.outputs) found.set(name, source);
  }
  decoders.set(graph, found);
  return found;
}

/** Of all layers: null where one is not known, then `known` is the rest. */
export function totalEnergy(layers: readonly (number | null)[]): EnergyReport {
  let picojoules: number | null = 0;
  let known = 0;
  for (const one of layers) {
    known += one ?? 0;
    picojoules = picojoules === null || one === null ? null : picojoules + one;
  }
  return { picojoules, knownPicojoules: known, source: ENERGY_SOURCE };
}
