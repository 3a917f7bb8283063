import { itemAt } from '../model/assert';
import { ModelError, UsageError } from '../model/modelError';
import { comparisonsOf, modelsComparison } from '../protocol/modelTables';
import type {
  BeforeAfter,
  Comparison,
  LayerComparison,
  LayerSide,
  ModelsComparison,
  Totals,
} from '../protocol/reports';
import { chooseSignature, hasSignatures, idInGraph, type SignatureFile } from './signatures';

/**
 * Compares the graphs that models run when they are called by a signature. A model that has no signatures at all, such
 * as the same network in another format, is compared by its main graph.
 *
 * @param scratch a folder for copies in which the signature's graph is the main one
 * @param compare compares the main graphs of files
 * @throws UsageError where no model has signatures, or one has others only
 */
export async function compareSignatures(
  models: readonly string[],
  signature: string,
  scratch: string,
  compare: (files: string[]) => ModelsComparison | Promise<ModelsComparison>,
): Promise<ModelsComparison> {
  const called = models.map((model) => hasSignatures(model));
  if (!called.includes(true))
    throw new UsageError('None of the models has signatures: leave --signature out.');
  const files = models.map(
    (model, at): SignatureFile =>
      itemAt(called, at) ? chooseSignature(model, signature, scratch) : { path: model, graph: 0 },
  );
  /** Copies are called what they are copies of. */
  const named = (text: string) =>
    files.reduce((result, { path }, at) => result.replaceAll(path, itemAt(models, at)), text);
  const found = await Promise.resolve(compare(files.map(({ path }) => path))).catch((error: unknown) => {
    if (!(error instanceof ModelError) || error instanceof UsageError) throw error;
    const at = files.findIndex(({ path }) => path === error.file);
    const file = at === -1 ? error.file : itemAt(models, at);
    throw new ModelError(named(error.message), { file, node: error.node }, error);
  });
  const note = `What the signature ${signature} calls was compared.`;
  const reports = comparisonsOf(found).map((report, at) => {
    const graphs = { before: itemAt(files, 0).graph, after: itemAt(files, at + 1).graph };
    return {
      ...inGraphs(report, graphs),
      input: itemAt(models, 0),
      output: itemAt(models, at + 1),
      warnings: [note, ...report.warnings.map(named)],
    };
  });
  return modelsComparison(reports);
}

/** Layers of another graph than the main one must not be taken for layers of that. */
export function inGraphs<R extends Comparison>(report: R, graphs: BeforeAfter<number>): R {
  return {
    ...report,
    totals: {
      before: totalsIn(report.totals.before, graphs.before),
      after: totalsIn(report.totals.after, graphs.after),
    },
    layers: report.layers.map(
      (layer): LayerComparison => ({
        ...layer,
        before: layer.before && sideIn(layer.before, graphs.before, graphs),
        after: layer.after && sideIn(layer.after, graphs.after, graphs),
      }),
    ),
  };
}

function totalsIn({ peakNodeId, ...totals }: Totals, graph: number): Totals {
  return { ...totals, ...(peakNodeId === undefined ? {} : { peakNodeId: idInGraph(graph, peakNodeId) }) };
}

function sideIn(
  { layer, fusedIntoId, ...side }: LayerSide,
  graph: number,
  { before, after }: BeforeAfter<number>,
): LayerSide {
  return {
    ...side,
    ...(layer && {
      layer: { ...layer, ...(layer.id === undefined ? {} : { id: idInGraph(graph, layer.id) }) },
    }),
    // It may be one of either model: where these differ it is unknown.
    ...(fusedIntoId === undefined || before !== after ? {} : { fusedIntoId: idInGraph(graph, fusedIntoId) }),
  };
}
