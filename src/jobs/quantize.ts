import type { JobContext } from '../evaluation/jobContext';
import type { QuantizeOptions } from '../protocol/options';
import type { QuantizeOutcome } from '../quantization/job/outcome';
import { quantize } from '../quantization/quantize';
import { quantizeSignature } from './quantizeSignature';

/** Quantizes a model's main graph, or the one that a signature calls. */
export async function run(options: QuantizeOptions, context: JobContext): Promise<QuantizeOutcome> {
  const { signature } = options;
  return signature === undefined
    ? quantize(options, context)
    : quantizeSignature(options, signature, context);
}
