import { join } from 'node:path';
import { openModel } from '../../src/formats';
import { engineThatRuns } from '../../src/runtime/engines';
import { modelInputs } from '../../src/runtime/inputs';
import { randomFeeds } from '../../src/runtime/randomInputs';

/**
 * Operators of a .tflite's main graph, by index, that LiteRT ran with kernels of its own: those that no delegate took.
 * A sentence where the native engine does not run the model.
 */
export async function ownKernels(path: string, scratch: string): Promise<ReadonlySet<number> | string> {
  const file = openModel(path);
  const inferred = file.infer({ dims: {}, shapes: {} }).graph;
  const roles = file.format.profiling?.inputRoles(file, inferred) ?? new Map();
  const feeds = randomFeeds(modelInputs(inferred), roles, 1);
  const engine = await engineThatRuns('tflite', [path], 1);
  if (engine.profiler === undefined) return `runs on ${engine.name}`;
  const profilePrefix = join(scratch, 'rows');
  const session = await engine.load(path, { threads: 1, profilePrefix });
  await session.run(feeds);
  await session.close();
  const rows = (await engine.profiler.read(profilePrefix))?.rows ?? [];
  return new Set(
    rows.flatMap(({ place }) =>
      place?.graph === 0 && place.caller === null && place.operator !== null ? [place.operator] : [],
    ),
  );
}
