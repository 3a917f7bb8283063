import type { Progress } from '../evaluation/jobContext';
import type { CompareOptions, ProfileOptions, QuantizeOptions } from '../protocol/options';
import type { Comparison, ProfileReport } from '../protocol/reports';
import type { QuantizeOutcome } from '../quantization/quantize';

/** Work that runs a model, each in a child process of its own: asked once, answered once. */
export interface Jobs {
  profile: { options: ProfileOptions; result: ProfileReport };
  quantize: { options: QuantizeOptions; result: QuantizeOutcome };
  compare: { options: CompareOptions; result: Comparison };
}

export type JobKind = keyof Jobs;

/** To the child. `scratch` is a folder of the parent's, which removes it when the job is over. */
export interface JobRequest<K extends JobKind = JobKind> {
  kind: K;
  options: Jobs[K]['options'];
  scratch: string;
  /** Where facts about this computer are remembered, such as the faster pair of int8 types. */
  memory: string;
}

/** From the child: any number of `progress` and `log`, then one of `result` and `error`. */
export type JobMessage<K extends JobKind = JobKind> =
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; line: string }
  | { type: 'result'; result: Jobs[K]['result'] }
  | { type: 'error'; message: string; usage: boolean; check?: boolean; detail: string };
