import { basename } from 'node:path';
import type { ModelFile } from '../../formats/format';
import type { DimensionChoice } from '../../model/inference';
import { UsageError } from '../../model/modelError';
import type { LayerChange, LayerComparison, LayerSide, LayerStatus } from '../../protocol/reports';
import { LayerComparer } from './changes';
import { foldedLayers } from './folding';
import { matchLayers, type Partners } from './matching';
import { modelChanges } from './modelChanges';
import { type Side, type SideRow, sideOf } from './side';
import { MOVED, WeightComparer } from './weights';

/** A row of the comparison, with the rows of the two models that it is made of; null where that model has none. */
export interface DifferentLayer {
  readonly row: SideRow | null;
  readonly other: SideRow | null;
  /** Of a folded layer: the row of the first model that is in the pair which does its work. */
  readonly into: SideRow | null;
  readonly report: LayerComparison;
}

/** How two models differ, as far as can be seen without running them. */
export interface Differences {
  readonly before: Side;
  readonly after: Side;
  readonly changes: readonly LayerChange[];
  readonly layers: readonly DifferentLayer[];
  readonly warnings: readonly string[];
}

/** Each file that cannot be read says why; that of a few is enough. */
const MAX_REASONS = 3;

const NO_DIMENSIONS: DimensionChoice = { dims: {}, shapes: {} };

/**
 * Compares two models of any formats, layer by layer and weight by weight, without running them.
 *
 * @throws UsageError when the choice of dimensions does not fit the first model.
 */
export function differencesOf(
  beforeFile: ModelFile,
  afterFile: ModelFile,
  choice: DimensionChoice,
): Differences {
  const warnings: string[] = [];
  const before = sideOf(beforeFile, choice);
  const after = secondSide(afterFile, choice, warnings);
  const partners = matchLayers(before, after);
  const heirs: Partners = new Map([...partners].map(([row, other]) => [other, row]));
  const weights = new WeightComparer(before, after);
  const comparer = new LayerComparer(before, after, partners, weights);
  const pairs = new Map<SideRow, DifferentLayer>();
  for (const [row, other] of partners) pairs.set(row, paired(row, other, comparer));

  const differs = (row: SideRow | undefined) =>
    row !== undefined && (pairs.get(row)?.report.weights.length ?? 0) > 0;
  const folded = foldedLayers({ from: before, to: after, partners, heirs, weightsDiffer: differs });
  const unfolded = foldedLayers({
    from: after,
    to: before,
    partners: heirs,
    heirs: partners,
    weightsDiffer: (other) => differs(heirs.get(other)),
  });

  const added = new Map<number, DifferentLayer[]>();
  let previous = -1;
  for (const other of after.rows) {
    const heir = heirs.get(other);
    if (heir !== undefined) {
      previous = heir.index;
      continue;
    }
    const list = added.get(previous) ?? [];
    list.push(single('added', other, unfolded.get(other)));
    added.set(previous, list);
  }
  const layers = [...(added.get(-1) ?? [])];
  for (const row of before.rows) {
    const target = folded.get(row);
    layers.push(pairs.get(row) ?? single('removed', row, target && heirs.get(target)));
    layers.push(...(added.get(row.index) ?? []));
  }
  return {
    before,
    after,
    changes: modelChanges(before, after),
    layers,
    warnings: [
      ...missingFiles(beforeFile),
      ...missingFiles(afterFile),
      ...warnings,
      ...uncompared([...pairs.values()], weights.reasons),
    ],
  };
}

/** Files that hold weights and are not there. */
function missingFiles({ model }: ModelFile): string[] {
  return model.externalFiles
    .filter(({ bytes }) => bytes === null)
    .map(({ path }) => `${basename(model.file)} keeps weights in ${basename(path)}, which is missing.`);
}

/** A sentence about weights of which it is not known whether they differ; biases that equalizing moved are no news. */
function uncompared(pairs: readonly DifferentLayer[], reasons: ReadonlySet<string>): string[] {
  const layers = pairs.filter(({ report }) =>
    report.weights.some(({ identical, reason }) => identical === null && reason !== MOVED),
  );
  if (layers.length === 0) return [];
  const [of, why] = [
    layers.length === 1 ? 'a layer' : `${layers.length} layers`,
    [...reasons].filter((reason) => reason !== MOVED),
  ];
  return [`Weights of ${of} were not compared, or not whole: ${why.slice(0, MAX_REASONS).join('; ')}.`];
}

/** The dimensions are chosen for the first model; the second may have no such names. */
function secondSide(file: ModelFile, choice: DimensionChoice, warnings: string[]): Side {
  try {
    return sideOf(file, choice);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    warnings.push(`The dimensions that were chosen were not used for the second model: ${error.message}`);
    return sideOf(file, NO_DIMENSIONS);
  }
}

function paired(row: SideRow, other: SideRow, comparer: LayerComparer): DifferentLayer {
  const { changes, weights } = comparer.differences(row, other);
  const { name, op } = row.figures;
  const report: LayerComparison = {
    name,
    op,
    status: changes.length > 0 ? 'changed' : 'unchanged',
    before: sideReport(row),
    after: sideReport(other),
    changes: [...(comparer.sameFormat ? renaming(row, other) : []), ...changes],
    weights: [...weights],
    sqnrDb: null,
  };
  return { row, other, into: null, report };
}

/** Between formats all names differ, and each layer shows both anyway. */
function renaming({ figures: a }: SideRow, { figures: b }: SideRow): LayerChange[] {
  const changes: LayerChange[] = [];
  const compare = (what: string, before: string, after: string) => {
    if (before !== after) changes.push({ what, before, after });
  };
  compare('name', a.name, b.name);
  // A node without a name is called as its first output.
  for (const [index, { name }] of a.outputs.entries()) {
    const other = b.outputs[index]?.name ?? name;
    if (name !== a.name || other !== b.name) compare('output name', name, other);
  }
  return changes;
}

/** A row that one of the models has alone; `target` is the row of the table that does its work in the other. */
function single(status: 'added' | 'removed', own: SideRow, target: SideRow | undefined): DifferentLayer {
  const [row, other] = status === 'removed' ? [own, null] : [null, own];
  const { name, op } = own.figures;
  const elsewhere: LayerSide | null =
    target === undefined
      ? null
      : {
          parameterBytes: 0,
          activationBytes: 0,
          medianMs: null,
          fusedInto: target.figures.name,
          fusedIntoId: target.figures.id,
        };
  const shown: LayerStatus = target === undefined ? status : 'folded';
  const report: LayerComparison = {
    name,
    op,
    status: shown,
    before: row === null ? elsewhere : sideReport(row),
    after: other === null ? elsewhere : sideReport(other),
    changes: [],
    weights: [],
    sqnrDb: null,
  };
  return { row, other, into: target ?? null, report };
}

function sideReport({ figures, place }: SideRow): LayerSide {
  const { kind } = place.entry.node;
  const [output] = figures.outputs;
  return {
    parameterBytes: figures.parameterBytes,
    activationBytes: figures.activationBytes,
    medianMs: null,
    layer: {
      id: figures.id,
      name: figures.name,
      op: figures.op,
      ...(kind !== null && { kind }),
      type: output?.type ?? null,
      shape: output?.shape ?? null,
      parameters: figures.parameters,
      macs: figures.macs,
    },
  };
}
