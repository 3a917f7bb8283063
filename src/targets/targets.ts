import type { ModelFile } from '../formats/format';
import { UsageError } from '../model/modelError';
import { mlkit } from './mlkit';
import { edgetpu } from './tables/edgetpu';
import { gpu } from './tables/gpu';
import { hexagon } from './tables/hexagon';
import { micro } from './tables/micro';
import { neuralEngine } from './tables/neuralEngine';
import { nnapi } from './tables/nnapi';
import { coremlEp, nnapiEp, ortMobile } from './tables/onnxRuntime';
import { qnn } from './tables/qnn';
import { webnn } from './tables/webnn';
import { xnnpack } from './tables/xnnpack';
import type { Target } from './target';

export const targets: readonly Target[] = [
  mlkit,
  xnnpack,
  gpu,
  nnapi,
  hexagon,
  qnn,
  edgetpu,
  micro,
  neuralEngine,
  ortMobile,
  coremlEp,
  nnapiEp,
  webnn,
];

/** Those that look at a model as a whole alone: for them there is nothing to say of layers. */
export const wholeTargets: readonly Target[] = targets.filter(({ layers }) => layers === undefined);

/** @throws UsageError when there is none of this id. */
export function targetOf(id: string): Target {
  const target = targets.find((one) => one.id === id);
  if (target) return target;
  throw new UsageError(
    `There is no deployment target '${id}': it can be ${targets.map((one) => one.id).join(', ')}.`,
  );
}

/** Targets that take files of this one's format. */
export function targetsFor({ format }: Pick<ModelFile, 'format'>): Target[] {
  return targets.filter(({ formats }) => formats.includes(format.id));
}
