import type { ModelFile } from '../formats/format';
import type { Layout, ModelPlan } from '../formats/plan';
import type { Rewriter, WriteSettings, Written } from '../formats/rewriter';
import type { Assignment, Scheme } from '../model/precision';
import { layOutFinite, rangesOf } from './layout';

/** Nothing measured, nothing corrected, everything rounded to the nearest. */
export const PLAIN: WriteSettings = {
  ranges: new Map(),
  biasCorrections: new Map(),
  reduceRange: false,
  quantizedWeights: new Map(),
  weightForm: 'engine',
};

/**
 * Writes a cleaned model in the precisions of an assignment; layers of which no finite range was measured stay in float.
 * @param plan of `cleaned`
 * @param settings `ranges` as they were measured, by tensor; `asked`: schemes that nodes are told why they do not have
 * @returns `kept`: every node that is in float though nobody asked for it, with the reason
 */
export function writeAssigned(
  rewriter: Rewriter,
  cleaned: ModelFile,
  plan: ModelPlan,
  assignment: Assignment,
  settings: Partial<WriteSettings> & { readonly asked: Iterable<Scheme> },
  target: string,
): Written & { readonly layout: Layout } {
  const { ranges: measured, asked, ...others } = { ...PLAIN, ...settings };
  const layout = layOutFinite(plan, assignment, measured, asked);
  const ranges = rangesOf(layout, measured);
  const written = rewriter.write(cleaned, layout, { ...others, ranges }, target);
  return { ...written, kept: new Map([...layout.reasons, ...written.kept]), layout };
}
