import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema } from '../formats/onnx/onnx_pb';
import { makeFloatTensor, makeNode, makeValueInfo } from '../formats/onnx/writing/make';
import { writeModel } from '../formats/onnx/writing/writer';
import type { Engine, ProfilerCost } from './engine';
import { readProfile } from './onnxruntimeTrace';
import { midmean, quantile } from './statistics';
import { counted, Stopwatch, type TimedRun, warmUp } from './stopwatch';

/** Enough that what a run costs apart from its nodes does not count. */
const NODES = 400;
const RUNS = 30;
/** The quickest quarter of the runs. */
const QUICK = 0.25;

const measured = new Map<number, Promise<ProfilerCost>>();

/** Measured once in a process for each number of threads. */
export function profilerCost(engine: Engine, threads: number, folder: string): Promise<ProfilerCost> {
  const cost = measured.get(threads) ?? measureCost(engine, threads, folder);
  measured.set(threads, cost);
  return cost;
}

/**
 * What one entry of ONNX Runtime's profile costs: a chain of nodes that do nearly nothing is run with the
 * profiler and without it, in turns. The nodes have three inputs of four dimensions, as convolutions do, because
 * the profiler writes all shapes down.
 */
async function measureCost(engine: Engine, threads: number, folder: string): Promise<ProfilerCost> {
  const path = join(folder, 'profiler-cost.onnx');
  const profilePrefix = join(folder, 'profiler-cost');
  writeModel(chain(), path);
  const options = { threads, optimization: 'none' as const };
  const plain = await engine.load(path, options);
  const profiled = await engine.load(path, { ...options, profilePrefix });
  const shape = [1, 1, 1, 1];
  const feeds = { x: { type: 'float32' as const, shape, data: new Float32Array(1) } };
  const plainWatch = new Stopwatch(plain, feeds, threads);
  const profiledWatch = new Stopwatch(profiled, feeds, threads);
  await warmUp(plainWatch);
  await warmUp(profiledWatch);
  const plainRuns: TimedRun[] = [];
  const profiledRuns: TimedRun[] = [];
  for (let run = 0; run < RUNS; run++) {
    plainRuns.push(await plainWatch.run());
    profiledRuns.push(await profiledWatch.run());
  }
  await plain.close();
  await profiled.close();

  // An entry is short enough that other programs seldom interrupt it. A whole run is not: there the quick ones tell.
  const { rows } = await readProfile(profilePrefix);
  const entry = midmean(rows.flatMap((row) => row.runs.slice(-RUNS).map((run) => run.microseconds)));
  const plainEntry = quickest(plainRuns);
  const profiledEntry = quickest(profiledRuns);
  return {
    inside: Math.max(0, entry - plainEntry),
    outside: Math.max(0, profiledEntry - entry),
  };
}

/** Microseconds a node, in the runs that nothing interrupted if there are any. */
function quickest(runs: readonly TimedRun[]): number {
  const undisturbed = counted(runs);
  const times = undisturbed.length > 0 ? undisturbed : runs.map(({ ms }) => ms);
  return (1000 * quantile(times, QUICK)) / NODES;
}

function chain(): ModelProto {
  const nodes = Array.from({ length: NODES }, (_, at) =>
    makeNode('Max', [at === 0 ? 'x' : `t${at}`, 'a', 'b'], [`t${at + 1}`], {}, { name: `n${at}` }),
  );
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 13n }],
    graph: {
      name: 'chain',
      node: nodes,
      initializer: [makeFloatTensor('a', [1, 1, 1, 1], [0]), makeFloatTensor('b', [1, 1, 1, 1], [1])],
      input: [makeValueInfo('x', 'float32', [1, 1, 1, 1])],
      output: [makeValueInfo(`t${NODES}`, 'float32', [1, 1, 1, 1])],
    },
  });
}
