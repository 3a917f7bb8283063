import { setFlagsFromString } from 'node:v8';
import type { JobContext } from '../evaluation/jobContext';
import type { QuantizeOptions } from '../protocol/options';
import type { QuantizeOutcome } from '../quantization/job/outcome';
import { quantize } from '../quantization/quantize';
import { quantizeSignature } from './quantizeSignature';

/**
 * How much of a function's bytecode runs, in bytes, before V8 compiles it; by itself V8 waits for a ninth of that. A job
 * is over in seconds, and compiling took a tenth of the processors' time. What is timed would look slower: most of a run
 * of a tiny model is the JavaScript around it.
 */
const LATE_COMPILING = '--interrupt-budget=600000';

/** Quantizes a model's main graph, or the one that a signature calls. */
export async function run(options: QuantizeOptions, context: JobContext): Promise<QuantizeOutcome> {
  const { signature, measure } = options;
  if (!measure) setFlagsFromString(LATE_COMPILING);
  return signature === undefined
    ? quantize(options, context)
    : quantizeSignature(options, signature, context);
}
