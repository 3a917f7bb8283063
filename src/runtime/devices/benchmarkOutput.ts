import type { LayerLatency } from '../../protocol/reports';
import { layRows } from '../imports/layRows';
import type { MeasuredRow } from '../imports/measurements';
import type { Rows } from '../rowFit';
import type { DeviceModel } from './measurement';
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

/**
 * Rows led back to the file's operators. A delegate runs a part of the model that it does not name: its row stands for
 * the part. Rows of which it cannot be told whose they are stand with those that the engine added.
 */
export function attributeRows(
  { file, inferred }: DeviceModel,
  rows: readonly MeasuredRow[],
): { rows: Rows; notes: readonly string[] } {
  const { layers, others, notes } = layRows(file, inferred, rows);
  return {
    rows: {
      layers: layers.map(({ ms, ...layer }): LayerLatency => ({ ...layer, medianMs: ms })),
      added: others.flatMap(({ name, op, ms }) =>
        ms === null ? [] : [{ name, op, medianMs: ms, share: null }],
      ),
    },
    notes,
  };
}
