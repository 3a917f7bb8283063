import { itemAt } from '../../../model/assert';
import type { InferredGraph, InferredNode } from '../../../model/inference';
import type { NodeId } from '../../../model/nodeId';
import type { ModelFile } from '../../format';
import type { EngineRow, PlacedRows, RowOwner } from '../../profiling';
import type { OnnxNode } from '../reading/graph';
import { onnxFile } from '../rewrite/protos';
import { LAYOUT_OPERATORS, TRAILING_OPERATORS } from './attribution';
import { type InstrumentedLayer, instrument, layerOfTensorName } from './instrument';

/** What ONNX Runtime adds to the name of a node that it replaces: `fused NAME`, `NAME/MatMulAddFusion`. */
const FUSED = /^fused (?<after>.+)$|^(?<before>.+)\/\w+Fusion\/?$/s;
/** A row in its blocked layout is named after the tensor that it gives; a name that is taken gets a number. */
const BLOCKED = /^(.+)_nchwc(?:_token_\d+)?$/s;
/** Changes of type that it puts before nodes that a processor has not in half precision. */
const CAST = /^InsertedPrecisionFreeCast_/;
/** A node without a name is called after its operator and number. */
const NUMBERED = /^(.+)_(\d+)$/s;
/** A part of the model that another engine took as a whole. */
const PARTITION = /ExecutionProvider/;

/**
 * Rows of an ONNX Runtime profile of the model itself. It keeps names or adds to them in a few ways; a name of its own
 * (`BiasGelu_token_3`) does not say which nodes it stands for, nor is the graph there that would.
 */
export function placeRows(file: ModelFile, inferred: InferredGraph, rows: readonly EngineRow[]): PlacedRows {
  const { layers } = instrument(onnxFile(file).proto, inferred);
  return new Placing(layers, nodesOf(inferred)).place(rows);
}

/** Nodes as instrumenting counts them: each followed by those of its bodies. */
function nodesOf({ nodes }: InferredGraph): OnnxNode[] {
  return nodes.flatMap(({ node, bodies }: InferredNode) => [node as OnnxNode, ...bodies.flatMap(nodesOf)]);
}

class Placing {
  /** Layers by name and by the tensors that they give; null: several are called so. */
  private readonly named = new Map<string, number | null>();
  private readonly giving = new Map<string, number | null>();
  private readonly unnamed = new Map<string, number>();
  /** Layers that read what one gives, of the same graph. */
  private readonly readers = new Map<number, number[]>();
  private readonly fates = new Map<NodeId, { layer: NodeId } | { words: string }>();

  constructor(
    private readonly layers: readonly InstrumentedLayer[],
    nodes: readonly OnnxNode[],
  ) {
    const note = (names: Map<string, number | null>, name: string, layer: number) => {
      if (name !== '') names.set(name, names.has(name) ? null : layer);
    };
    for (const { index, inputs } of layers) {
      for (const giver of inputs.map((input) => this.giverOf(input))) {
        if (giver !== null) this.readers.set(giver, [...(this.readers.get(giver) ?? []), index]);
      }
    }
    // Constants are no nodes for the engine.
    let number = 0;
    nodes.forEach(({ op, outputs, proto }, layer) => {
      note(this.named, proto.name, layer);
      for (const output of outputs) note(this.giving, output, layer);
      if (itemAt(this.layers, layer).graph !== 0 || op === 'Constant') return;
      if (proto.name === '') this.unnamed.set(`${proto.opType}_${number}`, layer);
      number++;
    });
  }

  place(rows: readonly EngineRow[]): PlacedRows {
    const kept = rows.map((row) => this.byName(row));
    const withRow = new Set(kept.filter((layer) => layer !== null));
    const owners = rows.map((row, index) => kept[index] ?? this.byTensor(row, withRow));
    for (const owner of owners) if (owner !== null) withRow.add(owner);
    rows.forEach(({ op }, index) => {
      const owner = owners[index] ?? null;
      if (owner !== null && op === `Fused${itemAt(this.layers, owner).op}`) this.foldTrailing(owner, withRow);
    });
    for (const { index, id, constant } of this.layers)
      if (constant && !withRow.has(index)) this.fates.set(id, { words: 'a constant' });
    for (const owner of withRow) this.fates.delete(itemAt(this.layers, owner).id);
    return {
      notes: [],
      owners: rows.map((row, index) => this.ownerOf(row, owners[index] ?? null)),
      fates: this.fates,
    };
  }

  private ownerOf(row: EngineRow, owner: number | null): RowOwner {
    if (owner !== null) return { kind: 'layer', id: itemAt(this.layers, owner).id };
    if (isAdded(row)) return { kind: 'engine' };
    const known = [row.name, BLOCKED.exec(row.name)?.[1] ?? ''].some(
      (name) => this.named.has(name) || this.giving.has(name),
    );
    return { kind: known || isGenerated(row) || PARTITION.test(row.name) ? 'unknown' : 'foreign' };
  }

  private byName({ name }: EngineRow): number | null {
    const { after, before } = FUSED.exec(name)?.groups ?? {};
    for (const one of [name, after, before]) {
      const layer = one === undefined ? undefined : this.named.get(one);
      if (layer !== undefined) return layer;
    }
    return NUMBERED.test(name) ? (this.unnamed.get(name) ?? null) : null;
  }

  /** The row's own operator computes the tensor, or what is folded into it does: activations behind it. */
  private byTensor({ name, op }: EngineRow, withRow: ReadonlySet<number>): number | null {
    const last = this.giving.get(BLOCKED.exec(name)?.[1] ?? '') ?? null;
    const folded: number[] = [];
    for (let layer = last; layer !== null && !withRow.has(layer); ) {
      const { op: own, inputs, id } = itemAt(this.layers, layer);
      if (own === op) {
        for (const one of folded) this.fates.set(itemAt(this.layers, one).id, { layer: id });
        return layer;
      }
      if (!TRAILING_OPERATORS.has(own)) return null;
      folded.push(layer);
      layer = this.giverOf(inputs[0] ?? '');
    }
    return null;
  }

  /** An operator that says that it has an activation in it has the one that alone reads it. */
  private foldTrailing(owner: number, withRow: ReadonlySet<number>): void {
    const [reader, ...others] = this.readers.get(owner) ?? [];
    if (reader === undefined || others.length > 0 || withRow.has(reader)) return;
    const { id, op } = itemAt(this.layers, reader);
    if (TRAILING_OPERATORS.has(op)) this.fates.set(id, { layer: itemAt(this.layers, owner).id });
  }

  private giverOf(tensor: string): number | null {
    const layer = layerOfTensorName(tensor);
    return layer !== null && layer < this.layers.length ? layer : null;
  }
}

/** Changes of layout and type have no name of the model in theirs. */
function isAdded({ name, op }: EngineRow): boolean {
  return CAST.test(name) || (LAYOUT_OPERATORS.has(op) && isGenerated({ name, op }));
}

/** `ReorderOutput`, `BiasGelu_token_3`, `FusedConv_211`: the engine's own name for what it made, or of a node without one. */
function isGenerated({ name, op }: EngineRow): boolean {
  return name.replace(/(?:_token)?_\d+$/, '') === op;
}
