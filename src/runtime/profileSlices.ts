import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ModelFile } from '../formats/format';
import type { Slice } from '../formats/profiling';
import { itemAt } from '../model/assert';
import { byteLength, elementCount, knownShape } from '../model/dataType';
import type { InferredGraph } from '../model/inference';
import type { Node } from '../model/model';
import { ModelError } from '../model/modelError';
import { bodyPath, type NodeId } from '../model/nodeId';
import type { LayerLatency } from '../protocol/reports';
import { processClock } from './clock';
import type { Engine, Feeds, Session } from './engine';
import type { LayerProfile, ProfileSettings } from './profile';
import { fitRows, markOf } from './rowFit';
import { quantile } from './statistics';
import { counted, Stopwatch, type TimedRun, tooBusy, warmUp } from './stopwatch';

/** Values of activations that are kept at a time, to be fed to the nodes. */
const CHUNK_BYTES = 64 * 2 ** 20;
/** For all timed runs of the whole model; the nodes take about as long again. */
const WHOLE_MS = 2500;
const MIN_RUNS = 3;
/** Nobody waits longer for the rows: nodes get as many runs as fit, and those that are left then get none. */
const LIMIT_MS = 20_000;
/** Other programs interrupt a long run more often than a short one: where layers are set against the whole, the quick runs tell. */
const QUICK = 0.25;

/** What runs takes some part of its call. */
const LEAST_WORK = 0.05;

/** Why a node has no time. */
const STUCK = 'nothing: it does not run alone';
const UNFED = 'nothing: what it reads cannot be had from the engine';
const INTERRUPTED = 'nothing: other programs interrupted it';
const NO_TIME = 'nothing: there was no time left for it';

/** Known before any run: engines compute it once. */
const CONSTANT = 'a constant';

const UNTIMED: Readonly<Record<string, string>> = {
  [STUCK]: 'could not be run alone',
  [UNFED]: 'could not be run alone, since the engine does not give what they read',
  [INTERRUPTED]: 'could not be timed, since other programs interrupted them',
  [NO_TIME]: `could not be timed within the time limit of ${LIMIT_MS / 1000} s`,
};

/** Milliseconds of a node, or why there are none. */
type SliceTime = number | string;

/**
 * Latency of each node of the main graph, run alone on the values that it has in the whole model. Between them the
 * whole model runs, to whose latency they are scaled.
 * @throws ModelError where the model does not run, TooBusyError where it cannot be timed.
 */
export async function profileSlices(
  engine: Engine,
  file: ModelFile,
  slices: readonly Slice[],
  inferred: InferredGraph,
  feeds: Feeds,
  settings: ProfileSettings,
): Promise<LayerProfile> {
  const { threads } = settings;
  const folder = await mkdtemp(join(settings.scratch, 'slices-'));
  try {
    const deadline = performance.now() + LIMIT_MS;
    const whole = await engine.load(file.model.file, { threads });
    const work = new Slicing(engine, file, shapesOf(inferred), feeds, threads, folder, deadline);
    const watch = new Stopwatch(whole, feeds, threads);
    const wholeMs = await warmUp(watch);
    const fitting = Math.max(1, Math.floor(WHOLE_MS / wholeMs));
    const runs = Math.min(settings.runs, Math.max(MIN_RUNS, fitting));
    const call = await work.callCost(runs);
    const times: SliceTime[] = [];
    const wholeRuns: TimedRun[] = [];
    for (const chunk of inChunks(slices, inferred)) {
      const values = await work.valuesFor(chunk);
      for (const slice of chunk) {
        times.push(await work.time(slice, values, runs, slices.length - times.length));
        while (wholeRuns.length < (runs * times.length) / slices.length && work.hasTime())
          wholeRuns.push(await watch.run());
      }
    }
    while (counted(wholeRuns).length === 0 && wholeRuns.length < 3 * runs) wholeRuns.push(await watch.run());
    await whole.close();
    const plainMs = counted(wholeRuns);
    if (plainMs.length === 0 || watch.starved) throw tooBusy(wholeRuns);
    const profile = fitted(file, slices, withoutCall(times, call), plainMs, work.hurried);
    if (settings.trace) writeFileSync(settings.trace, trace(engine, profile));
    return profile;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Slicing {
  #files = 0;
  /** Some nodes got fewer runs than usual, so that all end in time. */
  hurried = false;

  constructor(
    private readonly engine: Engine,
    private readonly file: ModelFile,
    private readonly shapes: ReadonlyMap<string, readonly number[]>,
    private readonly feeds: Feeds,
    private readonly threads: number,
    private readonly folder: string,
    private readonly deadline: number,
  ) {}

  hasTime(): boolean {
    return performance.now() < this.deadline;
  }

  /** What the nodes' inputs hold when the whole model runs, as far as the engine can say. */
  async valuesFor(slices: readonly Slice[]): Promise<Feeds> {
    const wanted = [...new Set(slices.flatMap(({ inputs }) => inputs))];
    const computed = wanted.filter((name) => this.feeds[name] === undefined);
    return { ...(await this.#valuesOf(computed)), ...this.feeds };
  }

  /** Those of both halves where they cannot be had together: one that cannot be an output must not cost all others. */
  async #valuesOf(tensors: readonly string[]): Promise<Feeds> {
    const { withOutputs } = this.file.format;
    if (withOutputs === undefined || tensors.length === 0 || !this.hasTime()) return {};
    const values = await this.#attempt(async (path) => {
      withOutputs(this.file, tensors, path);
      return this.#with(path, (session) => session.run(this.feeds, tensors));
    });
    if (values !== null || tensors.length === 1) return values ?? {};
    const half = Math.ceil(tensors.length / 2);
    const first = await this.#valuesOf(tensors.slice(0, half));
    return { ...first, ...(await this.#valuesOf(tensors.slice(half))) };
  }

  /** Milliseconds that a call takes apart from what it computes; 0 where that cannot be measured. */
  async callCost(runs: number): Promise<number> {
    const { writeIdleModel } = this.file.format.profiling ?? {};
    if (writeIdleModel === undefined) return 0;
    const x = { type: 'float32' as const, shape: [1], data: new Float32Array(1) };
    const idle = { nodes: [], inputs: ['x'], write: writeIdleModel };
    const time = await this.time(idle, { x }, runs, 1);
    return typeof time === 'number' ? time : 0;
  }

  /** `left`: how many nodes there are to be timed, this one too. */
  async time({ inputs, write }: Slice, values: Feeds, runs: number, left: number): Promise<SliceTime> {
    const feeds: Feeds = {};
    for (const name of inputs) {
      const value = values[name];
      if (value === undefined) return this.hasTime() ? UNFED : NO_TIME;
      feeds[name] = value;
    }
    const budget = (this.deadline - performance.now()) / left;
    if (budget < 0) return NO_TIME;
    const time = await this.#attempt(async (path) => {
      write(
        path,
        new Map([
          ...this.shapes,
          ...Object.entries(feeds).map(([name, { shape }]) => [name, shape] as const),
        ]),
      );
      return this.#with(path, async (session) => {
        const watch = new Stopwatch(session, feeds, this.threads);
        const estimate = await warmUp(watch, processClock, budget);
        const fitting = Math.max(1, Math.floor(budget / estimate));
        if (fitting < Math.min(runs, MIN_RUNS)) this.hurried = true;
        const times = counted(await watch.runs(Math.min(runs, fitting)));
        return times.length === 0 ? INTERRUPTED : quantile(times, QUICK);
      });
    });
    return time ?? STUCK;
  }

  async #with<T>(path: string, use: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.engine.load(path, { threads: this.threads });
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  }

  /** null where the engine does not do it. */
  async #attempt<T>(work: (path: string) => Promise<T>): Promise<T | null> {
    const path = join(this.folder, `${this.#files++}${extname(this.file.model.file)}`);
    try {
      return await work(path);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      return null;
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

/** A call cannot cost more than the quickest slice took, nor a slice nothing. */
function withoutCall(times: readonly SliceTime[], call: number): SliceTime[] {
  const quickest = Math.min(...times.filter((time) => typeof time === 'number'));
  const cost = Math.min(call, (1 - LEAST_WORK) * quickest);
  return times.map((time) => (typeof time === 'number' ? time - cost : time));
}

/** `times`: of the slices; `plainMs`: of the whole model. */
function fitted(
  file: ModelFile,
  slices: readonly Slice[],
  times: readonly SliceTime[],
  plainMs: readonly number[],
  hurried: boolean,
): LayerProfile {
  const { nodes } = file.model.graph;
  const sliceOf = new Map(slices.flatMap((slice, at) => slice.nodes.map((node) => [node, at] as const)));
  const layers = nodes.flatMap((node, index): LayerLatency[] => {
    const at = sliceOf.get(index);
    const time = at === undefined ? CONSTANT : (times[at] ?? NO_TIME);
    const owner = at === undefined ? index : itemAt(itemAt(slices, at).nodes, 0);
    const row = { id: node.id, name: node.name, op: node.op, share: null };
    const inside = partsOf(node, node.id, node);
    if (typeof time === 'string') return [{ ...row, medianMs: null, fusedInto: time }, ...inside];
    if (owner === index) return [{ ...row, medianMs: time }, ...inside];
    const into = itemAt(nodes, owner);
    return [{ ...row, medianMs: null, fusedInto: into.name, fusedIntoId: into.id }, ...inside];
  });
  const rowsMs = times.reduce((total: number, time) => total + (typeof time === 'number' ? time : 0), 0);
  const wholeMs = quantile(plainMs, QUICK);
  const sum = { rowsMs, factor: rowsMs / wholeMs };
  return {
    ...fitRows({ layers, added: [] }, sum, wholeMs),
    medianMs: wholeMs,
    sum,
    method: 'layers alone',
    notes: [
      'Each layer was timed alone, as a model of its own.',
      ...(hurried
        ? [`Some layers were timed in fewer than ${MIN_RUNS} runs, to end within ${LIMIT_MS / 1000} s.`]
        : []),
      ...untimedNotes(times, markOf(sum, wholeMs) === 'unscaled'),
    ],
  };
}

/** How many nodes have no time, and what that does to the others, which are scaled to the whole or not. */
function untimedNotes(times: readonly SliceTime[], unscaled: boolean): string[] {
  return [STUCK, UNFED, INTERRUPTED, NO_TIME].flatMap((reason) => {
    const count = times.filter((time) => time === reason).length;
    if (count === 0) return [];
    const which = count === 1 ? '1 layer' : `${count} layers`;
    return [`${which} ${UNTIMED[reason]}${unscaled ? '' : ': that time is shared among the others'}.`];
  });
}

/** What lies in the bodies of a node, whose time is that of the whole. */
function partsOf({ bodies }: Node, id: NodeId, whole: Node): LayerLatency[] {
  return bodies.flatMap(({ role, graph }, place) => {
    const path = bodyPath(id, role, place);
    return graph.nodes.flatMap((node, index) => [
      {
        id: `${path}${index}`,
        name: node.name,
        op: node.op,
        medianMs: null,
        share: null,
        fusedInto: whole.name,
        fusedIntoId: whole.id,
      },
      ...partsOf(node, `${path}${index}`, whole),
    ]);
  });
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
