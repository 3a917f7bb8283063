import { equalizedName, originalName } from '../../formats/equalized';
import { attributeOf } from './attributes';
import { ACTIVATIONS, CONVERSIONS, type Family, LINEAR } from './families';
import type { Partners } from './matching';
import { producerOf, producersOf, type Side, type SideRow } from './side';

/** Layers whose outputs' names say nothing of where their work is done: conversions of types and layouts. */
const CONVERTING: ReadonlySet<Family> = new Set<Family>(['quantize', 'dequantize', 'cast', 'transpose']);

/** One model and the other, as seen from the one whose layers are looked for. */
export interface Direction {
  readonly from: Side;
  readonly to: Side;
  /** Of layers of `from` in `to`, and back. */
  readonly partners: Partners;
  readonly heirs: Partners;
  /** Whether the weights of a layer are others in `to`. */
  readonly weightsDiffer: (row: SideRow) => boolean;
}

/**
 * What became of layers that the other model has not as such: an exporter or a quantizer put their work into another
 * layer. By row of `from`, the row of `to` that does their work now.
 */
export function foldedLayers(direction: Direction): Map<SideRow, SideRow> {
  const { from, partners } = direction;
  const consumers = consumersOf(from);
  const folded = new Map<SideRow, SideRow>();
  const missing = from.rows.filter((row) => !partners.has(row));
  const into = (row: SideRow | undefined) => row && (partners.get(row) ?? folded.get(row));
  const heirs = new HeirsOfTensors(direction);
  for (const row of missing) {
    const target = heirs.ofOutput(row) ?? intoProducer(row, direction, into);
    if (target !== undefined) folded.set(row, target);
  }
  // Backwards: what is folded into the layer behind it may have been behind another one that is.
  for (const row of missing.reverse()) {
    if (folded.has(row)) continue;
    const next = consumers.get(row)?.[0];
    const target = into(next);
    if (next !== undefined && target !== undefined && isTakenBy(row, next, target)) folded.set(row, target);
  }
  return folded;
}

/** Matched layers that give tensors of the one model in the other, past conversions that only that model has. */
class HeirsOfTensors {
  private readonly known = new Map<string, SideRow | undefined>();

  constructor(private readonly direction: Direction) {}

  ofOutput({ place, family }: SideRow): SideRow | undefined {
    const name = place.entry.node.outputs[0] ?? '';
    if (place.parent !== null || CONVERTING.has(family)) return undefined;
    return this.of(name) ?? this.of(equalizedName(name)) ?? this.of(originalName(name));
  }

  private of(name: string): SideRow | undefined {
    const { to, heirs } = this.direction;
    const [main] = to.rows;
    const passed: string[] = [];
    let found: SideRow | undefined;
    for (let tensor = name; main !== undefined && tensor !== ''; ) {
      if (this.known.has(tensor)) {
        found = this.known.get(tensor);
        break;
      }
      passed.push(tensor);
      // Until it is known: tensors in a ring have no heir.
      this.known.set(tensor, undefined);
      const producer = producerOf(to, main.place.graph, tensor);
      if (producer !== null && heirs.has(producer)) {
        found = producer;
        break;
      }
      if (producer === null || !CONVERSIONS.has(producer.family)) break;
      tensor = producer.place.entry.node.inputs[0] ?? '';
    }
    for (const tensor of passed) this.known.set(tensor, found);
    return found;
  }
}

/** The layer before it, which now applies it too, as its attributes or its weights show. */
function intoProducer(
  row: SideRow,
  { from, weightsDiffer }: Direction,
  into: (row: SideRow | undefined) => SideRow | undefined,
): SideRow | undefined {
  const { family } = row;
  if (!ACTIVATIONS.has(family) && !LINEAR.has(family)) return undefined;
  for (const producer of new Set(producersOf(from, row))) {
    const target = into(producer);
    if (target === undefined) continue;
    if (ACTIVATIONS.has(family) && activates(target) && !activates(producer)) return target;
    const ofConstants = row.figures.parameters !== 0 || family === 'negation';
    if (LINEAR.has(family) && ofConstants && weightsDiffer(producer)) return target;
  }
  return undefined;
}

/** Whether a layer applies an activation itself, as an attribute of it says. */
export function activates({ place }: SideRow): boolean {
  const { attributes } = place.entry.node;
  const activation =
    attributeOf(attributes, 'fused_activation_function') ?? attributeOf(attributes, 'activation');
  return activation !== undefined && activation !== 'NONE' && activation !== '';
}

/** Whether the layer behind does its work: padding that is an attribute there, a constant that is stored there. */
function isTakenBy(row: SideRow, next: SideRow, target: SideRow): boolean {
  if (row.family === 'constant') return true;
  return row.family === 'padding' && pads(target) && !pads(next);
}

function pads({ place }: SideRow): boolean {
  const { attributes } = place.entry.node;
  const amounts = attributeOf(attributes, 'pads') ?? attributeOf(attributes, 'pad');
  if (typeof amounts === 'object') return amounts.some((amount) => Number(amount) !== 0);
  const rule =
    attributeOf(attributes, 'padding') ??
    attributeOf(attributes, 'auto_pad') ??
    attributeOf(attributes, 'pad_type');
  return typeof rule === 'string' && /same/i.test(rule);
}

/** Rows that use what a row gives, in the order of the file. */
function consumersOf(side: Side): Map<SideRow, SideRow[]> {
  const consumers = new Map<SideRow, SideRow[]>();
  for (const row of side.rows) {
    const { node } = row.place.entry;
    for (const name of new Set(node.inputs)) {
      const producer = name === '' ? null : producerOf(side, row.place.graph, name);
      if (producer === null) continue;
      const list = consumers.get(producer);
      if (list) list.push(row);
      else consumers.set(producer, [row]);
    }
  }
  return consumers;
}
