import type { Page } from '@playwright/test';
import type { RooflineReport } from '../../src/protocol/roofline';
import type { ThemeName } from '../../webview/report/themes';
import { makeOpened, makeProfile, makeRoofline, makeRows, modelAnswers } from './fixtures';
import { expect, type PageUnderTest, Refused, test } from './harness';

async function openRoofline(
  subject: PageUnderTest,
  page: Page,
  change: (report: RooflineReport) => RooflineReport = (report) => report,
  theme: ThemeName = 'dark',
) {
  const rows = makeRows(60);
  const profile = makeProfile(rows);
  const whole = makeRoofline(rows, profile);
  const opened = { ...makeOpened(rows), profile };
  const answers = {
    ...modelAnswers(rows, opened),
    roofline: () => change(whole),
    measureCeilings: () => whole,
  };
  await subject.open('model', answers, theme);
  await page.getByRole('tab', { name: 'Roofline' }).click();
  return { rows, whole };
}

/** Layers that multiply something and were timed. */
const drawn = ({ layers }: RooflineReport) =>
  layers.filter(({ intensity, medianMs }) => (intensity ?? 0) > 0 && medianMs !== null);

test('shows each layer below the ceilings, and what bounds them in words', async ({ subject, page }) => {
  const { whole } = await openRoofline(subject, page);
  const view = page.locator('caliper-roofline');
  await expect(view.locator('.point')).toHaveCount(drawn(whole).length);
  // Two slopes of memory, two levels of computing.
  await expect(view.locator('.roof')).toHaveCount(4);
  await expect(view).toContainText(/of the time is bound by (compute|memory|overhead) \(\d+ layers\)/);
  await expect(view).toContainText(
    'reaches 40 GMAC/s in float, 110 GMAC/s in int8, 60 GB/s in caches, 9 GB/s from memory',
  );
  await expect(view).toContainText('Bytes moved are a lower bound');
});

test('says the same in the table, while it is shown', async ({ subject, page }) => {
  const { rows, whole } = await openRoofline(subject, page);
  const headers = page.getByRole('columnheader');
  for (const name of ['MACs/byte', 'MAC rate', 'Byte rate', 'Of ceiling', 'Bound by'])
    await expect(headers.filter({ hasText: name })).toBeVisible();
  const first = page.locator('caliper-layers .row').filter({ hasText: rows[0]?.op ?? '' });
  await expect(first.first()).toContainText(whole.layers[0]?.bound ?? 'none');
  await page.getByRole('tab', { name: 'Map' }).click();
  await expect(headers.filter({ hasText: 'Bound by' })).toHaveCount(0);
});

test('goes from layer to layer by keys, as a slider', async ({ subject, page }) => {
  const { whole } = await openRoofline(subject, page);
  const chart = page.getByRole('slider', { name: 'Layers by multiply-accumulates for each byte moved' });
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuenow', '1');
  await page.keyboard.press('ArrowRight');
  await expect(chart).toHaveAttribute('aria-valuenow', '2');
  await expect(chart).toHaveAttribute('aria-valuetext', /MACs for each byte · .* GMAC\/s · .*bound by/);
  await page.keyboard.press('End');
  await expect(chart).toHaveAttribute('aria-valuenow', String(drawn(whole).length));
  await expect(chart).toBeFocused();
  await expect(page.locator('caliper-layers .row[aria-selected=true]')).toHaveCount(1);
});

test('selects the layer under the pointer', async ({ subject, page }) => {
  const { whole } = await openRoofline(subject, page);
  const slowest = drawn(whole).reduce((a, b) => ((b.medianMs ?? 0) > (a.medianMs ?? 0) ? b : a));
  await page.locator(`caliper-roofline .point[data-id="${slowest.id}"]`).click({ force: true });
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText(slowest.op);
  await expect(page.locator('caliper-roofline .readout')).toContainText('GMAC/s');
});

test('offers to measure what the computer reaches, and shows it then', async ({ subject, page }) => {
  const unmeasured = (report: RooflineReport): RooflineReport => ({
    ceilings: null,
    unknown: 'What this computer can reach at most was not measured.',
    layers: report.layers.map((layer) => ({ ...layer, bound: null, reached: null })),
  });
  await openRoofline(subject, page, unmeasured);
  const view = page.locator('caliper-roofline');
  await expect(view).toContainText('What this computer can reach at most was not measured.');
  await expect(view.locator('.roof')).toHaveCount(0);
  await view.getByRole('button', { name: /Measure this computer/ }).click();
  await expect(view.locator('.roof')).toHaveCount(4);
  await expect(view.getByRole('button', { name: /Measure this computer/ })).toHaveCount(0);
});

test('asks for a profile first', async ({ subject, page }) => {
  const rows = makeRows(12);
  const roofline = (): RooflineReport => ({
    ceilings: null,
    unknown: 'No layer was timed yet: profile the latency first.',
    layers: [],
  });
  await subject.open('model', { ...modelAnswers(rows), roofline });
  await page.getByRole('tab', { name: 'Roofline' }).click();
  await expect(page.locator('caliper-roofline')).toContainText('profile the latency first');
  await expect(page.getByRole('button', { name: /Measure this computer/ })).toHaveCount(0);
});

test('says why there is none', async ({ subject, page }) => {
  await openRoofline(subject, page, () => {
    throw new Refused({ message: 'The reading thread was stopped.', kind: 'internal' });
  });
  await expect(page.getByRole('alert')).toContainText('The reading thread was stopped.');
});

for (const theme of ['dark', 'light', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`fits ${width} pixels in ${theme}`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await openRoofline(subject, page, undefined, theme);
      await page.getByRole('slider').focus();
      await page.keyboard.press('End');
      await expect(page.locator('caliper-roofline .chosen')).toBeVisible();
      await page.screenshot({ path: info.outputPath(`roofline-${theme}-${width}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(wide).toBe(false);
    });
  }
}
