import type { LimitReport, PageBudget } from '../../src/protocol/budgets';
import { makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

const at = { line: 7, column: 19, endLine: 7, endColumn: 26 };

function limit(change: Partial<LimitReport>): LimitReport {
  return {
    rule: 'macs',
    status: 'fits',
    asks: 'at most 400 M',
    found: '300 M',
    limit: 4e8,
    measured: 3e8,
    unit: 'count',
    at,
    ...change,
  };
}

const OVER = limit({
  rule: 'file-size',
  status: 'over',
  asks: 'at most 13.9 MB',
  found: '14.2 MB',
  over: '312 kB over',
  help: ['13.9 MB of the weights are float32: float16 saves about 6.95 MB <b>'],
});

function budgetOf(limits: LimitReport[]): PageBudget {
  return { config: '/models/caliper.json', model: 'mobilenetv2.onnx', budget: 'app', limits };
}

const rows = makeRows(20);

test('says what is over budget, by how much and what would help', async ({ subject, page }) => {
  const budgets = [
    budgetOf([
      limit({}),
      OVER,
      limit({ rule: 'arena', status: 'unknown', found: '—', reason: 'engines plan no arena ahead.' }),
      limit({ rule: 'latency', status: 'unmeasured', found: '—', reason: 'the model has to run for it.' }),
    ]),
  ];
  await subject.open('model', { ...modelAnswers(rows), budgets: () => budgets, showLimit: () => null });
  const card = page.getByRole('region', { name: 'Budget app' });
  await expect(card.locator('summary')).toHaveText(
    /Budget app: file-size 312 kB over, 1 cannot be checked, 1 not measured/,
  );
  const limits = card.getByRole('list', { name: 'Limits' }).getByRole('listitem');
  await expect(limits).toHaveText([
    /file-size\s*14\.2 MB\s*at most 13\.9 MB\s*312 kB over\s*13\.9 MB of the weights .* <b>/,
    /arena\s*—\s*at most 400 M\s*cannot be checked\s*Engines plan no arena ahead\./,
    /latency\s*—\s*at most 400 M\s*not measured\s*The model has to run/,
    /macs\s*300 M\s*at most 400 M\s*fits/,
  ]);
  await limits.first().getByRole('button', { name: 'file-size' }).focus();
  await page.keyboard.press('Enter');
  expect(subject.asked('showLimit')).toEqual([{ config: '/models/caliper.json', at }]);
});

test('is shut where all fits, and is another one once budgets were checked again', async ({
  subject,
  page,
}) => {
  let budgets = [budgetOf([limit({})])];
  await subject.open('model', { ...modelAnswers(rows), budgets: () => budgets });
  const card = page.getByRole('region', { name: 'Budget app' });
  await expect(card.locator('summary')).toHaveText(/Budget app: fits\s*$/);
  await expect(card.getByRole('list', { name: 'Limits' })).toBeHidden();
  budgets = [budgetOf([OVER])];
  await subject.send({ kind: 'budgets' });
  await expect(card.getByRole('list', { name: 'Limits' })).toBeVisible();
  budgets = [];
  await subject.send({ kind: 'budgets' });
  await expect(card).toHaveCount(0);
});

for (const theme of ['light', 'dark', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`stays within the page, ${theme}, ${width} px`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 800 });
      const all = [
        OVER,
        limit({ rule: 'arena', status: 'unknown', found: '—', reason: 'nothing says.' }),
        limit({}),
      ];
      await subject.open('model', { ...modelAnswers(rows), budgets: () => [budgetOf(all)] }, theme);
      await expect(page.getByRole('region', { name: 'Budget app' })).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      await page.screenshot({ path: info.outputPath(`budget-${theme}-${width}.png`) });
    });
  }
}
