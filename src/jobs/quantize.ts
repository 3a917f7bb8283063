import type { JobContext } from '../evaluation/jobContext';
import type { QuantizeOptions } from '../protocol/options';
import { type QuantizeOutcome, quantize } from '../quantization/quantize';

/** Quantizes a model, checks and measures the result, and gives it its name; see `quantization/quantize`. */
export function run(options: QuantizeOptions, context: JobContext): Promise<QuantizeOutcome> {
  return quantize(options, {
    progress: (progress) => context.progress(progress),
    log: (line) => context.log(line),
    scratch: context.scratch,
    memory: context.memory,
  });
}
