import { join } from 'node:path';
import type { ModelFile } from '../../formats/format';
import type { Origins } from '../../formats/rewriter';
import { present } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import type { NodeId } from '../../model/nodeId';
import { type Scheme, schemeOf } from '../../model/precision';
import { CLEANED } from '../../protocol/search';
import { type Int8Search, quantizeInt8 } from '../int8';
import { Trials } from '../trials';
import { fallbackOf } from './fallback';
import type { Product } from './outcome';
import { keptLayers, type Prepared, sensitiveLayers } from './prepare';
import { subjectOf } from './remembering';
import type { Running } from './running';
import { searches, secondsOf, tell, underItsName, type Work } from './work';

const NOT_SEARCHED =
  'No layer was left in float for being slow: that takes many measurements, which are made on this computer alone.';

/** Schemes that compute with integers. */
const IN_INTEGERS: ReadonlySet<Scheme> = new Set(['static', 'dynamic']);

/**
 * The recipes that take the ranges of values from runs of the model.
 * @throws ModelError where it cannot be run or observed
 */
export async function makeInt8(
  work: Work,
  { origins, running }: Prepared,
  cleaned: ModelFile,
  keep: ReadonlySet<NodeId>,
): Promise<Product> {
  const { options, around, recipe } = work;
  const { cannotRun, name } = work.source.format;
  if (running === null || running.workbench === null)
    throw new ModelError(
      `The recipe ${recipe} takes the ranges of values from runs of the model. ${cannotRun ?? `Runs of ${name} models cannot be observed.`}`,
      { file: options.model },
    );
  const { workbench, data } = running;
  const searching = searches(work);
  const trials = searching ? trialsOf(work, cleaned, running) : null;
  const result = await quantizeInt8(workbench, {
    cleaned,
    dims: options,
    calibration: data.calibration,
    keep,
    activations: recipe === 'int16x8' ? 'int16' : options.activations,
    ports: options.ports,
    memory: around.memory,
    search: trials === null ? null : searchWith(work, origins, trials),
    onProgress: tell(work, 0.05, 0.7, searching),
    log: around.log,
  });
  const { all, search, pair, warnings } = result;
  const sensitivity = sensitiveLayers(work, origins, result.sensitivity);
  if (trials === null || search === null) {
    const model = present(all, 'model with everything in int8');
    const unsearched = recipe === 'int8' && work.elsewhere !== null ? [NOT_SEARCHED] : [];
    return {
      path: model.path,
      kept: model.kept,
      steps: model.steps,
      warnings: [...warnings, ...model.warnings, ...unsearched],
      pair,
      ...(sensitivity.length === 0 ? {} : { sensitivity }),
    };
  }
  const { report, files } = await trials.report(search, {
    pair,
    subject: await subjectOf(work),
    sensitivity,
    seconds: () => secondsOf(work),
    layersOf: ({ assignment, impossible }) =>
      [...assignment].filter(([id, own]) => IN_INTEGERS.has(schemeOf(own)) && !impossible.has(id)).length,
    keptOf: (kept) => keptLayers(work, origins, kept),
  });
  const named = new Map(
    [...files].map(([id, path]) => [id, underItsName(work, path, join('candidates', id))]),
  );
  const stopped = around.stop?.aborted ?? false;
  const id = report.chosen === CLEANED ? fallbackOf(report) : report.chosen;
  const chosen = search.found.find((one) => one.id === id);
  const found = { report, files: named, stopped, busy: search.busy };
  // A machine that shares the candidates with others may have none to make.
  if (chosen === undefined) return { path: cleaned.model.file, kept: new Map(), warnings, pair, found };
  const { mix } = chosen;
  return {
    path: chosen.path,
    kept: new Map([...mix.impossible, ...mix.kept]),
    steps: chosen.steps,
    warnings: [...warnings, ...chosen.warnings, ...report.notes],
    pair,
    found,
  };
}

function trialsOf(work: Work, cleaned: ModelFile, { bench, data, feeds }: Running): Trials {
  const { options, around, measure } = work;
  return new Trials(bench, {
    original: options.model,
    cleaned,
    dims: options,
    samples: data.validation,
    feeds,
    measure,
    maxLoss: options.search.maxLoss,
    scratch: around.scratch,
  });
}

function searchWith(work: Work, origins: Origins, trials: Trials): Int8Search {
  const { options, around, share, rewriter, source } = work;
  return {
    seconds: options.search.seconds,
    from: share.from === null ? null : inCleaned(origins, new Set(share.from)),
    shard: share.shard === null ? null : { ...share.shard, index: share.shard.index - 1 },
    stopped: () => around.stop?.aborted ?? false,
    refused: (recipe) => rewriter.refusal(source, recipe) !== null,
    profile: (path) => trials.profile(path),
    race: (paths) => trials.race(paths),
    score: (path) => trials.score(path),
    within: (score) => trials.within(score),
  };
}

/** Nodes of the cleaned model, by those of the source. */
function inCleaned(origins: Origins, nodes: ReadonlySet<NodeId>): NodeId[] {
  return [...origins].flatMap(([id, source]) => (nodes.has(source) ? [id] : []));
}
