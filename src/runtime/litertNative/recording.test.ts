import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordedProfile } from '../../../test/unit/litertProfiles';
import { scratchFolder } from '../../../test/unit/support';
import { itemAt, present } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import type { ProfilerEvent } from './profilerEvent';
import { type NotedSession, nativeProfiler, recorded } from './recording';

const folder = scratchFolder();
const EVENTS = recordedProfile('control_flow');
let prefixes = 0;

/** A session whose library notes the same events in each run, and how often they were taken from it. */
function session(room = Number.POSITIVE_INFINITY) {
  let events: ProfilerEvent[] = [];
  let runs = 0;
  const seen = { taken: 0, closed: false };
  const run = async () => {
    if (runs === 3) throw new ModelError('It broke.');
    const shift = 10_000 * runs++;
    const shifted = EVENTS.map((event) => ({ ...event, start: event.start && event.start + shift }));
    events = [...events, ...shifted].slice(0, room);
    return {};
  };
  const noted: NotedSession = {
    inputs: [],
    outputs: [],
    run,
    invoke: async () => void (await run()),
    profiler: () => ({
      get count() {
        return events.length;
      },
      start: () => {},
      stop: () => {
        const all = events;
        events = [];
        seen.taken++;
        return all;
      },
    }),
    close: async () => {
      seen.closed = true;
    },
  };
  return { noted, seen };
}

const prefix = () => join(folder, `profile-${prefixes++}`);

describe('recorded', () => {
  it('keeps all runs where the buffer has to be emptied between them', async () => {
    const [all, some] = [prefix(), prefix()];
    const { noted, seen } = session();
    const full = recorded(noted, all);
    for (let run = 0; run < 3; run++) await full.run({});
    await full.close();
    expect(seen).toEqual({ taken: 1, closed: true });
    const other = session();
    const emptied = recorded(other.noted, some, 2 * EVENTS.length);
    await emptied.run({});
    await emptied.invoke?.({});
    await emptied.run({});
    await emptied.close();
    expect(other.seen.taken).toBe(4);
    const profile = present(await nativeProfiler.read(all), 'profile');
    expect(profile.runs).toBe(3);
    expect(await nativeProfiler.read(some)).toEqual(profile);
  });

  it('says that there is no profile where a run does not fit', async () => {
    const path = prefix();
    const full = recorded(session(EVENTS.length - 5).noted, path, EVENTS.length - 5);
    await full.run({});
    await full.close();
    expect(await nativeProfiler.read(path)).toBeNull();
  });

  it('asks a model that failed for nothing, and closes it', async () => {
    const path = prefix();
    const { noted, seen } = session();
    const broken = recorded(noted, path);
    for (let run = 0; run < 3; run++) await broken.run({});
    await expect(broken.run({})).rejects.toThrow('It broke.');
    await broken.close();
    expect(seen).toEqual({ taken: 0, closed: true });
    expect(existsSync(`${path}.json`)).toBe(false);
  });

  it('writes a trace with other names for the rows', async () => {
    const path = prefix();
    const one = recorded(session().noted, path);
    await one.run({});
    await one.close();
    const { rows } = present(await nativeProfiler.read(path), 'profile');
    const target = join(folder, 'trace.json');
    await nativeProfiler.saveTrace(path, new Map([[itemAt(rows, 0).name, 'first layer']]), target);
    const trace = JSON.parse(readFileSync(target, 'utf8')) as { name: string; ts: number; dur: number }[];
    expect(trace.map(({ name }) => name)).toEqual(['first layer', ...rows.slice(1).map(({ name }) => name)]);
    // Microseconds that were rounded down are on average half of one longer.
    expect(trace[0]).toMatchObject({ ts: 0, dur: 1.5 });
    expect(trace[1]?.ts).toBe(1.5);
  });
});
