import { ModelError } from '../../model/modelError';
import type { Measurements } from './measurements';

/** Sizes are given in units of 1024 · 1024 bytes. */
const MEBIBYTE = 1024 * 1024;

interface Result {
  model_size_mb?: unknown;
  accelerators?: unknown;
  num_threads?: unknown;
  latency: Record<string, unknown>;
}

/** Whether a JSON value is a result of `litert-benchmark`. */
export function isLitertBenchmark(value: unknown): value is Result {
  const latency = (value as Partial<Result> | null)?.latency;
  return typeof latency === 'object' && latency !== null && 'median_ms' in latency && 'avg_ms' in latency;
}

/** What `litert-benchmark --result_json` writes, the tool of the Python package ai-edge-litert (2.3.0). */
export function readLitertBenchmark(result: Result, file: string): Measurements {
  const { latency, accelerators } = result;
  const median = known(latency['median_ms']);
  if (median === null) throw new ModelError('Its median latency is no number.', { file });
  const used = Array.isArray(accelerators) ? accelerators.filter((one) => typeof one === 'string') : [];
  const megabytes = known(result.model_size_mb);
  return {
    tool: 'litert-benchmark',
    engine: `LiteRT${used.length === 0 ? '' : ` on ${used.join(', ')}`}`,
    format: 'tflite',
    modelBytes: megabytes === null ? null : megabytes * MEBIBYTE,
    threads: known(result.num_threads),
    runs: known(latency['num_runs']),
    latency: {
      statistic: 'median',
      value: median,
      min: known(latency['min_ms']),
      max: known(latency['max_ms']),
      ci95: null,
    },
    rows: [],
    rowStatistic: 'median',
    notes: ['The file says what the whole model takes, and nothing of its layers.'],
  };
}

function known(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
