import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeOpened, makeRows, modelAnswers } from './fixtures';
import { expect, test } from './harness';
import { readAnswers } from './realModel';

const SAMPLE = 'models/shapes_mobilenetv2.onnx';

test('finds by figures, and says what is possible where a term is wrong', async ({ subject, page }) => {
  const rows = makeRows(60);
  await subject.open('model', modelAnswers(rows, makeOpened(rows)));
  const search = page.getByLabel('Search layers');
  const status = page.locator('caliper-layers .count');
  await search.fill('op:conv params>=1k');
  const wanted = rows.filter(({ op, parameters }) => op === 'Conv' && (parameters ?? 0) >= 1000);
  await expect(status).toHaveText(`${wanted.length} of 60 layers`);
  await search.fill('flops>1M');
  await expect(status).toContainText('There is no figure “flops”: there are macs, params');
  await expect(search).toHaveAttribute('aria-invalid', 'true');
  await search.fill('nothing of this kind');
  await expect(page.locator('caliper-grid')).toContainText('macs>10M');
});

test('finds weights and attributes', async ({ subject, page }) => {
  await subject.open('model', readAnswers(SAMPLE));
  const status = page.locator('caliper-layers .count');
  await page.getByLabel('Search layers').fill('kernel_shape');
  const convolutions = /^5\d of 169 layers$/;
  await expect(status).toHaveText(convolutions);
  await page.getByLabel('Search layers').fill('classifier.1.weight');
  await expect(status).toHaveText('1 of 169 layers');
});

test('goes from hit to hit by the keyboard, begins at the first one, and copies a row', async ({
  subject,
  page,
}) => {
  const rows = makeRows(300);
  const copied: string[] = [];
  await subject.open('model', {
    ...modelAnswers(rows, makeOpened(rows)),
    copy: ({ text }) => {
      copied.push(text);
      return null;
    },
  });
  await page.getByRole('treegrid', { name: 'Layers' }).focus();
  await page.keyboard.press('End');
  await page.keyboard.press('/');
  const search = page.getByLabel('Search layers');
  await expect(search).toBeFocused();
  await page.keyboard.type('op:add');
  await expect(search).toHaveValue('op:add');
  const names = rows.filter(({ op }) => op === 'Add').map(({ name }) => name);
  const chosen = page.getByRole('region', { name: 'Details of the layer' }).getByRole('heading');
  for (const [key, place] of [
    ['Enter', 0],
    ['F3', 1],
    ['F3', 2],
    ['Shift+F3', 1],
    ['Shift+Enter', 0],
    ['Shift+Enter', names.length - 1],
  ] as const) {
    await page.keyboard.press(key);
    await expect(chosen.first()).toHaveText(names[place] ?? '');
  }
  await page.getByRole('treegrid', { name: 'Layers' }).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Control+c');
  await expect(page.getByRole('status').filter({ hasText: 'Copied the row' })).toBeVisible();
  expect(copied).toEqual([expect.stringMatching(new RegExp(`^${names[0]?.replaceAll('.', '\\.')}\tAdd\t`))]);
});

test('opens details where they can be seen at 700 px', async ({ subject, page }) => {
  await page.setViewportSize({ width: 700, height: 700 });
  await subject.open('model', readAnswers(SAMPLE));
  // Layers are there before their modules.
  await expect(page.getByRole('row', { name: /^features 97 layers/ })).toBeVisible();
  await page.getByRole('treegrid', { name: 'Layers' }).focus();
  await page.keyboard.press('Enter');
  const details = page.getByRole('region', { name: 'Details of the layer' });
  await expect(details).toBeInViewport({ ratio: 0.99 });
  await expect(page.getByRole('row', { selected: true })).toBeInViewport({ ratio: 0.8 });
  await page.screenshot({ path: 'out/screenshots/details-700.png' });
});

test('says once that a file of weights is missing, and why it is neither run nor quantized', async ({
  subject,
  page,
}) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'caliper-missing-'));
  const model = path.join(folder, 'external.onnx');
  copyFileSync('test/trials/onnx/external_split_sizes.onnx', model);
  await subject.open('model', readAnswers(model));
  await expect(page.locator('caliper-notice')).toHaveCount(1);
  await expect(page.locator('caliper-notice')).toContainText(
    /and 6 more cannot be read: .*m\.data is missing/,
  );
  for (const name of ['Profile Latency', 'Quantize…'])
    await expect(page.locator('vscode-button').filter({ hasText: name })).toHaveAttribute('disabled');
  await expect(page.getByTitle(/m\.data is missing/).first()).toBeVisible();
  rmSync(folder, { recursive: true });
});
