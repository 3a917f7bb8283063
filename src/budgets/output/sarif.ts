import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import {
  BUDGET_RULES,
  type BudgetReport,
  type BudgetRule,
  type LimitReport,
  limitName,
  limitSentence,
  type ModelBudget,
} from '../../protocol/budgets';

/** Where the standard's schema is published. */
const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
/** Paths of the report start there; whoever reads it knows where that is. */
const ROOT = '%SRCROOT%';

/**
 * What is over budget, and what cannot be checked, as SARIF 2.1.0. A result is at the line of its limit and known again by
 * what it is about, not by that line, so that an alert stays the same when the file is edited.
 */
export function sarifOf(report: BudgetReport, toolVersion: string): object {
  const ids = Object.keys(BUDGET_RULES) as BudgetRule[];
  const results = report.models.flatMap((model) =>
    model.limits.flatMap((limit) => {
      if (limit.status !== 'over' && limit.status !== 'unknown') return [];
      return [resultOf(report, model, limit, ids.indexOf(limit.rule))];
    }),
  );
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Model Caliper',
            semanticVersion: toolVersion,
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: BUDGET_RULES[id] },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the repository.' } } },
        results,
      },
    ],
  };
}

function resultOf(
  { config }: BudgetReport,
  { model, budget }: ModelBudget,
  limit: LimitReport,
  ruleIndex: number,
) {
  const { line, column, endLine, endColumn } = limit.at;
  const region = { startLine: line, startColumn: column, endLine, endColumn };
  const help = limit.help === undefined ? '' : ` ${limit.help.join(' ')}`;
  const hash = createHash('sha256')
    .update(JSON.stringify([model, budget, limit.rule, limit.subject ?? null]))
    .digest('hex');
  return {
    ruleId: limit.rule,
    ruleIndex,
    // What cannot be checked is no finding: the standard's word for it is open, which has no level.
    ...(limit.status === 'over' ? { kind: 'fail', level: 'error' } : { kind: 'open', level: 'none' }),
    message: { text: `${model}: ${limitSentence(limit)}${help}` },
    locations: [{ physicalLocation: { artifactLocation: artifact(config), region } }],
    relatedLocations: [
      { id: 1, message: { text: 'the model' }, physicalLocation: { artifactLocation: artifact(model) } },
    ],
    // The first is the one that GitHub tells alerts apart by.
    partialFingerprints: { primaryLocationLineHash: `${hash.slice(0, 16)}:1`, 'caliperLimit/v1': hash },
    properties: {
      budget,
      limit: limitName(limit),
      measured: limit.measured,
      allowed: limit.limit,
      unit: limit.unit,
    },
  };
}

function artifact(path: string): { uri: string; uriBaseId?: string } {
  if (/^(\/|[A-Za-z]:)/.test(path)) return { uri: pathToFileURL(path).href };
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT };
}
