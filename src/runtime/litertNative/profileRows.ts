import type { RowPlace } from '../../formats/profiling';
import type { EngineProfile, RowRun } from '../engine';

/** Kinds of events (bits of `tflite::Profiler::EventType`, of the same name in `tensorflow/lite/core/api/profiler.h`). */
const DEFAULT = 1;
const OPERATOR_INVOKE = 2;
const DELEGATE_PROFILED_OPERATOR_INVOKE = 8;

/** What a graph's run is called among the events of the kind DEFAULT. */
const INVOKE = 'Invoke';

/** An event of LiteRT's profiler. */
export interface ProfilerEvent {
  /** TensorFlow Lite's name of an operator, or what a delegate calls one of its own. */
  readonly tag: string;
  readonly type: number;
  /** Microseconds; 0 where the time was taken by a delegate. */
  readonly start: number;
  /** Whole microseconds, rounded down. */
  readonly microseconds: number;
  /** Number of the operator in its graph; where a delegate has it, of the delegate's own. */
  readonly index: number;
  /** Number of the graph in the file. */
  readonly graph: number;
}

interface Row {
  readonly at: number;
  readonly key: string;
  readonly op: string;
  readonly place: RowPlace;
  readonly runs: { microseconds: number; calls: number; nested: number }[];
}

/** A graph that is running. */
interface Frame {
  readonly graph: number;
  readonly end: number;
  readonly caller: Row | null;
  /** What was the last of the file's operators, and the delegate's part and operator after it. */
  last: Row | null;
  part: number;
  delegated: number;
}

const NO_RUN: RowRun = { microseconds: 0, calls: 0, nested: 0 };

/**
 * Gathers events, in the order in which they began, into rows: one for each operator of each graph and for each of a
 * delegate's, at each of the nodes that call the graph. Events of a run are given together.
 */
export class ProfileRows {
  readonly #rows = new Map<string, Row>();
  readonly #frames: Frame[] = [];
  #runs = 0;
  #events = 0;

  add(events: Iterable<ProfilerEvent>): void {
    for (const event of events) {
      if (event.type === DEFAULT && event.tag === INVOKE) this.#enter(event);
      else if (event.type === OPERATOR_INVOKE || event.type === DELEGATE_PROFILED_OPERATOR_INVOKE) {
        this.#events++;
        this.#note(event);
      }
    }
  }

  profile(): EngineProfile {
    const rows = [...this.#rows.values()].map(({ key, op, place, runs }) => ({
      name: `${key}: ${op}`,
      op,
      place,
      runs: Array.from({ length: this.#runs }, (_, run) => runs[run] ?? NO_RUN),
    }));
    return { rows, runs: this.#runs, events: this.#events };
  }

  /** A graph that begins after another one ended was not called by that. */
  #enter({ start, microseconds, graph }: ProfilerEvent): void {
    const frames = this.#frames;
    while ((frames.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= start) frames.pop();
    const outer = frames.at(-1);
    if (outer === undefined) this.#runs++;
    frames.push({
      graph,
      end: start + microseconds,
      caller: outer?.last ?? null,
      last: null,
      part: 0,
      delegated: -1,
    });
  }

  #note({ tag, type, microseconds, index, graph }: ProfilerEvent): void {
    const frames = this.#frames;
    // Before the first run that was recorded whole there may be the end of another.
    if (!frames.some((frame) => frame.graph === graph)) return;
    while (frames.at(-1)?.graph !== graph) frames.pop();
    const frame = frames.at(-1) as Frame;
    const isOwn = type === OPERATOR_INVOKE;
    // A delegate's part begins again at 0.
    if (!isOwn && index <= frame.delegated) frame.part++;
    const which = isOwn ? `${index}` : `${frame.last?.place.operator ?? ''}+${frame.part}.${index}`;
    const row = this.#row(`${frame.caller === null ? '' : `${frame.caller.key}/`}${graph}.${which}`, tag, {
      graph,
      operator: isOwn ? index : null,
      caller: frame.caller?.at ?? null,
    });
    if (isOwn) Object.assign(frame, { last: row, part: 0, delegated: -1 });
    else frame.delegated = index;
    const run = this.#runOf(row);
    run.microseconds += microseconds;
    run.calls++;
    if (frame.caller === null) return;
    const around = this.#runOf(frame.caller);
    around.microseconds -= microseconds;
    around.nested++;
  }

  #row(key: string, op: string, place: RowPlace): Row {
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = { at: this.#rows.size, key, op, place, runs: [] };
    this.#rows.set(key, row);
    return row;
  }

  #runOf({ runs }: Row) {
    const run = runs[this.#runs - 1] ?? { ...NO_RUN };
    runs[this.#runs - 1] = run;
    return run;
  }
}
