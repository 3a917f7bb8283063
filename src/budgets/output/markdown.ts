import {
  type BudgetReport,
  countLimits,
  type LimitReport,
  type LimitStatus,
  limitName,
} from '../../protocol/budgets';
import { printable } from '../../protocol/printable';

/** GitHub takes 1 MiB of a summary; a row is some 300 bytes. */
const MOST_ROWS = 1000;

const SIGNS: Readonly<Record<LimitStatus, string>> = {
  over: '❌ over',
  unknown: '❔ cannot be checked',
  unmeasured: '➖ not measured',
  fits: '✅ fits',
};
const ORDER: readonly LimitStatus[] = ['over', 'unknown', 'unmeasured', 'fits'];

/** A table of all limits, those that are not kept first, for a summary or a comment. */
export function budgetMarkdown({ config, models, against }: BudgetReport): string {
  const rows = models.flatMap(({ model, limits }) => limits.map((limit) => ({ model, limit })));
  rows.sort((a, b) => ORDER.indexOf(a.limit.status) - ORDER.indexOf(b.limit.status));
  const shown = rows.slice(0, MOST_ROWS);
  const lines = [
    `## Model budgets: ${headline(models)}`,
    '',
    `Limits of ${cell(config)}${against === undefined ? '' : `, compared with ${cell(against.revision)} (${against.commit.slice(0, 12)})`}`,
    '',
    '| | Model | Limit | Found | Asks for | Over |',
    '| --- | --- | --- | --- | --- | --- |',
    ...shown.map(({ model, limit }) => row(model, limit)),
  ];
  if (rows.length > shown.length) lines.push('', `… and ${rows.length - shown.length} more limits.`);
  const help = shown.filter(({ limit }) => limit.help !== undefined);
  if (help.length > 0) {
    lines.push('', '### What would help', '');
    for (const { model, limit } of help)
      for (const text of limit.help ?? [])
        lines.push(`- ${cell(model)}, ${cell(limitName(limit))}: ${cell(text)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `2 limits are over, 1 cannot be checked`. */
export function headline(models: BudgetReport['models']): string {
  const { over, unknown, unmeasured, fits } = countLimits(models);
  const parts = [
    over === 0 ? '' : `${over} ${over === 1 ? 'limit is' : 'limits are'} over`,
    unknown === 0 ? '' : `${unknown} cannot be checked`,
    unmeasured === 0 ? '' : `${unmeasured} ${unmeasured === 1 ? 'is' : 'are'} not measured`,
    `${fits} ${fits === 1 ? 'fits' : 'fit'}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function row(model: string, limit: LimitReport): string {
  const { status, found, asks, over, reason } = limit;
  const cells = [SIGNS[status], model, limitName(limit), found, asks, over ?? reason ?? ''];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/** Names come from files: nothing in them becomes markup, a mention or another cell. */
function cell(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>|#@~&]/g, (character) => `&#${character.codePointAt(0)};`);
}
