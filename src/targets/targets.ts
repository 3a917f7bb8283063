import type { ModelFile } from '../../formats/format';
import { UsageError } from '../../model/modelError';
import type { Target } from './checks';
import { mlkit } from './mlkit';

export const targets: readonly Target[] = [mlkit];

/** @throws UsageError when there is none of this id. */
export function targetOf(id: string): Target {
  const target = targets.find((one) => one.id === id);
  if (target) return target;
  throw new UsageError(
    `There is no deployment target '${id}': it can be ${targets.map((one) => one.id).join(', ')}.`,
  );
}

/** Targets that take files of this one's format. */
export function targetsFor({ format }: ModelFile): Target[] {
  return targets.filter((target) => target.format === format.id);
}
