import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { type TraceEvent, TraceReading } from '../onnxruntimeTrace';
import { median } from '../statistics';
import { linesOf, MAX_ROWS, type MeasuredRow, type Measurements } from './measurements';

/** ONNX Runtime itself stops at a million. */
const MAX_EVENTS = 1_000_000;
/** Runs times rows: each is kept, also where a row did not run (CWE-770). */
const MAX_TIMES = 5_000_000;

/** Whether a text is a profile of ONNX Runtime. */
export function isOnnxruntimeProfile(text: string): boolean {
  return /^\s*\[/.test(text) && /"name"\s*:\s*"(?:model_run|[^"]*_kernel_time)"/.test(text);
}

/**
 * A profile of ONNX Runtime: what sessions with `enable_profiling` write, and onnxruntime_perf_test with `-p`. An array
 * of events of a Chrome trace, one a line.
 */
export function readOnnxruntimeProfile(text: string, file: string): Measurements {
  const reading = new TraceReading();
  const providers = new Set<string>();
  let events = 0;
  for (const line of linesOf(text, file)) {
    const event = eventOf(line, file);
    if (event === null) continue;
    if (++events > MAX_EVENTS)
      throw new ModelError(`The profile has more than ${MAX_EVENTS} events.`, { file });
    reading.add(event);
    if (event.provider !== undefined) providers.add(event.provider.replace(/ExecutionProvider$/, ''));
  }
  const { runs } = reading;
  if (runs.length === 0) throw new ModelError('The profile ends before the first run does.', { file });
  checkApart(runs, file);
  if (reading.rowCount > MAX_ROWS || reading.rowCount * runs.length > MAX_TIMES)
    throw new ModelError(
      `The profile has ${reading.rowCount} rows in ${runs.length} runs: profile fewer runs.`,
      { file },
    );
  const { rows } = reading.profile;
  const durations = runs.map(({ dur }) => dur / 1000);
  return {
    tool: 'ONNX Runtime profile',
    engine: `ONNX Runtime${providers.size === 0 ? '' : ` on ${[...providers].join(', ')}`}`,
    format: 'onnx',
    modelBytes: null,
    threads: null,
    runs: runs.length,
    latency: {
      statistic: 'median',
      value: median(durations),
      min: durations.reduce((least, one) => Math.min(least, one)),
      max: durations.reduce((most, one) => Math.max(most, one)),
      ci95: null,
    },
    rows: rows.map(
      ({ name, op, runs: times }): MeasuredRow => ({
        name,
        op,
        calls: null,
        ms:
          times.length === 0
            ? null
            : Math.max(0, median(times.map(({ microseconds }) => microseconds))) / 1000,
      }),
    ),
    rowStatistic: 'median',
    notes: [
      'The latency is that of profiled runs, the first ones with it, and a profile makes runs slower: rather compare layers with each other.',
    ],
  };
}

/** Of any line the event, as far as it is one; what has another type than it should is left out. */
function eventOf(line: string, file: string): (TraceEvent & { provider?: string }) | null {
  const text = line.trim().replace(/,$/, '');
  if (!text.startsWith('{')) return null;
  const { cat, name, ts, dur, args } = parsed(text, file);
  const { op_name, provider } =
    typeof args === 'object' && args !== null ? (args as Record<string, unknown>) : {};
  return {
    ...(typeof cat === 'string' ? { cat } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof ts === 'number' ? { ts } : {}),
    ...(typeof dur === 'number' && dur >= 0 ? { dur } : {}),
    ...(typeof op_name === 'string' ? { args: { op_name } } : {}),
    ...(typeof provider === 'string' ? { provider } : {}),
  };
}

function parsed(text: string, file: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ModelError(
      'An event of the profile cannot be read, perhaps because the file was cut off.',
      { file },
      error,
    );
  }
}

/** Which run an event belongs to is only told by the order, so runs at the same time cannot be told apart. */
function checkApart(runs: TraceReading['runs'], file: string): void {
  if (!runs.every(({ ts, dur }) => Number.isFinite(ts) && Number.isFinite(dur) && dur >= 0))
    throw new ModelError('A run of the profile has no time.', { file });
  for (const [index, { ts }] of runs.entries()) {
    const before = index === 0 ? null : itemAt(runs, index - 1);
    if (before !== null && before.ts + before.dur > ts)
      throw new ModelError(
        'Its runs overlap, so it cannot be said which run an event belongs to: profile one run at a time.',
        { file },
      );
  }
}
