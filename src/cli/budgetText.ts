import { headline } from '../budgets/output/markdown';
import type { BudgetReport, LimitReport, LimitStatus } from '../protocol/budgets';
import { limitName } from '../protocol/budgets';
import { printable } from '../protocol/printable';
import { sections } from './output';
import { tableLines } from './table';

/** Where there are more limits, those that are kept are counted only. */
const FEW = 50;

const ORDER: readonly LimitStatus[] = ['over', 'unknown', 'unmeasured', 'fits'];
const WORDS: Readonly<Record<LimitStatus, string>> = {
  over: 'over',
  unknown: 'cannot be checked',
  unmeasured: 'not measured',
  fits: 'fits',
};

/** What `check` prints of budgets for people. @param all kept limits too, however many there are */
export function budgetText(report: BudgetReport, width: number | null, all: boolean): Iterable<string> {
  const { models, config, against, shard, total } = report;
  const rows = models.flatMap(({ model, limits }) => limits.map((limit) => ({ model, limit })));
  rows.sort((a, b) => ORDER.indexOf(a.limit.status) - ORDER.indexOf(b.limit.status));
  const shown = all || rows.length <= FEW ? rows : rows.filter(({ limit }) => limit.status !== 'fits');
  const part =
    shard === undefined ? '' : `, share ${shard.index} of ${shard.count}: ${models.length} of ${total}`;
  const since =
    against === undefined ? '' : `, compared with ${against.revision} (${against.commit.slice(0, 12)})`;
  return sections([
    `${printable(`${config}${since}${part}`)}\n`,
    shown.length === 0 ? null : table(shown, width),
    help(shown),
    `${headline(models)}.\n`,
  ]);
}

interface Row {
  readonly model: string;
  readonly limit: LimitReport;
}

function table(rows: readonly Row[], width: number | null): Iterable<string> {
  const right = 'right' as const;
  return tableLines(
    [
      { title: 'status' },
      { title: 'model', flexible: true },
      { title: 'limit', flexible: true },
      { title: 'found', align: right, flexible: true },
      { title: 'asks for', flexible: true },
      { title: 'over', flexible: true },
      { title: 'line', align: right, spare: 1 },
    ],
    rows.map(({ model, limit }) => [
      WORDS[limit.status],
      model,
      limitName(limit),
      limit.found,
      limit.asks,
      limit.over ?? '',
      String(limit.at.line),
    ]),
    width,
  );
}

function help(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ model, limit }) => {
    const { status, reason, help: texts = [] } = limit;
    // Why nothing was measured is the same for all models.
    if (status === 'unmeasured') return [`- ${limitName(limit)} is not measured: ${reason}`];
    return [...(reason === undefined ? [] : [reason]), ...texts].map(
      (text) => `- ${model}, ${limitName(limit)}: ${text}`,
    );
  });
  if (lines.length === 0) return '';
  return `What to know\n${[...new Set(lines)].map((line) => `${printable(line)}\n`).join('')}`;
}
