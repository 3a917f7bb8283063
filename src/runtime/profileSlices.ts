import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Slice } from '../formats/profiling';
import { byteLength, elementCount, knownShape } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import type { Graph } from '../model/model';
import { ModelError } from '../model/modelError';
import type { LayerLatency } from '../protocol/reports';
import type { Engine, Feeds, Session } from './engine';
import type { LayerProfile, ProfileSettings } from './profile';
import { median, quantile } from './statistics';
import { counted, Stopwatch, type TimedRun, warmUp } from './stopwatch';

/** Values of activations that are kept at a time, to be fed to the nodes. */
const CHUNK_BYTES = 64 * 2 ** 20;
/** For all timed runs of the whole model; the nodes take about as long again. */
const WHOLE_MS = 2500;
const MIN_RUNS = 3;
/** Other programs interrupt a long run more often than a short one: where layers are set against the whole, the quick runs tell. */
const QUICK = 0.25;

/**
 * Latency of each node of the main graph, run alone on the values that it has in the whole model. Between them the
 * whole model runs, to whose latency they are scaled. Throws ModelError where the model does not run.
 */
export async function profileSlices(
  engine: Engine,
  file: ModelFile,
  slices: readonly Slice[],
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings,
): Promise<LayerProfile> {
  const folder = await mkdtemp(join(settings.scratch, 'slices-'));
  try {
    const whole = await engine.load(file.model.file, { threads: settings.threads });
    const work = new Slicing(engine, file, shapesOf(inferred), feeds, settings.threads, folder);
    const watch = new Stopwatch(whole, feeds, settings.threads);
    const wholeMs = await warmUp(watch);
    const runs = Math.max(MIN_RUNS, Math.min(settings.runs, Math.floor(WHOLE_MS / wholeMs)));
    const times: (number | null)[] = [];
    const wholeRuns: TimedRun[] = [];
    for (const chunk of inChunks(slices, inferred)) {
      const values = await work.valuesFor(chunk);
      for (const slice of chunk) {
        times.push(await work.time(slice, values, runs));
        while (wholeRuns.length < (runs * times.length) / slices.length) wholeRuns.push(await watch.run());
      }
    }
    await whole.close();
    const profile = scaled(file, times, counted(wholeRuns));
    if (settings.trace) writeFileSync(settings.trace, trace(engine, profile));
    return profile;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Slicing {
  #files = 0;

  constructor(
    private readonly engine: Engine,
    private readonly file: ModelFile,
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
    private readonly feeds: Feeds,
    private readonly threads: number,
    private readonly folder: string,
  ) {}

  /** What the nodes' inputs hold when the whole model runs; nothing where the engine cannot say. */
  async valuesFor(slices: readonly Slice[]): Promise<Feeds> {
    const { withOutputs } = this.file.format;
    const wanted = [...new Set(slices.flatMap(({ inputs }) => inputs))];
    const computed = wanted.filter((name) => this.feeds[name] === undefined);
    if (withOutputs === undefined || computed.length === 0) return this.feeds;
    return this.#attempt(async (path) => {
      withOutputs(this.file, computed, path);
      return this.#with(path, async (session) => ({
        ...(await session.run(this.feeds, computed)),
        ...this.feeds,
      }));
    }, this.feeds);
  }

  /** Milliseconds of a run; null where the node does not run alone. */
  async time({ inputs, write }: Slice, values: Feeds, runs: number): Promise<number | null> {
    const feeds: Feeds = {};
    for (const name of inputs) {
      const value = values[name];
      if (value === undefined) return null;
      feeds[name] = value;
    }
    return this.#attempt(async (path) => {
      write(
        path,
        new Map([
          ...this.shapes,
          ...Object.entries(feeds).map(([name, { shape }]) => [name, shape] as const),
        ]),
      );
      return this.#with(path, async (session) => {
        const watch = new Stopwatch(session, feeds, this.threads);
        await warmUp(watch);
        const times = counted(await watch.runs(runs));
        return times.length === 0 ? null : quantile(times, QUICK);
      });
    }, null);
  }

  async #with<T>(path: string, use: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.engine.load(path, { threads: this.threads });
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  }

  async #attempt<T>(work: (path: string) => Promise<T>, otherwise: T): Promise<T> {
    const path = join(this.folder, `${this.#files++}${extname(this.file.model.file)}`);
    try {
      return await work(path);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return otherwise;
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** Of all tensors whose shape is known. */
function shapesOf({ tensors }: InferredGraph): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape }] of tensors) {
    const known = knownShape(shape);
    if (known !== null) shapes.set(name, known);
  }
  return shapes;
}

/** Nodes in order, in groups whose inputs fit in memory together. */
function inChunks(slices: readonly Slice[], { tensors }: InferredGraph): Slice[][] {
  const chunks: Slice[][] = [];
  let room = 0;
  for (const slice of slices) {
    let bytes = 0;
    for (const name of slice.inputs) {
      const { type, shape } = tensors.get(name) ?? {};
      bytes += byteLength(type ?? 'float32', elementCount(shape ?? null) ?? 0) ?? 0;
    }
    if (chunks.length === 0 || bytes > room) {
      chunks.push([]);
      room = CHUNK_BYTES;
    }
    chunks.at(-1)?.push(slice);
    room -= bytes;
  }
  return chunks;
}

/** `times`: of the nodes of the main graph; `plainMs`: of the whole model. */
function scaled(
  file: ModelFile,
  times: readonly (number | null)[],
  plainMs: readonly number[],
): LayerProfile {
  const medianMs = median(plainMs);
  const sum = times.reduce((total: number, time) => total + (time ?? 0), 0);
  const layers = file.model.graph.nodes.flatMap(({ name, op, bodies }, index): LayerLatency[] => {
    const time = times[index] ?? null;
    const row: LayerLatency =
      time === null
        ? { name, op, medianMs: null, share: null, fusedInto: 'nothing: it does not run alone' }
        : { name, op, medianMs: (time * medianMs) / sum, share: time / sum };
    return [row, ...bodies.flatMap(({ graph }) => partsOf(graph, name))];
  });
  const factor = sum / quantile(plainMs, QUICK);
  const notes = [
    `Each layer was timed alone, as a model of its own; they add up to ${factor.toFixed(2)} of the whole, to which they are scaled.`,
  ];
  const stuck = times.filter((time) => time === null).length;
  if (stuck > 0) {
    const which = stuck === 1 ? '1 layer' : `${stuck} layers`;
    notes.push(`${which} could not be run alone: that time is shared among the others.`);
  }
  return { layers, added: [], medianMs, rowsMs: sum, factor, notes };
}

function partsOf(graph: Graph, fusedInto: string): LayerLatency[] {
  return graph.nodes.flatMap(({ name, op, bodies }) => [
    { name, op, medianMs: null, share: null, fusedInto },
    ...bodies.flatMap((body) => partsOf(body.graph, fusedInto)),
  ]);
}

/** The layers one after the other, in the Trace Event Format that Perfetto opens. */
function trace(engine: Engine, { layers }: LayerProfile): string {
  const process = {
    name: 'process_name',
    ph: 'M',
    pid: 1,
    args: { name: `${engine.name}: each layer run alone` },
  };
  let start = 0;
  const events = layers.flatMap(({ name, op, medianMs }) => {
    if (medianMs === null) return [];
    const event = { name, cat: op, ph: 'X', pid: 1, tid: 1, ts: start, dur: medianMs * 1000, args: { op } };
    start += event.dur;
    return [event];
  });
  return JSON.stringify([process, ...events]);
}
