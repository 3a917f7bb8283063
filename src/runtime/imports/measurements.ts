import type { ElsewhereRow } from '../../formats/profiling';
import { ModelError } from '../../model/modelError';
import type { ImportedLatency, Statistic } from '../../protocol/imported';

/** What a file with measurements says, before it is laid over a model. null = it does not say. */
export interface Measurements {
  /** What wrote it. */
  readonly tool: string;
  readonly engine: string;
  /** Id of the format that the engine runs. */
  readonly format: 'onnx' | 'tflite';
  /** Bytes of the model's file, as exact as it says. */
  readonly modelBytes: number | null;
  readonly threads: number | null;
  readonly runs: number | null;
  readonly latency: ImportedLatency | null;
  readonly rows: readonly MeasuredRow[];
  readonly rowStatistic: Statistic;
  readonly notes: readonly string[];
}

export interface MeasuredRow extends ElsewhereRow {
  /** Milliseconds a run, all its calls together. */
  readonly ms: number | null;
}

/** Characters of a line: names of tensors that a converter joined have some thousand. Patterns are slow on longer ones (CWE-1333). */
const MAX_LINE = 100_000;

/** A text's lines one by one, because a file may be nothing but line breaks. */
export function* linesOf(text: string, file: string): Generator<string> {
  for (let from = 0; from <= text.length; ) {
    const found = text.indexOf('\n', from);
    const to = found < 0 ? text.length : found;
    if (to - from > MAX_LINE) throw new ModelError(`A line has more than ${MAX_LINE} characters.`, { file });
    yield text.slice(from, text[to - 1] === '\r' && to > from ? to - 1 : to);
    from = to + 1;
  }
}

/** Rows of one file: more than any engine makes of a model that people deploy, and some 100 bytes each (CWE-770). */
export const MAX_ROWS = 200_000;
