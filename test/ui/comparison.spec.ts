import { makeComparison, makeRows } from './fixtures';
import { expect, test } from './harness';

const others = { copy: () => null, save: () => null, openModel: () => null, showLog: () => null };

test('says what the numbers say, with the warnings', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...others });
  await expect(page.getByRole('heading')).toHaveText(
    '3.80× smaller, 1.75× faster (1.70–1.79), top-1 97.0 → 96.5 %.',
  );
  await expect(page.getByText('Against the cleaned float model: 1.61× faster (1.57–1.64).')).toBeVisible();
  await expect(page.getByText('One set of data was given')).toBeVisible();
  await expect(page.getByRole('img', { name: /Latency against top-1 accuracy/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /^Agreement/ })).toContainText('98.5 %');
});

test('without latencies or accuracy it still shows the rest', async ({ subject, page }) => {
  const compared = makeComparison(makeRows(6));
  const { top1: _, ...accuracy } = compared.comparison.accuracy;
  compared.comparison.latencyMs = null;
  compared.comparison.accuracy = { ...accuracy, sqnrDb: null, top1Agreement: null };
  compared.comparison.peakActivationBytes = { before: null, after: null };
  await subject.open('comparison', { comparison: () => compared, ...others });
  await expect(page.getByRole('heading')).toHaveText('3.80× smaller, latency not measured.');
  await expect(page.getByRole('row', { name: /^Peak activation memory/ })).toContainText('—');
});

test('finds the layers that stayed in float, and why', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(60)), ...others });
  await page.getByRole('combobox', { name: 'Layers shown' }).selectOption({ label: 'Kept in float (3)' });
  const rows = page.locator('caliper-grid .row');
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText('int8 was slower on this computer');
  await page.getByRole('columnheader', { name: 'SQNR' }).getByRole('button').click();
  await expect(page.getByRole('columnheader', { name: 'SQNR' })).toHaveAttribute('aria-sort', 'descending');
  await page.reload();
  await expect(rows).toHaveCount(3);
});

test('exports and copies', async ({ subject, page }) => {
  await subject.open('comparison', { comparison: () => makeComparison(makeRows(6)), ...others });
  for (const item of ['Layers as CSV…', 'Report as JSON…', 'Copy Summary as Markdown']) {
    await page.getByRole('button', { name: 'Export' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }
  await expect.poll(() => subject.asked('copy')).toHaveLength(1);
  const [csv, json] = subject.asked('save') as { name: string; text: string }[];
  expect(csv?.text.trimEnd().split('\r\n')).toHaveLength(7);
  expect(JSON.parse(json?.text ?? '')).toEqual(
    JSON.parse(JSON.stringify(makeComparison(makeRows(6)).comparison)),
  );
  const [{ text }] = subject.asked('copy') as [{ text: string }];
  expect(text).toContain('| File size | 14.2 MB | 3.73 MB |');
  await page.getByRole('button', { name: 'mobilenetv2.int8.onnx' }).click();
  await expect.poll(() => subject.asked('openModel')).toEqual([{ path: '/models/mobilenetv2.int8.onnx' }]);
});

test('a comparison that is gone gives its reason', async ({ subject, page }) => {
  await subject.open('comparison', {
    ...others,
    comparison: () => {
      throw new Error('This comparison is no longer kept: compare the models again.');
    },
  });
  await expect(page.getByRole('alert')).toContainText('no longer kept');
});
