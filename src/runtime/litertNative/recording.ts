import { readFileSync, writeFileSync } from 'node:fs';
import type { EngineProfile, Feeds, Profiler, Session } from '../engine';
import { ProfileRows } from './profileRows';
import { type Profiler as EventBuffer, MAX_EVENTS } from './profiler';

/** Rows are whole microseconds, rounded down: half of one is missing in each, and too much in what is around it. */
const ROUNDED_OFF = 0.5;
/** Rows that are mostly shorter than the tick of their clock say nothing, nor do those of so short a run. */
const LEAST = { modelMs: 0.03, rowMs: 0.001 };

/** The library's own profile, of sessions that `recorded` gave. */
export const nativeProfiler: Profiler = {
  least: LEAST,
  read: async (prefix) => readRecorded(prefix),
  cost: async () => ({ inside: -ROUNDED_OFF, outside: ROUNDED_OFF }),
  async saveTrace(prefix, names, target) {
    writeFileSync(target, traceOf(readRecorded(prefix), names));
  },
};

/** A session of which the library notes what it does. */
export interface NotedSession extends Session {
  invoke(feeds: Feeds): Promise<void>;
  profiler(): Pick<EventBuffer, 'count' | 'start' | 'stop'>;
}

/**
 * The session with all its runs noted; closing it writes them down for `nativeProfiler`.
 * @param room events that the library's buffer holds
 */
export function recorded(session: NotedSession, prefix: string, room = MAX_EVENTS): Session {
  const buffer = session.profiler();
  const rows = new ProfileRows();
  let lost = false;
  let failed = false;
  const take = () => {
    lost ||= buffer.count >= room;
    const events = buffer.stop();
    if (!lost) rows.add(events);
  };
  const noted = async <T>(work: () => Promise<T>): Promise<T> => {
    // Until it succeeds: a model that failed may not be asked for anything.
    failed = true;
    const result = await work();
    failed = false;
    // Where half of the room is left, the next run fits, or says that it did not.
    if (buffer.count >= room / 2) {
      take();
      buffer.start();
    }
    return result;
  };
  buffer.start();
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    run: (feeds, fetches) => noted(() => session.run(feeds, fetches)),
    invoke: (feeds) => noted(() => session.invoke(feeds)),
    async close() {
      try {
        if (failed) return;
        take();
        writeFileSync(pathOf(prefix), JSON.stringify(lost ? null : rows.profile()));
      } finally {
        await session.close();
      }
    },
  };
}

function pathOf(prefix: string): string {
  return `${prefix}.json`;
}

function readRecorded(prefix: string): EngineProfile | null {
  return JSON.parse(readFileSync(pathOf(prefix), 'utf8')) as EngineProfile | null;
}

/** The rows of each run one after the other, in the Trace Event Format that Perfetto opens: XNNPACK says how long, not when. */
function traceOf(profile: EngineProfile | null, names: ReadonlyMap<string, string>): string {
  const events: object[] = [];
  let ts = 0;
  for (let run = 0; run < (profile?.runs ?? 0); run++) {
    for (const { name, op, runs } of profile?.rows ?? []) {
      const { microseconds = 0, calls = 0 } = runs[run] ?? {};
      if (calls === 0) continue;
      const dur = Math.max(0, microseconds + calls * ROUNDED_OFF);
      events.push({
        name: names.get(name) ?? name,
        cat: 'Node',
        ph: 'X',
        pid: 1,
        tid: run + 1,
        ts,
        dur,
        args: { op, calls },
      });
      ts += dur;
    }
  }
  return JSON.stringify(events);
}
