import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Attribution, InstrumentedModel } from '../formats/profiling';
import { itemAt, present } from '../model/assert';
import type { InferredGraph } from '../model/inference';
import { NOT_TIMED } from '../protocol/profileMarks';
import {
  CONTRACT_VERSION,
  type LayerLatency,
  type ProfileMethod,
  type ProfileReport,
} from '../protocol/reports';
import { processClock } from './clock';
import { cpuName } from './cpuName';
import type { Engine, EngineProfile, Feeds, Profiler, Session } from './engine';
import { crowdedNote, fewSessions, measureLatency } from './measure';
import { Others } from './others';
import { profileSlices } from './profileSlices';
import { fitNote, fitRows, type Rows, type Sum } from './rowFit';
import { boundedCost, profileFactor, rowTime, runsThatCount } from './rowTimes';
import { median } from './statistics';
import { Stopwatch, type TimedRun, tooBusy, unlessBusy, warmUp } from './stopwatch';
import { untimedRows } from './untimedRows';

/** Entries of one profile. ONNX Runtime stops at a million, and a tenth of that is 70 MB already (CWE-770). */
const MAX_EVENTS = 100_000;
/** More runs only sharpen the rows. */
const PROFILE_MS = 5000;
/** Until so many count. */
const FEWEST_RUNS = 3;
/** Nobody waits longer for runs that count, where other programs interrupt them. */
const BUSY_MS = 15_000;
/** Runs in the trace that is saved: enough to see what repeats; fewer of a slow model. */
const TRACE_RUNS = 3;
const TRACE_MS = 2000;

export interface ProfileSettings {
  readonly threads: number;
  readonly runs: number;
  /** A folder for temporary files. */
  readonly scratch: string;
  /** Where to save a trace, or null. */
  readonly trace?: string | null;
}

/** What each layer takes. Times are scaled so that they add up to `medianMs`, unless they are marked as unscaled. */
export interface LayerProfile extends Rows {
  /** Latency of the unprofiled runs that alternated with the profiled ones; null where no layer is timed. */
  readonly medianMs: number | null;
  /** Sum of the rows before scaling; null where no layer is timed. Its factor is best at 1. */
  readonly sum: Sum | null;
  /** null where no layer is timed. */
  readonly method: ProfileMethod | null;
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
  const busy: string[] = [];
  const layers = profileLayers(engine, file, inferred, feeds, settings);
  const profile =
    (await unlessBusy(layers, (sentence) => busy.push(`${NOT_TIMED} ${sentence}`))) ?? notTimed(file);
  const { median: latencyMs } = timing.latency;
  const { sum } = profile;
  const said = [fewSessions(timing), crowdedNote(timing), sum === null ? null : fitNote(sum, latencyMs)];
  const notes = [
    ...(engine.notes ?? []),
    ...(profile.notes ?? []),
    ...said.filter((note) => note !== null),
    ...busy,
  ];
  return {
    version: CONTRACT_VERSION,
    file: file.model.file,
    engine: engine.name,
    ...(engine.reports === undefined ? {} : { engines: [...engine.reports] }),
    cpu: cpuName(),
    threads,
    runs: timing.runs,
    latencyMs: timing.latency,
    inputs: settings.inputs,
    ...(profile.method === null ? {} : { method: profile.method }),
    profileFactor: sum?.factor ?? null,
    ...(sum === null ? { layers: profile.layers, added: [] } : fitRows(profile, sum, latencyMs)),
    ...(notes.length === 0 ? {} : { notes }),
  };
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
  return (
    (await profileRows(engine, file, inferred, feeds, settings)) ??
    (await profileParts(engine, file, inferred, feeds, settings)) ??
    notTimed(file)
  );
}

/** One model for each layer. null: the format has no such. */
async function profileParts(
  engine: Engine,
  file: ModelFile,
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings,
): Promise<LayerProfile | null> {
  const slices = file.format.profiling?.slices?.(file, (type) => engine.passes?.(type) ?? true);
  return slices === undefined ? null : profileSlices(engine, file, slices, inferred, feeds, settings);
}

/** By the engine's own profile. null: it has none, or none that says enough of this model. */
async function profileRows(
  engine: Engine,
  file: ModelFile,
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings,
): Promise<LayerProfile | null> {
  const { profiler } = engine;
  const { profiling } = file.format;
  if (profiler === undefined || profiling?.instrument === undefined) return null;
  const { least } = profiler;
  const wholeMs = least && (await quickMs(engine, file.model.file, feeds, settings.threads));
  const isShort = (leastMs: number) => wholeMs !== undefined && wholeMs < leastMs;
  if (isShort(least?.modelMs ?? 0)) return null;
  const folder = await mkdtemp(join(settings.scratch, 'profile-'));
  try {
    const model = profiling.instrument(file, inferred, join(folder, basename(file.model.file)));
    const { path } = model;
    const typical = await profiler.cost(settings.threads, folder);
    const first = await firstProfile(engine, profiler, path, feeds, settings.threads, folder);
    if (first === null) return null;
    if (isShort((least?.rowMs ?? 0) * first.profile.rows.length)) return null;
    const attribution = model.attribute(first.profile.rows, first.optimized);
    if (settings.trace) {
      await profiler.saveTrace(first.prefix, traceNames(model, first.profile, attribution), settings.trace);
    }
    const most = Math.max(1, Math.floor((MAX_EVENTS * first.profile.runs) / first.profile.events));
    const { profile, pairs } = await alternate(engine, profiler, path, feeds, { ...settings, most, folder });
    const counts = pairs.map(countsAsPair);
    const rows = runsThatCount(profile, counts);
    const plainMs = pairs.flatMap(({ plain }, pair) => (counts[pair] ? [plain.ms] : []));
    const cost = boundedCost(rows, typical);
    const times = new Map(rows.map((row) => [row.name, rowTime(row, cost)]));
    const measured = report(model, first.profile.rows, attribution, times);
    const rowsMs = [...times.values()].reduce((sum: number, time) => sum + (time ?? 0), 0);
    const medianMs = median(plainMs);
    const sum = { rowsMs, factor: profileFactor(rows, cost, plainMs) };
    return {
      ...fitRows(measured, sum, medianMs),
      medianMs,
      sum,
      method: 'own profile',
      ...fewRuns(plainMs.length, settings.runs),
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** About what a run takes. */
async function quickMs(engine: Engine, path: string, feeds: Feeds, threads: number): Promise<number> {
  const session = await engine.load(path, { threads });
  let ms = 0;
  await using(session, async () => {
    ms = await warmUp(new Stopwatch(session, feeds, threads));
  });
  return ms;
}

/** A short profile: which rows there are and how many entries a run has. It is what a saved trace holds. null: too many. */
async function firstProfile(
  engine: Engine,
  profiler: Profiler,
  path: string,
  feeds: Feeds,
  threads: number,
  folder: string,
): Promise<{ profile: EngineProfile; prefix: string; optimized: string | null } | null> {
  const attempt = async (prefix: string, optimized: string | null) => {
    const session = await engine.load(path, {
      threads,
      profilePrefix: prefix,
      ...(optimized === null ? {} : { optimizedModelPath: optimized }),
    });
    await using(session, async () => {
      const start = performance.now();
      for (let run = 0; run < TRACE_RUNS && (run === 0 || performance.now() - start < TRACE_MS); run++)
        await session.run(feeds);
    });
    const profile = await profiler.read(prefix);
    return profile === null ? null : { profile, prefix, optimized };
  };
  const optimized = join(folder, `optimized-${basename(path)}`);
  // The engine cannot write every model it can run (not one above 2 GB): then rows are led back by name alone.
  return attempt(join(folder, 'first'), optimized).catch(() => attempt(join(folder, 'again'), null));
}

/** Two runs side by side, one of them with the profiler. */
interface Pair {
  readonly plain: TimedRun;
  readonly profiled: TimedRun;
}

function countsAsPair({ plain, profiled }: Pair): boolean {
  return plain.fate === 'counts' && profiled.fate === 'counts';
}

/** What a reader of rows must know that come from few runs. */
function fewRuns(timed: number, wanted: number): { notes?: string[] } {
  if (timed >= Math.min(wanted, FEWEST_RUNS)) return {};
  const runs = timed === 1 ? '1 run' : `${timed} runs`;
  return { notes: [`The model is slow or large: its layers were timed in ${runs} only, to end in time.`] };
}

/**
 * Runs with and without the profiler in turns; the profile's last runs are those of the pairs. At most `most` pairs.
 * @throws TooBusyError where other programs interrupt too many of them
 */
async function alternate(
  engine: Engine,
  profiler: Profiler,
  path: string,
  feeds: Feeds,
  { threads, runs, most, folder }: { threads: number; runs: number; most: number; folder: string },
): Promise<{ profile: EngineProfile; pairs: Pair[] }> {
  const profilePrefix = join(folder, 'profile');
  const plain = await engine.load(path, { threads });
  const pairs: Pair[] = [];
  await using(plain, async () => {
    const profiled = await engine.load(path, { threads, profilePrefix });
    await using(profiled, async () => {
      const watches = {
        plain: new Stopwatch(plain, feeds, threads),
        profiled: new Stopwatch(profiled, feeds, threads),
      };
      await warmUp(watches.plain);
      await warmUp(watches.profiled);
      const others = new Others(processClock);
      const start = performance.now();
      let counted = 0;
      while (counted < runs && pairs.length < most) {
        const elapsed = performance.now() - start;
        const enough = counted >= FEWEST_RUNS || (counted > 0 && counted === pairs.length);
        if (elapsed > (enough ? PROFILE_MS : BUSY_MS)) break;
        // Now one first, then the other: what the first leaves in the caches, the second finds.
        const inverse = pairs.length % 2 === 1 ? await watches.profiled.run() : null;
        const pair = {
          plain: await watches.plain.run(),
          profiled: inverse ?? (await watches.profiled.run()),
        };
        pairs.push(pair);
        if (countsAsPair(pair)) counted++;
      }
      const few = counted < pairs.length && counted < Math.min(runs, FEWEST_RUNS);
      const busy = watches.plain.blind ? !others.leave(threads) : watches.plain.starved;
      if (few || busy) throw tooBusy(pairs.map(({ plain }) => plain));
    });
  });
  return { profile: present(await profiler.read(profilePrefix), 'profile'), pairs };
}

async function using(session: Session, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await session.close();
  }
}

/** Rows as they were measured, in milliseconds. */
function report(
  model: InstrumentedModel,
  rows: readonly { name: string; op: string }[],
  { owners, fates }: Attribution,
  timeOf: ReadonlyMap<string, number | null>,
): Rows {
  const times = rows.map(({ name }) => timeOf.get(name) ?? 0);
  const ofLayers = new Map<number, number>();
  owners.forEach((owner, row) => {
    if (owner !== null) ofLayers.set(owner, (ofLayers.get(owner) ?? 0) + itemAt(times, row));
  });
  const layers = model.layers.map(({ id, name, op }, index): LayerLatency => {
    const medianMs = ofLayers.get(index);
    if (medianMs !== undefined) return { id, name, op, medianMs, share: null };
    const fate = fates.get(index) ?? 'nothing: it did not run';
    const into = typeof fate === 'number' ? model.layers[fate] : undefined;
    return {
      ...{ id, name, op, medianMs: null, share: null },
      ...(into === undefined ? { fusedInto: String(fate) } : { fusedInto: into.name, fusedIntoId: into.id }),
    };
  });
  const added = rows.flatMap(({ name, op }, row) =>
    owners[row] === null ? [{ name: model.label(name), op, medianMs: itemAt(times, row), share: null }] : [],
  );
  return { layers, added };
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

function notTimed(file: ModelFile): LayerProfile {
  return { layers: untimedRows(file.model.graph), added: [], medianMs: null, sum: null, method: null };
}
