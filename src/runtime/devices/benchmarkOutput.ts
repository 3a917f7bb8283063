import type { Graph } from '../../model/model';
import type { LayerLatency } from '../../protocol/reports';
import type { Rows } from '../rowFit';
import { untimedRows } from '../untimedRows';
import type { Session } from './sessions';

/** What one start of `benchmark_model` printed of its runs. */
export interface BenchmarkRun extends Session {
  /** What became of the delegate that was asked for, in its words; null: it says nothing. */
  readonly delegate: string | null;
}

/**
 * Reads the text of `benchmark_model`: the line `count=… avg=… std=…` of the timed runs, which comes after that of the
 * warm-up, in microseconds; newer ones add the median. https://github.com/google-ai-edge/LiteRT, tools/benchmark.
 *
 * @returns null where it holds no timing
 */
export function readRun(text: string): BenchmarkRun | null {
  const counts = [...text.matchAll(/count=(\d+)\b([^\n]*)/g)].filter(([, , rest = '']) =>
    /\bavg=/.test(rest),
  );
  const [, count = '', rest = ''] = counts.at(-1) ?? [];
  const average = numberAfter(rest, /\bavg=/) ?? numberAfter(text, /Inference \(avg\): /);
  if (average === null || average <= 0) return null;
  const microseconds = numberAfter(rest, /\bmedian=/) ?? average;
  const delegate = /^.*\b(?:Explicitly applied|Though) [^\n]*$/m.exec(text)?.[0] ?? null;
  return {
    ms: microseconds / 1000,
    runs: Number(count) || 1,
    delegate: delegate?.replace(/^\w+: /, '').trim() ?? null,
  };
}

/** The number that stands behind a text, as C++ prints it. */
function numberAfter(text: string, before: RegExp): number | null {
  const value = new RegExp(`${before.source}([-+.\\deE]+)`).exec(text)?.[1];
  const number = Number(value);
  return value === undefined || !Number.isFinite(number) ? null : number;
}

/** A row of the table of operators. */
export interface OperatorRow {
  /** Operator, or name of a delegate. */
  readonly type: string;
  /** Output tensors. */
  readonly outputs: readonly string[];
  /** Number of the node in the model as it runs: delegates' nodes come after those of the file. */
  readonly node: number;
  /** Of all calls of a run. */
  readonly ms: number;
}

/** As the tool names its columns, in CSV or on the screen; some versions leave the start out. */
const COLUMNS = { type: 'node type', ms: 'avg ms', calls: 'times called', name: 'name' };

/**
 * Reads the table "Run Order" of the timed runs, of CSV or of what is printed: columns are found by their names, since
 * versions differ in which there are. Tables of the preparation, of other subgraphs and of a delegate's inside are not
 * read.
 *
 * @returns null where there is no such table
 */
export function readOperators(text: string): OperatorRow[] | null {
  const lines = text.split('\n').map((line) => line.replace(/^INFO: /, '').trimEnd());
  const regular = lines.findIndex((line) => /Profiling Info for Regular Benchmark Runs/.test(line));
  const title = lines.findIndex((line, index) => index > regular && /=+ Run Order =+/.test(line));
  if (regular < 0 || title < 0) return null;
  const header = lines[title + 1] ?? '';
  const csv = !header.includes('[');
  const split = csv ? splitCsv : splitPrinted;
  const names = split(header).map((name) => name.replace(/[[\]]/g, '').replaceAll('_', ' ').toLowerCase());
  const place = (name: string) => names.indexOf(name);
  const columns = [COLUMNS.type, COLUMNS.ms, COLUMNS.name].map(place);
  if (columns.includes(-1)) return null;
  const rows: OperatorRow[] = [];
  for (const line of lines.slice(title + 2)) {
    if (line.trim() === '' || line.includes('=====')) break;
    const cells = split(line);
    const [type = '', time = '', name = ''] = columns.map((column) => cells[column] ?? '');
    const [, outputs, node] = /^\[(.*)\]:(\d+)$/.exec(name) ?? [];
    const ms = Number(time);
    if (outputs === undefined || !Number.isFinite(ms) || ms < 0) continue;
    const calls = Number(cells[place(COLUMNS.calls)] ?? 1) || 1;
    // CSV has tabs for the commas between names.
    rows.push({ type, outputs: outputs.split(/[,\t] /), node: Number(node), ms: ms * calls });
  }
  return rows;
}

/** The name comes last and holds no commas. */
function splitCsv(line: string): string[] {
  return line.split(',').map((cell) => cell.trim());
}

/** Tabs stand before each cell; names may hold them. */
function splitPrinted(line: string): string[] {
  return line
    .trim()
    .split(/\t+/)
    .map((cell) => cell.trim());
}

/** What a node is said to be whose time a delegate's row holds. */
const IN_DELEGATE = 'in the delegate';

/**
 * Rows led back to the file's operators, by number, and type or output. A delegate runs a part of the model that it
 * does not name: its row stands for the part, and layers without rows are in it.
 */
export function attributeRows(graph: Graph, rows: readonly OperatorRow[]): Rows {
  const times = new Map<number, number>();
  const added: Rows['added'] = [];
  for (const { type, outputs, node, ms } of rows) {
    const known = graph.nodes[node];
    // Newer ones put words of the kernel's behind the type.
    const fits = known !== undefined && (type.split('/')[0] === known.op || outputs[0] === known.outputs[0]);
    if (fits) times.set(node, (times.get(node) ?? 0) + ms);
    else
      added.push({
        name: `${type}: ${outputs.join(', ') || `part ${node}`}`,
        op: type,
        medianMs: ms,
        share: null,
      });
  }
  const delegated = added.length > 0;
  const layers = untimedRows(graph).map((row): LayerLatency => {
    // Ids of the main graph are numbers; what is inside nodes has no rows of its own.
    const medianMs = times.get(Number(row.id)) ?? null;
    return medianMs === null && delegated ? { ...row, fusedInto: IN_DELEGATE } : { ...row, medianMs };
  });
  return { layers, added };
}
