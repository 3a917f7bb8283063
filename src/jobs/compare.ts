import { compare } from '../evaluation/compare';
import type { JobContext } from '../evaluation/jobContext';
import type { CompareOptions } from '../protocol/options';
import type { Comparison } from '../protocol/reports';

/** Compares two models; see `quantization/compare`. */
export function run(options: CompareOptions, context: JobContext): Promise<Comparison> {
  return compare(options, {
    progress: (progress) => context.progress(progress),
    log: (line) => context.log(line),
    scratch: context.scratch,
    memory: context.memory,
  });
}
