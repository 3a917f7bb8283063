import type { LayerInstance, LayerWeight } from '../sourceFile';
import type { IndexedRow } from './modelIndex';
import type { LinkedLayer, ModuleLink } from './moduleLink';

/** How the elements that a source makes become those that a model holds. */
export interface Counts {
  /** Of the source: what an optimizer changes, and what is stored with it. */
  readonly parameters: number;
  readonly statistics: number;
  /** Of these, what normalizations that were folded had: the weights of other layers hold it now. */
  readonly foldedParameters: number;
  readonly foldedStatistics: number;
  /** Biases that the source does not make: they take up the shifts of folded normalizations. */
  readonly addedBiases: number;
  /** Of the model's rows, each tensor once. */
  readonly model: number;
  /** What follows from the above is what the model has. */
  readonly agree: boolean;
}

/** Counts of one layer with the normalizations that became part of it; null where the source does not say them. */
export function layerCounts(link: ModuleLink, layer: LinkedLayer): Counts | null {
  const folded = layer.folded.flatMap((path) => link.layers.get(path)?.instance ?? []);
  return countsOf([layer.instance], folded, addedBiases(link, layer), layer.rows);
}

/** Counts of all layers that were found, together. */
export function moduleCounts(link: ModuleLink): Counts | null {
  const own: LayerInstance[] = [];
  const folded: LayerInstance[] = [];
  const rows: IndexedRow[] = [];
  let added = 0;
  for (const layer of link.layers.values()) {
    if (layer.state === 'linked') {
      own.push(layer.instance);
      rows.push(...layer.rows);
      added += addedBiases(link, layer);
    } else if (layer.state === 'folded') folded.push(layer.instance);
    else if (layer.instance.weights?.length !== 0) return null;
  }
  return countsOf(own, folded, added, rows);
}

function countsOf(
  own: readonly LayerInstance[],
  folded: readonly LayerInstance[],
  addedBiases: number,
  rows: readonly IndexedRow[],
): Counts | null {
  const kept = elementsOf(own);
  const gone = elementsOf(folded);
  if (kept === null || gone === null) return null;
  const weights = new Map(rows.flatMap((row) => row.weights.map(({ name, elements }) => [name, elements])));
  const model = [...weights.values()].reduce((sum, elements) => sum + elements, 0);
  return {
    parameters: kept.parameters + gone.parameters,
    statistics: kept.statistics + gone.statistics,
    foldedParameters: gone.parameters,
    foldedStatistics: gone.statistics,
    addedBiases,
    model,
    agree: kept.parameters + kept.statistics + addedBiases === model,
  };
}

/** Elements of the bias that a layer got from the normalizations in it. */
function addedBiases({ layers }: ModuleLink, { instance, folded }: LinkedLayer): number {
  if (folded.length === 0 || instance.weights?.some(({ role }) => role === 'bias')) return 0;
  const [path = ''] = folded;
  return layers.get(path)?.instance.weights?.[0]?.shape[0] ?? 0;
}

function elementsOf(instances: readonly LayerInstance[]): { parameters: number; statistics: number } | null {
  let parameters = 0;
  let statistics = 0;
  for (const { weights } of instances) {
    if (weights === null) return null;
    for (const weight of weights) {
      // Counts the batches while training; no exporter stores it.
      if (weight.role === 'num_batches_tracked') continue;
      const elements = elementsIn(weight);
      if (elements === null) return null;
      if (weight.trainable) parameters += elements;
      else statistics += elements;
    }
  }
  return { parameters, statistics };
}

function elementsIn({ shape }: LayerWeight): number | null {
  return shape.reduce<number | null>(
    (product, size) => (product === null || size === null ? null : product * size),
    1,
  );
}
