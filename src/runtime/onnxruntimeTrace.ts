import { createReadStream, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ModelError } from '../model/modelError';
import type { EngineProfile, ProfiledRow, RowRun } from './engine';

/** An event of a Chrome trace, as far as it is used. */
export interface TraceEvent {
  cat?: string;
  name?: string;
  ts?: number;
  dur?: number;
  args?: { op_name?: string };
}

/** What ONNX Runtime adds to a node's name. */
const SUFFIX = '_kernel_time';

/** Reads a profile of ONNX Runtime line by line, since it has about 700 bytes for every node of every run. */
export async function readProfile(prefix: string): Promise<EngineProfile> {
  const reading = new TraceReading();
  for await (const event of traceEvents(prefix)) reading.add(event);
  const { profile } = reading;
  if (profile.runs === 0) throw new ModelError('ONNX Runtime wrote no profile.');
  return profile;
}

/**
 * Takes the events of a profile in their order. They are written when they end: the nodes of a body before the node
 * that has it, and `model_run` after all of a run.
 */
export class TraceReading {
  /** Start and duration of each run, in microseconds. */
  readonly runs: { readonly ts: number; readonly dur: number }[] = [];
  private readonly rows = new Map<string, { op: string; runs: RowRun[] }>();
  private events = 0;
  /** Events of this run that may still turn out to have been inside another one. */
  private open: { ts: number; dur: number }[] = [];

  add(event: TraceEvent): void {
    this.events++;
    if (event.cat === 'Session' && event.name === 'model_run') {
      this.runs.push({ ts: event.ts ?? Number.NaN, dur: event.dur ?? Number.NaN });
      this.open = [];
    } else if (isNode(event)) {
      const inside = takeInside(this.open, event);
      this.open.push(event);
      const name = event.name.slice(0, -SUFFIX.length);
      const row = this.rows.get(name) ?? { op: event.args?.op_name ?? '', runs: [] };
      this.rows.set(name, row);
      add(row.runs, this.runs.length, event.dur - inside.microseconds, inside.count);
    }
  }

  get rowCount(): number {
    return this.rows.size;
  }

  get profile(): EngineProfile {
    const runs = this.runs.length;
    const rows = [...this.rows].map(
      ([name, row]): ProfiledRow => ({
        name,
        op: row.op,
        runs: Array.from({ length: runs }, (_, run) => row.runs[run] ?? NO_RUN),
      }),
    );
    return { rows, runs, events: this.events };
  }
}

const NO_RUN: RowRun = { microseconds: 0, calls: 0, nested: 0 };

function add(runs: RowRun[], run: number, microseconds: number, nested: number): void {
  const before = runs[run] ?? NO_RUN;
  runs[run] = {
    microseconds: before.microseconds + microseconds,
    calls: before.calls + 1,
    nested: before.nested + nested,
  };
}

/** Removes the events that began after this one did, and ended before it: they ran inside it. */
function takeInside(open: { ts: number; dur: number }[], event: { ts: number }) {
  let microseconds = 0;
  let count = 0;
  for (let last = open.at(-1); last !== undefined && last.ts > event.ts; last = open.at(-1)) {
    open.pop();
    microseconds += last.dur;
    count++;
  }
  return { microseconds, count };
}

/** The same trace with other names for the nodes. */
export async function saveTrace(
  prefix: string,
  names: ReadonlyMap<string, string>,
  target: string,
): Promise<void> {
  const events: TraceEvent[] = [];
  for await (const event of traceEvents(prefix)) {
    if (!isNode(event)) events.push(event);
    else {
      const row = event.name.slice(0, -SUFFIX.length);
      events.push({ ...event, name: names.get(row) ?? row });
    }
  }
  const lines = events.map((event) => JSON.stringify(event));
  writeFileSync(target, `[\n${lines.join(',\n')}\n]\n`);
}

function isNode(event: TraceEvent): event is TraceEvent & { name: string; ts: number; dur: number } {
  return (
    event.cat === 'Node' &&
    event.name?.endsWith(SUFFIX) === true &&
    typeof event.ts === 'number' &&
    typeof event.dur === 'number'
  );
}

/** A JSON array with one event a line. */
async function* traceEvents(prefix: string): AsyncGenerator<TraceEvent> {
  const input = createReadStream(findFile(prefix));
  for await (const line of createInterface({ input })) {
    const text = line.trim().replace(/,$/, '');
    if (text.startsWith('{')) yield JSON.parse(text) as TraceEvent;
  }
}

/** The engine adds the time to the prefix that it was given. */
function findFile(prefix: string): string {
  const folder = dirname(prefix);
  const name = readdirSync(folder).find(
    (file) => file.startsWith(`${basename(prefix)}_`) && file.endsWith('.json'),
  );
  if (name === undefined) throw new ModelError('ONNX Runtime wrote no profile.');
  return join(folder, name);
}
