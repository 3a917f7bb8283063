import type { ParameterTensor } from '../../formats/format';
import type { Attribute, Node, Tensor } from '../../model/model';
import { ModelError } from '../../model/modelError';
import { formatBytes, formatDb, formatInteger, formatShape, UNKNOWN } from '../../protocol/numbers';
import type { LayerChange, TensorReport, WeightComparison, WeightSide } from '../../protocol/reports';
import { attributeText } from '../details';
import type { EnteredGraph } from '../rows';
import { attributeKey } from './attributes';
import { squeezed } from './layout';
import type { Partners } from './matching';
import { producerOf, type Side, type SideRow } from './side';
import type { WeightComparer } from './weights';

/**
 * Elements of a constant that sets how a node works, such as axes and bounds; longer ones are told by their
 * shape (CWE-770).
 */
const MAX_SETTING = 4096;

/** What differs between a layer of one model and the same layer of the other. */
export interface LayerDifference {
  readonly changes: readonly LayerChange[];
  readonly weights: readonly WeightComparison[];
}

/** Finds what changed in layers that were matched. Attributes and wiring can be compared within a format only. */
export class LayerComparer {
  readonly sameFormat: boolean;
  /** By row of the second model. */
  private readonly heirs: ReadonlyMap<SideRow, SideRow>;

  constructor(
    private readonly before: Side,
    private readonly after: Side,
    partners: Partners,
    private readonly weights: WeightComparer,
  ) {
    this.sameFormat = before.file.format === after.file.format;
    this.heirs = new Map([...partners].map(([row, other]) => [other, row]));
  }

  differences(row: SideRow, other: SideRow): LayerDifference {
    const weights = this.weights.differing(row, other);
    const changes: LayerChange[] = [];
    const compare = (what: string, before: string, after: string) => {
      if (before !== after) changes.push({ what, before, after });
    };
    const [a, b] = [row.figures, other.figures];
    if (this.sameFormat) compare('operator', a.op, b.op);
    this.compareOutputs(row, other, compare);
    if (this.sameFormat) {
      compareAttributes(row.place.entry.node, other.place.entry.node, compare);
      this.compareInputs(row, other, compare);
      this.compareConstants(row, other, compare);
    }
    // What is not known to differ is in the list of weights alone.
    changes.push(...weights.filter(isKnownToDiffer).map(weightChange));
    if (a.macs !== null && b.macs !== null) compare('MACs', formatInteger(a.macs), formatInteger(b.macs));
    // What is unknown of one of them is no difference that is known.
    const compareBytes = (what: string, before: number | null, after: number | null) => {
      if (before !== null && after !== null) compare(what, exactBytes(before), exactBytes(after));
    };
    compareBytes('weight bytes', a.parameterBytes, b.parameterBytes);
    compareBytes('output bytes', a.activationBytes, b.activationBytes);
    return { changes, weights };
  }

  private compareOutputs({ figures }: SideRow, other: SideRow, compare: Compare): void {
    const outputs = other.figures.outputs;
    if (figures.outputs.length !== outputs.length) {
      compare('outputs', String(figures.outputs.length), String(outputs.length));
    }
    for (const [index, output] of figures.outputs.entries()) {
      const partner = outputs[index];
      if (partner === undefined) continue;
      const which = index === 0 ? '' : ` of output ${index + 1}`;
      compare(`type${which}`, storedType(output), storedType(partner));
      if (output.shape && partner.shape && !this.sameShape(output.shape, partner.shape)) {
        compare(`shape${which}`, formatShape(output.shape), formatShape(partner.shape));
      }
    }
  }

  /** Between formats the order of the dimensions and those of 1 are the format's own. */
  private sameShape(a: readonly (number | null)[], b: readonly (number | null)[]): boolean {
    if (this.sameFormat) return `${a}` === `${b}`;
    const sizes = (shape: readonly (number | null)[]) =>
      squeezed(shape.map((size) => size ?? -1)).sort((x, y) => x - y);
    return `${sizes(a)}` === `${sizes(b)}`;
  }

  private compareInputs(row: SideRow, other: SideRow, compare: Compare): void {
    const [a, b] = [row.place.entry.node.inputs, other.place.entry.node.inputs];
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      const from = this.source(this.before, row.place.graph, a[index] ?? '', (found) =>
        this.hasPartner(found),
      );
      const to = this.source(this.after, other.place.graph, b[index] ?? '', (found) => this.heirs.has(found));
      if (from.kind === 'constant' || to.kind === 'constant') continue;
      const same =
        from.kind === 'row' && to.kind === 'row'
          ? this.heirs.get(to.row) === from.row && from.output === to.output
          : from.kind === to.kind && from.key === to.key;
      if (!same) changesOfInput(index, from, to, compare);
    }
  }

  private hasPartner(row: SideRow): boolean {
    this.matched ??= new Set(this.heirs.values());
    return this.matched.has(row);
  }
  private matched: Set<SideRow> | undefined;

  /** Where a tensor comes from, past layers that the other model has not. */
  private source(
    side: Side,
    graph: EnteredGraph,
    name: string,
    isMatched: (row: SideRow) => boolean,
  ): Source {
    const passed: [EnteredGraph, string][] = [];
    let tensor = name;
    let place = graph;
    let found = this.sources.get(place)?.get(tensor);
    while (found === undefined) {
      const known = this.sources.get(place) ?? new Map<string, Source>();
      this.sources.set(place, known.set(tensor, NOWHERE));
      passed.push([place, tensor]);
      const producer = tensor === '' ? null : producerOf(side, place, tensor);
      if (tensor === '') found = NONE;
      else if (producer === null) found = inputOf(place, tensor);
      else if (isMatched(producer)) found = outputOf(producer, tensor);
      else if (producer.place.graph.inferred.tensors.get(tensor)?.constant) found = CONSTANT;
      else {
        place = producer.place.graph;
        tensor = producer.place.entry.node.inputs[0] ?? '';
        found = this.sources.get(place)?.get(tensor);
      }
    }
    for (const [at, one] of passed) this.sources.get(at)?.set(one, found);
    return found;
  }
  /** Of both models: each graph is of one of them. */
  private readonly sources = new Map<EnteredGraph, Map<string, Source>>();

  /** Stored tensors that are no weights: axes, bounds, shapes. */
  private compareConstants(row: SideRow, other: SideRow, compare: Compare): void {
    const [a, b] = [row.place.entry.node, other.place.entry.node];
    for (let index = 0; index < Math.max(a.inputs.length, b.inputs.length); index++) {
      const from = this.setting(this.before, row, a.inputs[index], (found) => this.hasPartner(found));
      const to = this.setting(this.after, other, b.inputs[index], (found) => this.heirs.has(found));
      if (from !== null || to !== null) compare(`input ${index + 1}`, from ?? UNKNOWN, to ?? UNKNOWN);
    }
    // What a Constant node gives is stored as a tensor of its output's name.
    const [from, to] = [
      this.setting(this.before, row, a.outputs[0], () => false),
      this.setting(this.after, other, b.outputs[0], () => false),
    ];
    if (from !== null && to !== null) compare('value', from, to);
  }

  /**
   * The elements of a stored tensor that a node takes and that is no weight, as text; else null. A Constant node that
   * both models have is a row of its own, which says what changed in it.
   */
  private setting(
    side: Side,
    { place }: SideRow,
    name: string | undefined,
    isRow: (producer: SideRow) => boolean,
  ): string | null {
    if (!name) return null;
    const { graph, position } = place;
    const producer = producerOf(side, graph, name);
    if (producer !== null && isRow(producer)) return null;
    for (let here: EnteredGraph | null = graph; here !== null; here = here.outer) {
      const tensor = here.inferred.graph.constants.get(name);
      if (tensor === undefined) continue;
      if (weightsAt(graph, position).has(tensor)) return null;
      const kind = `${tensor.type} ${formatShape(tensor.shape)}`;
      if (tensor.type === 'string' || tensor.storedElements > MAX_SETTING) return kind;
      try {
        const { values } = side.file.readTensor(tensor);
        return `${kind}: ${attributeText(Array.from(values))}`;
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        return kind;
      }
    }
    return null;
  }
}

const weightSets = new WeakMap<readonly ParameterTensor[], ReadonlySet<Tensor>>();

function weightsAt(graph: EnteredGraph, position: number): ReadonlySet<Tensor> {
  const weights = graph.parameters.get(position) ?? [];
  let set = weightSets.get(weights);
  if (set === undefined) {
    set = new Set(weights.map(({ tensor }) => tensor));
    weightSets.set(weights, set);
  }
  return set;
}

type Compare = (what: string, before: string, after: string) => void;

type Source =
  | {
      readonly kind: 'row';
      readonly row: SideRow;
      readonly output: number;
      readonly key: string;
      readonly label: string;
    }
  | { readonly kind: 'input' | 'constant' | 'none'; readonly key: string; readonly label: string };

const CONSTANT: Source = { kind: 'constant', key: '', label: 'a constant' };
const NONE: Source = { kind: 'none', key: '', label: 'none' };
/** Of tensors in a ring. */
const NOWHERE: Source = { kind: 'none', key: '', label: 'a layer that depends on itself' };

function outputOf(row: SideRow, tensor: string): Source {
  const output = placeIn(row.place.entry.node.outputs, tensor);
  return { kind: 'row', row, output, key: '', label: row.figures.name };
}

const places = new WeakMap<readonly unknown[], ReadonlyMap<string, number>>();

/** The index of a name in a list that is asked for many; -1 where it is not in it. */
function placeIn(list: readonly (string | { readonly name: string })[], name: string): number {
  let found = places.get(list);
  if (found === undefined) {
    const names = list.map((one, index) => [typeof one === 'string' ? one : one.name, index] as const);
    // Backwards, so that of several of one name the first counts.
    found = new Map(names.reverse());
    places.set(list, found);
  }
  return found.get(name) ?? -1;
}

function inputOf(graph: EnteredGraph, name: string): Source {
  for (let here: EnteredGraph | null = graph; here !== null; here = here.outer) {
    const index = placeIn(here.inferred.graph.inputs, name);
    if (index >= 0) return { kind: 'input', key: String(index), label: name };
    if (here.inferred.tensors.has(name)) return CONSTANT;
  }
  return { kind: 'none', key: name, label: name };
}

function changesOfInput(index: number, from: Source, to: Source, compare: Compare): void {
  // Two layers may have one name.
  const after = from.label === to.label ? `${to.label} (another tensor)` : to.label;
  compare(`input ${index + 1}`, from.label, after);
}

function compareAttributes(a: Node, b: Node, compare: Compare): void {
  const others = new Map(b.attributes.map((attribute) => [attribute.name, attribute]));
  const text = (attribute: Attribute | undefined) => (attribute ? attributeText(attribute.value) : UNKNOWN);
  for (const attribute of a.attributes) {
    const other = others.get(attribute.name);
    others.delete(attribute.name);
    if (other !== undefined && attributeKey(attribute) === attributeKey(other)) continue;
    const after = text(other);
    // Lists that are too long to show may differ behind what is shown.
    compare(attribute.name, text(attribute), after === text(attribute) ? `${after} (others)` : after);
  }
  for (const other of others.values()) compare(other.name, UNKNOWN, text(other));
}

/** An element type with its scale, where the tensor itself has one. */
function storedType({ type, quantization }: TensorReport): string {
  if (quantization === undefined || quantization.scale === null) return type ?? UNKNOWN;
  return `${type} (scale ${quantization.scale}, zero point ${quantization.zeroPoint})`;
}

function isKnownToDiffer({ before, after, identical }: WeightComparison): boolean {
  return identical !== null || kind(before) !== kind(after);
}

function kind(side: WeightSide | null): string | null {
  return side === null ? null : `${side.type} ${formatShape(side.shape)}`;
}

function weightChange(weight: WeightComparison): LayerChange {
  const { before, after } = weight;
  const name = before?.name || after?.name || 'without a name';
  const suffix = before === null || after === null ? '' : said(weight);
  return {
    what: `weight ${name}`,
    before: kind(before),
    after: after === null ? null : `${kind(after)}${suffix}`,
  };
}

/** How far two weights are from one another, behind their types. */
function said({ identical, sqnrDb }: WeightComparison): string {
  if (sqnrDb !== null) return `, SQNR ${formatDb(sqnrDb)}`;
  if (identical === null) return ', not compared';
  return identical ? ', equal values' : ', other values';
}

function exactBytes(bytes: number): string {
  return bytes < 1000 ? formatBytes(bytes) : `${formatBytes(bytes)} (${formatInteger(bytes)})`;
}
