import type { AdviceFacts } from '../../src/protocol/advice/situation';
import { makeComparison, makeOpened, makeProfile, makeRows, modelAnswers, NO_FACTS } from './fixtures';
import { expect, test } from './harness';

const FACTS: AdviceFacts = {
  ...NO_FACTS,
  recipe: 'int8',
  recipes: ['int8', 'float32'],
  data: { path: '/models/shapes/calibration', name: 'shapes/calibration', images: 50 },
  memory: {
    peakBytes: 6_420_000,
    peakTensorCount: 2,
    lowering: [
      {
        tensor: 'tensor_9',
        bytes: 3_210_000,
        how: 'passed',
        from: { id: '9', name: '/features/features.1/conv.3/Clip' },
        to: { id: '10', name: '/features/features.1/conv.4/Conv' },
        layersBetween: 0,
        peakBytes: 5_140_000,
      },
    ],
  },
};

test('says what to do next, and does it by one click', async ({ subject, page }) => {
  const rows = makeRows(60);
  await subject.open('model', {
    ...modelAnswers(rows),
    adviceFacts: () => FACTS,
    quantize: () => ({ status: 'cancelled' }),
  });
  const data = page.locator('caliper-advice [data-rule="data beside the model"]');
  await expect(data).toContainText('50 images lie in shapes/calibration beside the model');
  await data.getByRole('button', { name: 'Quantize with them' }).click();
  await expect
    .poll(() => subject.asked('quantize'))
    .toEqual([
      { recipe: 'int8', calibration: { path: '/models/shapes/calibration', labels: null, labelOffset: 0 } },
    ]);
  const peak = page.locator('caliper-advice [data-rule="peak of memory"]');
  await peak.getByRole('button', { name: 'features.1/conv.4/Conv' }).click();
  await expect(page.locator('caliper-layers .row[aria-selected=true]')).toContainText('conv.4/Conv');
  await peak.getByRole('button', { name: 'Show the memory' }).click();
  await expect(page.getByRole('slider')).toBeVisible();
});

test('finds more once it was measured, and forgets it with other sizes', async ({ subject, page }) => {
  const rows = makeRows(60);
  const profile = makeProfile(rows);
  const opened = makeOpened(rows);
  for (const [at, layer] of profile.layers.entries())
    if (layer.share !== null) layer.share = at === 0 ? 0.6 : 0.01;
  await subject.open('model', { ...modelAnswers(rows, opened), profile: () => profile });
  await expect(page.getByText('60 layers', { exact: true }).last()).toBeVisible();
  await expect(page.locator('caliper-advice')).toHaveCount(0);
  await page.getByRole('button', { name: 'Profile Latency' }).click();
  const few = page.locator('caliper-advice [data-rule="few layers take the time"]');
  await expect(few).toContainText('1 layer takes 60.0 % of the time');
  profile.inputShapes = [{ name: 'input', shape: [8, 3, 224, 224] }];
  opened.profile = profile;
  await subject.send({ kind: 'changed' });
  await expect(few).toHaveCount(0);
});

test('can be folded away, and stays so', async ({ subject, page }) => {
  const rows = makeRows(12);
  await subject.open('model', { ...modelAnswers(rows), adviceFacts: () => FACTS });
  const item = page.locator('caliper-advice li').first();
  await expect(item).toBeVisible();
  await page.getByText('What next').click();
  await expect(item).toBeHidden();
  await subject.saved({ adviceOpen: false });
  await page.reload();
  await expect(page.getByText('What next')).toBeVisible();
  await expect(item).toBeHidden();
});

test('a comparison says what helps, in place of the warning that says less', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(60));
  const { latencyMs } = compared.comparison;
  if (latencyMs?.cleaned) {
    latencyMs.cleaned = { median: 2.9, p90: 3, ci95: [2.88, 2.95] };
    latencyMs.speedupOverCleaned = { ratio: 1, ci95: [0.99, 1.01], verdict: 'no difference measured' };
  }
  const [only, other] = ['the speed-up comes from cleaning alone', 'One set of data was given'];
  compared.comparison.warnings.push(
    `int8 is not faster on this computer than the float model after cleaning: ${only}.`,
  );
  await subject.open('comparison', {
    comparison: () => compared,
    engines: () => null,
    openModel: () => null,
    quantizeAgain: () => null,
  });
  const cleaning = page.locator('caliper-advice [data-rule="cleaning alone"]');
  await expect(cleaning).toContainText('Cleaning alone makes it 1.77× faster');
  await expect(page.getByText(only)).toHaveCount(0);
  await expect(page.getByText(other)).toBeVisible();
  await cleaning.getByRole('button').click();
  await expect.poll(() => subject.asked('quantizeAgain')).toEqual([{ recipe: 'float32' }]);
});

for (const theme of ['dark', 'light', 'high-contrast'] as const) {
  for (const width of [1400, 700]) {
    test(`fits ${width} pixels in ${theme}`, async ({ subject, page }, info) => {
      await page.setViewportSize({ width, height: 900 });
      await subject.open('model', { ...modelAnswers(makeRows(60)), adviceFacts: () => FACTS }, theme);
      await expect(page.getByText('What next')).toBeVisible();
      await page.screenshot({ path: info.outputPath(`advice-${theme}-${width}.png`) });
      expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
    });
  }
}
