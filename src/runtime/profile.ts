import { mkdtemp, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Attribution, InstrumentedModel } from '../formats/profiling';
import type { InferredGraph } from '../model/inference';
import type { Graph } from '../model/model';
import { CONTRACT_VERSION, type LayerLatency, type ProfileReport } from '../protocol/reports';
import type { Engine, EngineProfile, Feeds, Profiler, Session } from './engine';
import { measureLatency, timeRun, warmUp } from './measure';
import { profileSlices } from './profileSlices';
import { boundedCost, lastRuns, profileFactor, rowTime } from './rowTimes';
import { median } from './statistics';

/** Entries of one profile. ONNX Runtime stops at a million, and a tenth of that is 70 MB already. */
const MAX_EVENTS = 100_000;
/** More runs only sharpen the rows. */
const PROFILE_MS = 5000;
/** Runs in the trace that is saved: enough to see what repeats. */
const TRACE_RUNS = 3;

export interface ProfileSettings {
  readonly threads: number;
  readonly runs: number;
  /** A folder for temporary files. */
  readonly scratch: string;
  /** Where to save a trace, or null. */
  readonly trace?: string | null;
}

/** What each layer takes. Times are scaled so that they add up to `medianMs`. */
export interface LayerProfile {
  readonly layers: LayerLatency[];
  readonly added: ProfileReport['added'];
  /** Latency of the unprofiled runs that alternated with the profiled ones; null where no layer is timed. */
  readonly medianMs: number | null;
  /** Sum of the rows / latency of the unprofiled runs, before scaling: 1 is best. */
  readonly factor: number | null;
  /** What a reader of the times must know. */
  readonly notes?: readonly string[];
}

/** Latency of a model and of each of its layers. `inputs` says what the feeds hold. */
export async function profileModel(
  engine: Engine,
  file: ModelFile,
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings & {
    readonly seed: number;
    readonly inputs: string;
    readonly onProgress: (message: string, fraction: number) => void;
  },
): Promise<ProfileReport> {
  const { threads, runs, seed, onProgress } = settings;
  const timing = await measureLatency(
    engine,
    { path: file.model.file, feeds },
    { threads, runs, seed, onProgress: (fraction) => onProgress('Measuring the latency', 0.6 * fraction) },
  );
  onProgress('Profiling the layers', 0.6);
  const profile = await profileLayers(engine, file, inferred, feeds, settings);
  const { median: latencyMs } = timing.latency;
  const notes = [...(engine.notes ?? []), ...(profile.notes ?? [])];
  const rescaled = <T extends { medianMs: number | null }>(row: T): T =>
    row.medianMs === null ? row : { ...row, medianMs: (row.medianMs * latencyMs) / (profile.medianMs ?? 1) };
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    engine: engine.name,
    cpu: cpuName(),
    threads,
    runs: timing.runs,
    latencyMs: timing.latency,
    inputs: settings.inputs,
    profileFactor: profile.factor,
    layers: profile.layers.map(rescaled),
    added: profile.added.map(rescaled),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

export function cpuName(): string {
  return cpus()[0]?.model.trim() || 'unknown CPU';
}

/**
 * Latency of each layer by the engine's profile. Runs with the profiler and without it alternate on a copy of the
 * model whose nodes can be told apart; what the profiler itself costs is subtracted, and the rows are scaled to
 * the unprofiled runs. Engines without profile time the layers one by one, or say nothing of them. Throws
 * ModelError where the model does not run.
 */
export async function profileLayers(
  engine: Engine,
  file: ModelFile,
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings,
): Promise<LayerProfile> {
  const { profiler } = engine;
  const { profiling } = file.format;
  if (profiler === undefined && profiling?.slices !== undefined)
    return profileSlices(engine, file, profiling.slices(file), inferred, feeds, settings);
  if (profiler === undefined || profiling?.instrument === undefined)
    return { layers: untimed(file.model.graph), added: [], medianMs: null, factor: null };
  const folder = await mkdtemp(join(settings.scratch, 'profile-'));
  try {
    const path = join(folder, basename(file.model.file));
    const model = profiling.instrument(file, inferred, path);
    const typical = await profiler.cost(settings.threads, folder);
    const first = await firstProfile(engine, profiler, path, feeds, settings.threads, folder);
    const attribution = model.attribute(first.profile.rows, first.optimized);
    if (settings.trace) {
      await profiler.saveTrace(first.prefix, traceNames(model, first.profile, attribution), settings.trace);
    }
    const { profile, timed, plainMs } = await alternate(engine, profiler, path, feeds, {
      ...settings,
      runs: Math.max(
        1,
        Math.min(settings.runs, Math.floor((MAX_EVENTS * first.profile.runs) / first.profile.events)),
      ),
      folder,
    });
    const runsThatCount = lastRuns(profile, timed);
    const cost = boundedCost(runsThatCount, typical);
    const times = new Map(runsThatCount.map((row) => [row.name, rowTime(row, cost)]));
    const medianMs = median(plainMs);
    const factor = profileFactor(runsThatCount, cost, plainMs);
    return { ...report(model, first.profile.rows, attribution, times, medianMs), factor };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A short profile: which rows there are and how many entries a run has. It is what a saved trace holds. */
async function firstProfile(
  engine: Engine,
  profiler: Profiler,
  path: string,
  feeds: Feeds,
  threads: number,
  folder: string,
): Promise<{ profile: EngineProfile; prefix: string; optimized: string | null }> {
  const attempt = async (prefix: string, optimized: string | null) => {
    const session = await engine.load(path, {
      threads,
      profilePrefix: prefix,
      ...(optimized === null ? {} : { optimizedModelPath: optimized }),
    });
    await using(session, async () => {
      for (let run = 0; run < TRACE_RUNS; run++) await session.run(feeds);
    });
    return { profile: await profiler.read(prefix), prefix, optimized };
  };
  const optimized = join(folder, `optimized-${basename(path)}`);
  // The engine cannot write every model it can run (not one above 2 GB): then rows are led back by name alone.
  return attempt(join(folder, 'first'), optimized).catch(() => attempt(join(folder, 'again'), null));
}

/** Runs with and without the profiler in turns; `timed` runs at the end of the profile are those that count. */
async function alternate(
  engine: Engine,
  profiler: Profiler,
  path: string,
  feeds: Feeds,
  { threads, runs, folder }: { threads: number; runs: number; folder: string },
): Promise<{ profile: EngineProfile; timed: number; plainMs: number[] }> {
  const profilePrefix = join(folder, 'profile');
  const plain = await engine.load(path, { threads });
  const plainMs: number[] = [];
  await using(plain, async () => {
    const profiled = await engine.load(path, { threads, profilePrefix });
    await using(profiled, async () => {
      await warmUp(plain, feeds);
      await warmUp(profiled, feeds);
      const start = performance.now();
      while (plainMs.length < runs && (plainMs.length === 0 || performance.now() - start < PROFILE_MS)) {
        // Now one first, then the other: what the first leaves in the caches, the second finds.
        const first = plainMs.length % 2 === 1;
        if (first) await profiled.run(feeds);
        plainMs.push(await timeRun(plain, feeds));
        if (!first) await profiled.run(feeds);
      }
    });
  });
  return { profile: await profiler.read(profilePrefix), timed: plainMs.length, plainMs };
}

async function using(session: Session, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await session.close();
  }
}

function report(
  model: InstrumentedModel,
  rows: readonly { name: string; op: string }[],
  { owners, fates }: Attribution,
  timeOf: ReadonlyMap<string, number | null>,
  medianMs: number,
): Omit<LayerProfile, 'factor'> {
  const times = rows.map(({ name }) => timeOf.get(name) ?? 0);
  const sum = times.reduce((total, time) => total + time, 0);
  const scale = sum > 0 ? medianMs / sum : 0;
  const ofLayers = new Map<number, number>();
  owners.forEach((owner, row) => {
    if (owner !== null) ofLayers.set(owner, (ofLayers.get(owner) ?? 0) + (times[row] ?? 0));
  });
  const scaled = (time: number) => ({ medianMs: time * scale, share: sum > 0 ? time / sum : 0 });
  const layers = model.layers.map(({ name, op }, index): LayerLatency => {
    const time = ofLayers.get(index);
    if (time !== undefined) return { name, op, ...scaled(time) };
    return {
      name,
      op,
      medianMs: null,
      share: null,
      fusedInto: fates.get(index) ?? 'nothing: it did not run',
    };
  });
  const added = rows.flatMap(({ name, op }, row) =>
    owners[row] === null ? [{ name: model.label(name), op, ...scaled(times[row] ?? 0) }] : [],
  );
  return { layers, added, medianMs };
}

/** Names for a trace: those of the model's own layers, where a row is one's. */
function traceNames(
  model: InstrumentedModel,
  profile: EngineProfile,
  { owners }: Attribution,
): Map<string, string> {
  return new Map(
    profile.rows.map(({ name }, row) => {
      const owner = owners[row];
      const layer = owner === null || owner === undefined ? undefined : model.layers[owner];
      return [name, layer?.name ?? model.label(name)];
    }),
  );
}

/** All nodes, of which the engine says nothing. */
function untimed({ nodes }: Graph): LayerLatency[] {
  return nodes.flatMap(({ name, op, bodies }) => [
    { name, op, medianMs: null, share: null },
    ...bodies.flatMap(({ graph }) => untimed(graph)),
  ]);
}
