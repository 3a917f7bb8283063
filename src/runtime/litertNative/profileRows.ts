import type { RowPlace } from '../../formats/profiling';
import type { EngineProfile, RowRun } from '../engine';
import { GENERAL_EVENT, KERNEL_EVENT, type ProfilerEvent, XNNPACK_EVENT } from './profilerEvent';

/** General events: a graph runs, and gets its memory. */
const INVOKE = 'Invoke';
const ALLOCATE = 'AllocateTensors';

interface Row {
  readonly at: number;
  readonly key: string;
  readonly op: string;
  readonly place: RowPlace;
  readonly runs: Run[];
}

interface Run {
  microseconds: number;
  calls: number;
  nested: number;
  /** How often it let a graph run, or get memory. */
  graphs: number;
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
  /** Microseconds of it that no row explains yet. */
  rest: number;
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
  /**
   * Microseconds for which the library looks up its memory before a graph runs, and again after it, since it is
   * profiled: the least that a graph took beyond its rows.
   */
  #lookingUp = Number.POSITIVE_INFINITY;

  add(events: Iterable<ProfilerEvent>): void {
    for (const event of events) {
      if (event.type === GENERAL_EVENT && event.tag === INVOKE) this.#enter(event);
      else if (event.type === GENERAL_EVENT && event.tag === ALLOCATE) this.#countGraph();
      else if (event.type === KERNEL_EVENT || event.type === XNNPACK_EVENT) {
        this.#events++;
        this.#note(event);
      }
    }
  }

  profile(): EngineProfile {
    while (this.#frames.length > 0) this.#leave();
    const rows = [...this.#rows.values()].map(({ key, op, place, runs }) => ({
      name: `${key}: ${op}`,
      op,
      place,
      runs: Array.from({ length: this.#runs }, (_, run) => this.#ownRun(runs[run])),
    }));
    return { rows, runs: this.#runs, events: this.#events };
  }

  #ownRun(run: Run | undefined): RowRun {
    if (run === undefined) return NO_RUN;
    const { microseconds, calls, nested, graphs } = run;
    const own = graphs === 0 ? microseconds : Math.max(0, microseconds - 2 * graphs * this.#lookingUp);
    return { microseconds: own, calls, nested };
  }

  /** A graph that begins after another one ended was not called by that. */
  #enter({ start, microseconds, graph }: ProfilerEvent): void {
    const frames = this.#frames;
    while ((frames.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= start) this.#leave();
    this.#countGraph();
    const outer = frames.at(-1);
    if (outer === undefined) this.#runs++;
    frames.push({
      graph,
      end: start + microseconds,
      caller: outer?.last ?? null,
      last: null,
      part: 0,
      delegated: -1,
      rest: microseconds,
    });
  }

  #leave(): void {
    const { rest = 0 } = this.#frames.pop() ?? {};
    this.#lookingUp = Math.min(this.#lookingUp, Math.max(0, rest));
  }

  #countGraph(): void {
    const row = this.#frames.at(-1)?.last;
    if (row) this.#runOf(row).graphs++;
  }

  #note({ tag, type, microseconds, index, graph }: ProfilerEvent): void {
    const frames = this.#frames;
    // Before the first run that was recorded whole there may be the end of another.
    if (!frames.some((frame) => frame.graph === graph)) return;
    while (frames.at(-1)?.graph !== graph) this.#leave();
    const frame = frames.at(-1) as Frame;
    const isOwn = type === KERNEL_EVENT;
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
    frame.rest -= microseconds;
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

  #runOf({ runs }: Row): Run {
    const run = runs[this.#runs - 1] ?? { ...NO_RUN, graphs: 0 };
    runs[this.#runs - 1] = run;
    return run;
  }
}
