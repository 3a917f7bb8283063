import type { ModelFile } from '../formats/format';
import type { Node } from '../model/model';
import type { LayerComparison, LayerReport, LayerSide } from '../protocol/reports';
import type { Side } from './comparison';

/** A layer of the table; nodes in bodies follow the node that they are in. */
interface Row {
  readonly layer: LayerReport;
  readonly side: LayerSide;
  /** Names of the nodes around it: names are unique in their own graph only. */
  readonly path: string;
}

function rowsOf({ report, profile }: Side): Row[] {
  const rows: Row[] = [];
  const add = (layers: readonly LayerReport[], path: string): void => {
    for (const layer of layers) {
      // A profile has the same rows in the same order.
      const timed = profile?.layers[rows.length];
      rows.push({
        layer,
        path,
        side: {
          parameterBytes: layer.parameterBytes,
          activationBytes: layer.activationBytes,
          medianMs: timed?.medianMs ?? null,
          ...(timed?.fusedInto === undefined ? {} : { fusedInto: timed.fusedInto }),
        },
      });
      add(layer.body ?? [], `${path}${layer.name}/`);
    }
  };
  add(report.layers, '');
  return rows;
}

/**
 * Rows of the first model with what became of each: the same layer (by name and operator), else whatever gives
 * its output tensor. Nodes that only the second model has follow, where they take time of their own: conversions
 * that the engine could not fuse.
 */
export function compareLayers(
  before: Side,
  after: Side,
  sqnr: ReadonlyMap<string, number | null>,
  kept: ReadonlyMap<string, string>,
): LayerComparison[] {
  const rows = rowsOf(before);
  const others = rowsOf(after);
  const partners = matchRows(rows, others);
  const heirs = new Map([...partners].map(([row, other]) => [other, row]));
  const folded = foldingOf(after.file, others, heirs);
  const compared = rows.map((row): LayerComparison => {
    const partner = partners.get(row);
    const reason = kept.get(row.layer.name);
    return {
      name: row.layer.name,
      op: row.layer.op,
      before: row.side,
      after: partner?.side ?? folded(row),
      sqnrDb: row.path === '' ? (sqnrOf(row.layer, sqnr) ?? null) : null,
      ...(reason === undefined ? {} : { kept: reason }),
    };
  });
  const added = others.filter((other) => !heirs.has(other) && other.side.medianMs !== null);
  return [
    ...compared,
    ...added.map(
      ({ layer, side }): LayerComparison => ({
        name: layer.name,
        op: layer.op,
        before: null,
        after: side,
        sqnrDb: null,
      }),
    ),
  ];
}

function sqnrOf(layer: LayerReport, sqnr: ReadonlyMap<string, number | null>): number | null | undefined {
  for (const { name } of layer.outputs) if (sqnr.has(name)) return sqnr.get(name);
  return undefined;
}

function matchRows(rows: readonly Row[], others: readonly Row[]): Map<Row, Row> {
  const partners = new Map<Row, Row>();
  const taken = new Set<Row>();
  const match = (keysOf: (row: Row) => string[]): void => {
    const index = new Map<string, Row>();
    for (const other of others) {
      if (taken.has(other)) continue;
      for (const key of keysOf(other)) if (!index.has(key)) index.set(key, other);
    }
    for (const row of rows) {
      if (partners.has(row)) continue;
      const partner = keysOf(row)
        .map((key) => index.get(key))
        .find((other) => other !== undefined && !taken.has(other));
      if (partner === undefined) continue;
      partners.set(row, partner);
      taken.add(partner);
    }
  };
  match(({ layer, path }) => layer.outputs.map(({ name }) => `${path}${layer.op}:${name}`));
  match(({ layer, path }) => [`${path}${layer.op}:${layer.name}`]);
  // Layers with weights may have become other operators; without, it is a conversion that took the name over.
  match(({ layer, path }) =>
    layer.parameters !== 0 ? layer.outputs.map(({ name }) => `${path}${name}`) : [],
  );
  return partners;
}

/**
 * What became of a layer that the second model has not: it went into the one that now gives its output tensor,
 * or into the one before that, past nodes that only the second model has. null when its output is gone.
 */
function foldingOf(
  after: ModelFile,
  others: readonly Row[],
  heirs: ReadonlyMap<Row, Row>,
): (row: Row) => LayerSide | null {
  const { nodes } = after.model.graph;
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const inheritors = new Map<string, string>();
  for (const other of others) {
    const heir = heirs.get(other);
    if (other.path === '' && heir !== undefined) inheritors.set(other.layer.name, heir.layer.name);
  }
  return (row) => {
    const seen = new Set<Node>();
    let tensor = row.path === '' ? row.layer.outputs[0]?.name : undefined;
    while (tensor !== undefined) {
      const node = producers.get(tensor);
      if (node === undefined || seen.has(node)) return null;
      seen.add(node);
      const fusedInto = inheritors.get(node.name);
      if (fusedInto !== undefined)
        return { parameterBytes: 0, activationBytes: 0, medianMs: null, fusedInto };
      tensor = node.inputs[0];
    }
    return null;
  };
}
