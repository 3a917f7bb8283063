import { COMPARISON_RULES } from './comparisonRules';
import type { Finding } from './finding';
import { MODEL_RULES } from './modelRules';
import type { ComparedSituation, ModelSituation } from './situation';

/** What the rules find in a model, in their order. */
export function adviseModel(situation: ModelSituation): Finding[] {
  return found(MODEL_RULES, situation);
}

/** What the rules find in a comparison, in their order. */
export function adviseComparison(situation: ComparedSituation): Finding[] {
  return found(COMPARISON_RULES, situation);
}

function found<T>(
  rules: Readonly<Record<string, (situation: T) => Omit<Finding, 'rule'> | null>>,
  situation: T,
): Finding[] {
  return Object.entries(rules).flatMap(([rule, find]) => {
    const finding = find(situation);
    return finding === null ? [] : [{ rule, ...finding }];
  });
}

/** The warnings of a report that no finding says better. */
export function otherWarnings(warnings: readonly string[], findings: readonly Finding[]): string[] {
  const replaced = new Set(findings.flatMap(({ replaces }) => replaces ?? []));
  return warnings.filter((warning) => !replaced.has(warning));
}
