import { readFileSync, statSync } from 'node:fs';
import { ModelError } from '../../model/modelError';
import { CONTRACT_VERSION, type ModelsComparison, type ProfileReport } from '../../protocol/reports';

/** What `--json` printed: a profile, or a comparison as `compare` and `quantize` make it. */
export type Measured =
  | { readonly kind: 'profile'; readonly report: ProfileReport }
  | { readonly kind: 'comparison'; readonly report: ModelsComparison };

/** A report of 100,000 layers is some 50 MB. */
const MAX_BYTES = 256 * 2 ** 20;

/** @throws ModelError where the file is none of these, or of another version */
export function readMeasured(file: string): Measured {
  if (statSync(file).size > MAX_BYTES)
    throw new ModelError('The file is too large for a report of measurements.', { file });
  let report: { version?: unknown; [key: string]: unknown } | null;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ModelError(
      'The file is no JSON: give what profile, compare or quantize print by --json.',
      { file },
      error,
    );
  }
  const has = (...keys: string[]) => keys.every((key) => report !== null && key in Object(report));
  if (!has('version', 'layers') || !Array.isArray(report?.['layers']))
    throw new ModelError(
      'The file holds no measurements: give what profile, compare or quantize print by --json.',
      {
        file,
      },
    );
  if (report['version'] !== CONTRACT_VERSION)
    throw new ModelError(
      `The file is of version ${report['version']}, and ${CONTRACT_VERSION} is read: measure again.`,
      {
        file,
      },
    );
  if (has('input', 'output', 'totals', 'statuses', 'changes', 'warnings'))
    return { kind: 'comparison', report: report as unknown as ModelsComparison };
  if (has('file', 'latencyMs', 'added', 'engine'))
    return { kind: 'profile', report: report as unknown as ProfileReport };
  throw new ModelError('The file holds neither a profile nor a comparison.', { file });
}
