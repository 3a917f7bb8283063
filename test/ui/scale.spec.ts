import { makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';

const MOST_ROWS = 200;

test('100,000 layers: few are drawn, and all can be reached', async ({ subject, page }) => {
  test.setTimeout(180_000);
  const rows = makeRows(100_000);
  await subject.open('model', modelAnswers(rows));
  const drawn = page.locator('caliper-layers .row');
  await expect(page.getByRole('status').filter({ hasText: /^100,000 layers$/ })).toBeVisible({
    timeout: 120_000,
  });
  const scroller = page.locator('caliper-grid .scroller');
  for (const part of [0.1, 0.37, 0.5, 0.999]) {
    await scroller.evaluate((element, to) => element.scrollTo(0, element.scrollHeight * to), part);
    await expect
      .poll(() => drawn.first().getAttribute('data-index').then(Number))
      .toBeGreaterThan(99_000 * part);
    expect(await drawn.count()).toBeLessThan(MOST_ROWS);
  }
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('End');
  await expect(page.locator('caliper-layers .row.active')).toHaveAttribute('data-index', '99999');
  await expect(page.getByRole('treegrid')).toHaveAttribute('aria-rowcount', '100001');
  await page.getByRole('columnheader', { name: 'Weights' }).getByRole('button').click();
  await page.keyboard.press('Home');
  expect(await drawn.count()).toBeLessThan(MOST_ROWS);
  await page.getByRole('searchbox').fill('tensor_99998');
  await expect(drawn).toHaveCount(1);
  await expect(drawn).toHaveAttribute('data-index', '99998');
  expect(await page.locator('caliper-treemap button').count()).toBeLessThan(MOST_ROWS);
});
