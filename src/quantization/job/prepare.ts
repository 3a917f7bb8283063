import { basename, dirname, resolve } from 'node:path';
import { checkRoom } from '../../files/scratch';
import { openWithWeights } from '../../formats';
import { inputFiles, sizeOf } from '../../formats/inputFiles';
import type { Origins } from '../../formats/rewriter';
import type { NodeId } from '../../model/nodeId';
import type { QuantizeOptions } from '../../protocol/options';
import { factsOf, isCalibrated, type Recipe } from '../../protocol/recipes';
import type { KeptLayer, SensitiveLayer } from '../../protocol/search';
import { evaluateWith } from '../foldedConstants';
import type { LayerSensitivity } from '../sensitivity/sensitivity';
import { Twin } from '../twin/twin';
import { type Running, startRunning } from './running';
import { tell, type Work } from './work';

/** The cleaned model, and what runs it. */
export interface Prepared {
  /** Path of the cleaned model. */
  readonly cleaned: string;
  /** Nodes of the source, by those of the cleaned model. */
  readonly origins: Origins;
  readonly running: Running | null;
  /** The same network as a model that runs here, if one was given. */
  readonly twin: Twin | null;
}

/**
 * Checks that there is room, runs the model once and cleans it. Who calls it closes the twin.
 * @throws ModelError
 */
export async function prepare(work: Work): Promise<Prepared> {
  const { engine, files, options, source, recipe, rewriter, around } = work;
  checkRoom(
    around.scratch,
    copiesOf(recipe, options.measure) * sizeOf(source),
    `Copies of ${basename(options.model)}, while it is quantized,`,
  );
  checkRoom(
    dirname(resolve(options.output)),
    resultOf(recipe) * sizeOf(source),
    `The result of ${basename(options.model)}`,
  );
  const running = await startRunning(work);
  tell(work, 0, 1)('Cleaning and folding the model', 0.02);
  const cleaned = files.newPath('cleaned');
  const evaluate = engine === null ? async () => new Map() : evaluateWith(engine);
  const origins = await rewriter.clean(source, cleaned, evaluate, !options.measure && recipe !== 'float32');
  const twin = options.twin == null ? null : await openTwin(work, options.twin);
  return { cleaned, origins, running, twin };
}

function openTwin(work: Work, path: string): Promise<Twin> {
  const { options, source, around, recipe } = work;
  tell(work, 0, 1)('Finding the weights in the twin', 0.05);
  const rounds = (factsOf(recipe).weights ?? []).some((weights) => !weights.startsWith('float'));
  return Twin.open(source, { ...options, path, choice: options, rounds, scratch: around.scratch });
}

/** What the twin consists of, which must stay as it is. */
export function twinFiles({ twin }: QuantizeOptions): string[] {
  if (twin == null) return [];
  const file = openWithWeights(twin);
  file.close();
  return inputFiles(file);
}

/** Why nodes are in float, by the nodes that people know: those of the source. */
export function keptInSource(
  { keep }: Work,
  origins: Origins,
  kept: ReadonlyMap<NodeId, string>,
): Map<NodeId, string> {
  const reasons = new Map<NodeId, string>();
  for (const [id, reason] of kept) {
    const source = origins.get(id);
    if (source !== undefined) reasons.set(source, reason);
  }
  for (const id of keep) reasons.set(id, 'asked for');
  return reasons;
}

/** For people: the layers that stay in float, in the order of the source. */
export function keptLayers(work: Work, origins: Origins, kept: ReadonlyMap<NodeId, string>): KeptLayer[] {
  const reasons = keptInSource(work, origins, kept);
  return work.source.model.graph.nodes.flatMap(({ id, name, op }) => {
    const reason = reasons.get(id);
    return reason === undefined ? [] : [{ id, name, op, reason }];
  });
}

/** For people: the layers that lose most, as the source has them. */
export function sensitiveLayers(
  { source }: Work,
  origins: Origins,
  layers: readonly LayerSensitivity[],
): SensitiveLayer[] {
  const nodes = new Map(source.model.graph.nodes.map((node) => [node.id, node]));
  return layers.flatMap(({ id, decibels, share, cause }) => {
    const node = nodes.get(origins.get(id) ?? '');
    const sqnrDb = Number.isFinite(decibels) ? decibels : null;
    return node === undefined ? [] : [{ id: node.id, name: node.name, op: node.op, sqnrDb, share, cause }];
  });
}

/**
 * Copies of the model that lie beside each other at least: the cleaned one and one that is observed, of which recipes
 * without samples make none, but their new weights lie there twice while they are written; with timing those that
 * profiling takes.
 */
function copiesOf(recipe: Recipe, measure: boolean): number {
  const equalized = isCalibrated(recipe) ? 1 : 0;
  if (measure) return 3 + equalized;
  if (equalized > 0) return 3.3;
  return recipe !== 'float32' && factsOf(recipe).samples === 'none' ? 1.5 : 2;
}

/** The part of the model's size that its result has, about: what must at least be free where it goes. */
function resultOf(recipe: Recipe): number {
  const { weights } = factsOf(recipe);
  if (weights === null) return 1;
  return weights.includes('float16') ? 0.5 : 0.25;
}
