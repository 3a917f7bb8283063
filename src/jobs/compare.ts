import type { CompareOptions } from '../protocol/options';
import type { Comparison } from '../protocol/reports';
import { compare } from '../quantization/compare';
import type { JobContext } from './context';

/** Compares two models; see `quantization/compare`. */
export function run(options: CompareOptions, context: JobContext): Promise<Comparison> {
  return compare(options, {
    progress: (progress) => context.progress(progress),
    log: (line) => context.log(line),
    scratch: context.scratch,
    memory: context.memory,
  });
}
