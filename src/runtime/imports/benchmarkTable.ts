import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { MAX_ROWS, type MeasuredRow } from './measurements';

/** Characters of a node's type: XNNPACK's longest has about 60. Names are as long as the model's tensors are called. */
const TYPE = '(\\S.{0,200}?)';
/** Between columns, which are at most so wide. */
const SPACE = '[ \\t]{1,80}';
const NUMBER = '(-?[\\d.]+(?:e[+-]?\\d+)?|-?nan|-?inf)';

/** Numbers before the name, the same in both ways of writing: first, avg ms, %, cdf%, mem KB, times called. */
const COLUMNS = ['', '', '%', '%', '', ''];

/** How rows are written, by the names of the columns; versions before 2022 state where in the run a row starts. */
interface Dialect {
  readonly csv: boolean;
  readonly row: RegExp;
  /** Groups of `row` with the average of a call and the calls in a run. */
  readonly average: number;
  readonly calls: number;
}

/** Characters of a heading: all columns take about 200. */
const MAX_HEADING = 500;

/** The heading of a table, or null. Versions and modes differ in their columns. */
export function dialectOf(heading: string): Dialect | null {
  if (heading.length > MAX_HEADING) return null;
  const csv = /^node type, .*\bavg_ms\b.*\bname$/.test(heading);
  if (!csv && !/^\s*\[node type\]\s.*\[avg ms\]\s.*\[Name\]$/.test(heading)) return null;
  const start = /\bstart\b/.test(heading) ? [''] : [];
  const separator = csv ? ', ?' : SPACE;
  const numbers = [...start, ...COLUMNS].map((unit) => `${NUMBER}${unit}`).join(separator);
  return {
    csv,
    row: new RegExp(`^\\s*${TYPE}${separator}${numbers}${csv ? ', ?' : SPACE}(\\S.*)$`),
    average: start.length + 3,
    calls: start.length + COLUMNS.length + 1,
  };
}

/** Rows of one table, in the order in which they first ran. */
export class BenchmarkTable {
  readonly rows: MeasuredRow[] = [];

  constructor(private readonly dialect: Dialect) {}

  /** @param line without the log's prefix; `file` is for the error */
  add(line: string, file: string): void {
    const { csv, row, average, calls } = this.dialect;
    const found = row.exec(line);
    if (found === null)
      throw new ModelError(
        `A row of the table of operators cannot be read, perhaps because the output was cut off: ${line.trim().slice(0, 80)}`,
        { file },
      );
    if (this.rows.length === MAX_ROWS)
      throw new ModelError(`The table of operators has more than ${MAX_ROWS} rows.`, { file });
    const op = itemAt(found, 1);
    const name = itemAt(found, found.length - 1);
    this.rows.push({
      op,
      // Commas would separate: the tool writes tabs in their place.
      name: csv ? name.replaceAll('\t', ',') : name,
      calls: Number(found[calls]),
      ms: perRun(Number(found[average]), Number(found[calls])),
    });
  }
}

/** The tool gives the average of a call, and whole calls a run: what did not run in every run has none. */
function perRun(average: number, calls: number): number | null {
  return calls > 0 && Number.isFinite(average * calls) && average >= 0 ? average * calls : null;
}
