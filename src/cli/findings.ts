import type { Analysis } from '../analysis/inspect';
import type { ModelFile } from '../formats/format';
import { adviceFacts } from '../jobs/adviceFacts';
import { adviseModel } from '../protocol/advice/advise';
import type { Finding } from '../protocol/advice/finding';
import type { ProfileReport } from '../protocol/reports';

/** What the rules of advice find in a model, as its page shows it. */
export function findingsOf(file: ModelFile, analysis: Analysis, profile: ProfileReport | null): Finding[] {
  const facts = adviceFacts(file, analysis);
  return adviseModel({ report: analysis.report, layers: analysis.rows, facts, profile, device: null });
}
