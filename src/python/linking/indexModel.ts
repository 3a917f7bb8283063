import type { Analysis } from '../../analysis/inspect';
import { find, type Row } from '../../analysis/rows';
import type { IndexedRow, IndexedWeight, ModelIndex } from './modelIndex';
import { modulePaths, type Naming, tensorPaths, withoutCall } from './names';

/**
 * Layers that are kept of one model. The largest networks have about as many that hold weights; an index of this size
 * takes a few MB, and a workspace may hold many (CWE-770).
 */
const MAX_ROWS = 10_000;
/**
 * A layer of a network has a handful of weights; a node with more is not one that a constructor makes (CWE-770).
 */
const MAX_WEIGHTS = 64;

/** Makes the index of a model; where there are too many layers, those with weights come first. */
export function indexModel(
  format: { readonly id: string } & Naming,
  { report, rows, nodes }: Analysis,
): ModelIndex {
  const found = nodes.flatMap((node, position) => {
    const figures = rows[position];
    return figures === undefined ? [] : indexedRow(format, node, figures);
  });
  const weighted = found.filter(({ weights }) => weights.length > 0);
  const others = found.filter(({ weights }) => weights.length === 0);
  const kept = [...weighted, ...others].slice(0, MAX_ROWS);
  const [weightType = null] = Object.keys(report.bytesByType);
  return {
    format: format.id,
    separator: format.plainNames ? '_' : '.',
    weightType,
    parameters: report.totals.parameters,
    parameterBytes: report.totals.parameterBytes,
    macs: report.totals.macs,
    rows: kept.sort((a, b) => a.row - b.row),
    complete: kept.length === found.length,
  };
}

function indexedRow(
  format: Naming,
  { id, index, entry: { node }, graph, position }: Row,
  { activationBytes, macs }: { activationBytes: number | null; macs: number | null },
): IndexedRow[] {
  const { tensors } = graph.inferred;
  const [output] = node.outputs;
  // Constants, and what only decodes them, are no layers.
  if (output === undefined || tensors.get(output)?.constant) return [];
  const weights = (graph.parameters.get(position) ?? []).slice(0, MAX_WEIGHTS).map(
    ({ tensor }): IndexedWeight => ({
      name: tensor.name,
      paths: tensorPaths(format, tensor.name),
      shape: tensor.shape,
      type: tensor.type,
      elements: tensor.storedElements,
    }),
  );
  const paths = modulePaths(format, node.name, node.scope);
  if (weights.length === 0 && paths.length === 0) return [];
  const inputs = node.inputs.flatMap((name) => find(name, graph)?.tensor ?? []);
  const [path] = paths;
  return [
    {
      row: index,
      id,
      name: node.name,
      op: node.op,
      paths,
      repeats: path === undefined ? null : withoutCall(path),
      weights,
      input: inputs.find(({ constant }) => !constant)?.shape ?? null,
      output: tensors.get(output)?.shape ?? null,
      activationBytes,
      macs,
    },
  ];
}
