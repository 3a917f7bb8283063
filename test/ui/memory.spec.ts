import type { Page } from '@playwright/test';
import type { MemoryReport } from '../../src/protocol/reports';
import type { ThemeName } from '../../webview/report/themes';
import { makeMemory, makeOpened, makeRows, modelAnswers } from './fixtures';
import { expect, type PageUnderTest, Refused, test } from './harness';

async function openMemory(
  subject: PageUnderTest,
  page: Page,
  layers: number,
  change: (memory: MemoryReport) => MemoryReport = (memory) => memory,
  theme: ThemeName = 'dark',
) {
  const rows = makeRows(layers);
  const memory = change(makeMemory(rows));
  await subject.open('model', { ...modelAnswers(rows, makeOpened(rows)), memory: () => memory }, theme);
  await page.getByRole('tab', { name: 'Memory over time' }).click();
  await expect(page.getByRole('slider')).toBeVisible();
  return { rows, memory };
}

/** Heights of the curve's bars, in pixels below the top. */
async function tops(page: Page): Promise<number[]> {
  const path = (await page.locator('caliper-memory-chart .added').getAttribute('d')) ?? '';
  return [...path.matchAll(/V([\d.]+)H/g)].map(([, top]) => Number(top));
}

test('shows the curve, its peak, what makes it and what would lower it', async ({ subject, page }) => {
  const { memory, rows } = await openMemory(subject, page, 60);
  expect(await tops(page)).toHaveLength(60);
  const peak = rows[memory.peakStep ?? -1];
  await expect(page.locator('caliper-memory')).toContainText(/Peak [\d.]+ MB at .*: 2 tensors live then/);
  await expect(page.getByText('What would lower it')).toBeVisible();
  await expect(page.locator('caliper-memory')).toContainText(
    'the peak of ONNX Runtime (mem_in_use_peak) holds constants and the workspace of its kernels as well',
  );
  await page.locator('caliper-memory li').first().getByRole('button').click();
  await expect(page.getByRole('region', { name: 'Details of the layer' })).toContainText(
    peak?.op ?? 'no peak',
  );
  // It is asked again only when the model is opened again.
  expect(subject.asked('memory')).toHaveLength(1);
});

test('reads out the layer under the pointer and selects it by a click', async ({ subject, page }) => {
  const { rows } = await openMemory(subject, page, 3);
  const chart = page.getByRole('slider');
  const { width, height } = (await chart.boundingBox()) ?? { width: 0, height: 0 };
  await chart.hover({ position: { x: (width * 2.5) / 3, y: height / 2 } });
  await expect(page.locator('caliper-memory .readout')).toContainText(/live · adds .* · frees/);
  await chart.click({ position: { x: (width * 1.5) / 3, y: height / 2 } });
  await expect(page.locator('caliper-layers .row[aria-selected=true]')).toContainText(rows[1]?.op ?? '');
});

test('goes from layer to layer by keys, as a slider', async ({ subject, page }) => {
  await openMemory(subject, page, 60);
  const chart = page.getByRole('slider', { name: 'Live activation memory over the layers' });
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuenow', '1');
  await page.keyboard.press('ArrowRight');
  await expect(chart).toHaveAttribute('aria-valuenow', '2');
  await expect(chart).toHaveAttribute('aria-valuetext', /live, adds .*, frees/);
  await page.keyboard.press('End');
  await expect(chart).toHaveAttribute('aria-valuenow', '60');
  await expect(chart).toBeFocused();
});

test('loses no peak among 10,000 layers', async ({ subject, page }) => {
  const { memory } = await openMemory(subject, page, 10_000, (flat) => ({
    ...flat,
    peakStep: 4321,
    peakBytes: 1e9,
    knownPeakBytes: 1e9,
    steps: flat.steps.map((step, at) => ({ ...step, liveBytes: at === 4321 ? 1e9 : 1e6 })),
  }));
  const bars = await tops(page);
  expect(bars.length).toBeLessThan(2000);
  const highest = Math.min(...bars);
  expect(bars.filter((top) => top === highest)).toHaveLength(1);
  const chart = page.getByRole('slider');
  const { width, height } = (await chart.boundingBox()) ?? { width: 0, height: 0 };
  // Anywhere in the bar that the peak shares with others, the peak is meant.
  await chart.click({ position: { x: (width * 4321.5) / 10_000, y: height / 2 } });
  await expect(chart).toHaveAttribute('aria-valuenow', '4322');
  await expect(page.locator('caliper-memory .readout')).toContainText('1.00 GB live');
  expect(memory.steps).toHaveLength(10_000);
});

test('shows where tensors lie in an arena, and what of it is empty', async ({ subject, page }) => {
  const { memory } = await openMemory(subject, page, 12, (plain) => ({
    ...plain,
    arena: {
      totalBytes: 2 * plain.knownPeakBytes,
      bytes: 2 * plain.knownPeakBytes,
      places: plain.steps.map(({ addedBytes: bytes }, at) => ({
        tensor: `tensor_${at}`,
        offset: at % 2 === 0 ? 0 : plain.knownPeakBytes,
        bytes,
        from: at,
        to: Math.min(at + 1, 11),
      })),
    },
  }));
  await page.getByRole('button', { name: 'Places in the arena' }).click();
  const path = (await page.locator('caliper-memory-chart .place').getAttribute('d')) ?? '';
  expect(path.match(/M/g)).toHaveLength(memory.arena?.places.length ?? 0);
  await page.getByRole('slider').hover();
  await expect(page.locator('caliper-memory .readout')).toContainText('of the arena not needed');
});

test('says why there is none', async ({ subject, page }) => {
  const rows = makeRows(5);
  const memory = () => {
    throw new Refused({ message: 'The reading thread was stopped.', kind: 'internal' });
  };
  await subject.open('model', { ...modelAnswers(rows), memory });
  await page.getByRole('tab', { name: 'Memory over time' }).click();
  await expect(page.getByRole('alert')).toContainText('The reading thread was stopped.');
});

test('says what fewer bits would lose, when it is asked', async ({ subject, page }) => {
  const rows = makeRows(5);
  await subject.open('model', modelAnswers(rows));
  await page.locator('caliper-layers .row').nth(0).click();
  await expect(page.locator('caliper-weight')).toContainText('std');
  expect(subject.asked('weightPrecisions')).toEqual([]);
  await page.getByRole('button', { name: 'What would fewer bits lose?' }).click();
  await expect(page.locator('caliper-weight')).toContainText(/int8, one scale\s*31\.3 dB/);
  await expect(page.locator('caliper-weight')).toContainText(/int8, a scale a channel\s*no loss/);
});

for (const theme of ['dark', 'light', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`fits ${width} pixels in ${theme}`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await openMemory(subject, page, 60, undefined, theme);
      await page.getByRole('slider').click();
      await page.screenshot({ path: info.outputPath(`memory-${theme}-${width}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(wide).toBe(false);
    });
  }
}
