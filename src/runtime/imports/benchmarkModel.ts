import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import type { ImportedLatency } from '../../protocol/imported';
import { BenchmarkTable, dialectOf } from './benchmarkTable';
import { linesOf, type MeasuredRow, type Measurements } from './measurements';

/** What Android's log and TensorFlow's put before a line. */
const PREFIX =
  /^(?:\d\d-\d\d \d\d:\d\d:\d\d\.\d+\s+\d+\s+\d+ [VDIWEF] [^:]{1,80}:\s)?(?:(?:INFO|VERBOSE|WARNING|ERROR):\s)?(?:\[[^\][]{1,200}:\d+\]\s)?/;

const TABLE = /^=+ (.+) =+$/;
/** Parts of the output that hold tables; those of the initialization and of called graphs are no layers of a run. */
const PARTS: readonly (readonly [RegExp, Part])[] = [
  [/^Profiling Info for Benchmark Initialization/, 'initialization'],
  [/^Operator-wise Profiling Info for Regular Benchmark Runs/, 'runs'],
  [/^Primary graph\b/, 'runs'],
  [/^Subgraph \(index: \d+.*:$/, 'inside'],
  [/^Delegate internal:/, 'inside'],
];

type Part = 'runs' | 'initialization' | 'inside';

/** `count=70 first=14941 curr=14066 min=13728 max=16145 avg=14290.9 std=452`, in microseconds; of one run only `curr`. */
const COUNTED = /^count=(\d+)(?: |$)/;

/** Characters of a sentence of the tool's own that is passed on. */
const MAX_SENTENCE = 200;

const INSIDE =
  'What the file says of graphs that operators call, and of the insides of delegates, is left out: their time is in the rows that are shown.';

/** Whether a text is what `benchmark_model` prints, or a part of it. */
export function isBenchmarkModel(text: string): boolean {
  return (
    /Inference timings in us:|^.{0,200}\bcount=\d+ (?:first|curr)=\d/m.test(text) ||
    /^[ \t]*(?:\[node type\]\s|node type, )/m.test(text)
  );
}

/**
 * What LiteRT's `benchmark_model` prints, with or without a table of operators, as text or CSV, also through Android's
 * log. Formats: tensorflow/lite/tools/benchmark, tensorflow/core/util/stats_calculator.cc.
 */
export function readBenchmarkModel(text: string, file: string): Measurements {
  const reading = new Reading(file);
  for (const line of linesOf(text, file)) reading.add(line.replace(PREFIX, ''));
  return reading.result();
}

/** The rows of its table of operators alone; null where there is none. */
export function readOperators(text: string, file: string): readonly MeasuredRow[] | null {
  const reading = new Reading(file);
  for (const line of linesOf(text, file)) reading.add(line.replace(PREFIX, ''));
  return reading.operators;
}

class Reading {
  private part: Part = 'runs';
  /** Lines are rows of it. null: they are not, or of a table that is not read. */
  private table: BenchmarkTable | null = null;
  /** A table's title was read, its heading is next. */
  private atHeading = false;
  private runs: BenchmarkTable | null = null;
  /** Tables of called graphs and delegates' insides. */
  private inside = 0;
  /** Lines with counts: of the warm-up and of the runs. */
  private readonly counted: Record<string, number>[] = [];
  private averages: number[] = [];
  /** Runs that the table of operators is about. */
  private profiled: number | null = null;
  private threads: number | null = null;
  private megabytes: number | null = null;
  private readonly delegates = new Set<string>();
  /** What became of a delegate that was asked for. */
  private refused: string | null = null;

  constructor(private readonly file: string) {}

  add(line: string): void {
    const title = TABLE.exec(line)?.[1];
    if (title !== undefined) {
      this.table = null;
      this.atHeading = title === 'Run Order';
    } else if (this.atHeading) {
      this.atHeading = false;
      this.open(line);
    } else if (this.table !== null) {
      if (line.trim() === '') this.table = null;
      else this.table.add(line, this.file);
    } else this.addLog(line);
  }

  private open(heading: string): void {
    const dialect = dialectOf(heading);
    if (dialect === null) throw this.error('The columns of its table of operators are not known.');
    this.table = new BenchmarkTable(dialect);
    if (this.part === 'inside') this.inside++;
    if (this.part !== 'runs') return;
    if (this.runs !== null) throw this.severalRuns();
    this.runs = this.table;
  }

  private addLog(line: string): void {
    const part = PARTS.find(([beginning]) => beginning.test(line))?.[1];
    if (part !== undefined) this.part = part;
    if (this.part === 'runs')
      this.profiled = number(/^Timings \(microseconds\): count=(\d+)/.exec(line)) ?? this.profiled;
    if (COUNTED.test(line)) this.counted.push(figures(line));
    this.threads =
      number(/^(?:#threads used for CPU inference|Num threads): \[(\d+)\]/.exec(line)) ?? this.threads;
    this.megabytes = number(/^The input model file size \(MB\): ([\d.]+)/.exec(line)) ?? this.megabytes;
    const applied =
      /^Explicitly applied (\w+) delegate/.exec(line) ?? /^Created TensorFlow Lite (\w+) delegate/.exec(line);
    if (applied?.[1] !== undefined) this.delegates.add(applied[1]);
    if (/^Though \w+ delegate is explicitly applied/.test(line)) this.refused ??= line.slice(0, MAX_SENTENCE);
    // The second is from 2019.
    const whole =
      /^Inference timings in us: .*Inference \(avg\): (\S+)$/.exec(line) ??
      /^Average inference timings in us: .*\bno stats: ([^,\s]+)/.exec(line);
    const average = number(whole);
    if (average !== null) this.averages.push(average);
  }

  get operators(): readonly MeasuredRow[] | null {
    return this.runs?.rows ?? null;
  }

  result(): Measurements {
    const latency = this.latency();
    if (latency === null && this.runs === null)
      throw this.error('It ends before the runs do, so it says nothing of the latency.');
    const timed = this.counted.at(-1)?.['count'] ?? null;
    return {
      tool: 'benchmark_model',
      engine: `TensorFlow Lite${this.delegates.size === 0 ? '' : ` with ${[...this.delegates].join(' and ')}`}`,
      format: 'tflite',
      modelBytes: this.megabytes === null ? null : this.megabytes * 1e6,
      threads: this.threads,
      runs: latency === null ? this.profiled : timed,
      latency,
      rows: this.operators ?? [],
      rowStatistic: 'average',
      notes: [...(this.refused === null ? [] : [this.refused]), ...(this.inside === 0 ? [] : [INSIDE])],
    };
  }

  private latency(): ImportedLatency | null {
    if (this.averages.length > 1 || this.counted.length > 2) throw this.severalRuns();
    // The first of two is the warm-up's.
    const counted = this.counted.length === 2 ? itemAt(this.counted, 1) : null;
    const average = this.averages[0] ?? counted?.['avg'] ?? counted?.['curr'];
    if (average === undefined) return null;
    const median = counted?.['median'];
    return {
      statistic: median === undefined ? 'average' : 'median',
      value: (median ?? average) / 1000,
      min: milliseconds(counted?.['min']),
      max: milliseconds(counted?.['max']),
      ci95: null,
    };
  }

  private severalRuns(): ModelError {
    return this.error('It holds more than one measurement: save each in a file of its own.');
  }

  private error(message: string): ModelError {
    return new ModelError(message, { file: this.file });
  }
}

function figures(line: string): Record<string, number> {
  return Object.fromEntries(
    [...line.matchAll(/(\w{1,20})=(-?[\d.]+(?:e[+-]?\d+)?)/g)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  );
}

/** The number that was found; null where none was, or it is none. */
function number(found: RegExpExecArray | null): number | null {
  const value = Number(found?.[1] ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function milliseconds(microseconds: number | undefined): number | null {
  return microseconds === undefined ? null : microseconds / 1000;
}
