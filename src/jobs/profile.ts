import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesOfData } from '../evaluation/data/files';
import { openDataset } from '../evaluation/data/openDataset';
import { firstReadable } from '../evaluation/data/readable';
import type { JobContext } from '../evaluation/jobContext';
import { place } from '../files/place';
import { checkRoom } from '../files/scratch';
import { checkTargets } from '../files/targets';
import { openComplete } from '../formats/index';
import { inputFiles, sizeOf } from '../formats/inputFiles';
import type { ProfileOptions } from '../protocol/options';
import type { ProfileReport } from '../protocol/reports';
import { thisComputer } from '../runtime/devices/thisComputer';
import { engineThatRuns } from '../runtime/engines';
import { modelInputs, withOpenSizes } from '../runtime/inputs';
import { profileModel } from '../runtime/profile';
import { randomFeeds } from '../runtime/randomInputs';
import { sizedEngine } from '../runtime/sizedEngine';
import { profileElsewhere } from './profileElsewhere';
import { chooseSignature, idInGraph, saidOfModel } from './signatures';

/** One whose nodes can be told apart, and the one that the engine makes of it. */
const COPIES = 2;

/** Latency of a model and of each of its layers, with random inputs or the first sample of the user's data. */
export async function run(options: ProfileOptions, context: JobContext): Promise<ProfileReport> {
  if (options.device) return profileElsewhere(options, context);
  const { signature } = options;
  if (signature === undefined) return profileMain(options, context);
  const { path, graph } = chooseSignature(options.model, signature, context.scratch);
  const report = await profileMain({ ...options, model: path }, context).catch((error: unknown) => {
    throw saidOfModel(error, path, options.model);
  });
  return {
    ...report,
    file: options.model,
    signature,
    ...(graph === 0 ? {} : ofGraph(report, graph, signature)),
  };
}

/** Layers of another graph than the main one must not be taken for layers of that. */
function ofGraph(
  { layers, notes = [] }: ProfileReport,
  graph: number,
  signature: string,
): Partial<ProfileReport> {
  return {
    layers: layers.map(({ id, fusedIntoId, ...layer }) => ({
      ...layer,
      ...(id === undefined ? {} : { id: idInGraph(graph, id) }),
      ...(fusedIntoId === undefined ? {} : { fusedIntoId: idInGraph(graph, fusedIntoId) }),
    })),
    notes: [
      `The signature ${signature} was run, which calls another graph than the main one: its layers are not the main graph’s.`,
      ...notes,
    ],
  };
}

async function profileMain(options: ProfileOptions, context: JobContext): Promise<ProfileReport> {
  const { data, seed } = options;
  const file = openComplete(options.model);
  try {
    const read = [...inputFiles(file), ...(data === null ? [] : filesOfData(data))];
    if (options.trace !== null) checkTargets({ targets: [options.trace], inputs: read, force: true });
    const inference = file.infer({ dims: options.dims, shapes: options.shapes });
    const inferred = inference.graph;
    const inputs = modelInputs(inferred);
    const dataset = data === null ? null : await openDataset(data, options.preprocessing, inputs);
    for (const warning of dataset?.warnings ?? []) context.log(warning);
    const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
    if (file.format.profiling?.instrument !== undefined) {
      checkRoom(
        context.scratch,
        COPIES * sizeOf(file),
        `Copies of ${basename(options.model)}, whose layers are timed,`,
      );
    }
    const { feeds, warnings } =
      dataset === null
        ? { feeds: randomFeeds(inputs, roles, seed), warnings: [] }
        : await firstReadable(dataset);
    const trace = options.trace === null ? null : join(context.scratch, 'trace.json');
    const engine = await engineThatRuns(file.format.id, [options.model], options.threads, (one) =>
      sizedEngine(one, inputs, context.scratch),
    );
    const report = await profileModel(engine, file, inferred, feeds, {
      threads: options.threads,
      runs: options.runs,
      seed,
      scratch: context.scratch,
      trace,
      inputs: dataset?.name ?? 'random',
      onProgress: (message, fraction) => context.progress({ message, fraction }),
    }).catch((error: unknown) => {
      throw withOpenSizes(error, inference);
    });
    // Some engines give none.
    if (trace !== null && options.trace !== null && existsSync(trace))
      place(trace, [], options.trace, { inputs: read, force: true });
    const notes = [...(report.notes ?? []), ...warnings];
    const inputShapes = Object.entries(feeds).map(([name, { shape }]) => ({ name, shape: [...shape] }));
    return { ...report, device: thisComputer(), inputShapes, ...(notes.length === 0 ? {} : { notes }) };
  } finally {
    file.close();
  }
}
