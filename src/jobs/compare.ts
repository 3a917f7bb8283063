import { compareGivenModels } from '../evaluation/givenModels';
import type { JobContext } from '../evaluation/jobContext';
import type { CompareOptions } from '../protocol/options';
import type { ModelsComparison } from '../protocol/reports';
import { compareSignatures } from './compareSignatures';

/** Sets given models against the first of them: by their main graphs, or by those that a signature calls. */
export function run(options: CompareOptions, context: JobContext): Promise<ModelsComparison> {
  const { models, signature } = options;
  if (signature === undefined) return compareGivenModels(options, context);
  return compareSignatures(models, signature, context.scratch, (files) =>
    compareGivenModels({ ...options, models: files }, context),
  );
}
