import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  answerDialog,
  expect,
  menuRow,
  openFile,
  pick,
  ROOT,
  runCommand,
  SAMPLE,
  test,
  webview,
} from './workbench';

test.use({ options: { development: ROOT, settings: { 'caliper.runs': 5 } } });
test.describe.configure({ mode: 'serial', timeout: 900_000 });

test('quantizing shows the candidates of the search as a picture', async ({
  page,
  bench: { screenshot },
  folder,
}) => {
  await openFile(page, SAMPLE);
  await expect(webview(page).getByText('Conv', { exact: true }).first()).toBeVisible();
  await runCommand(page, 'Model Caliper: Quantize Model');
  await pick(page, 'Calibration data');
  await pick(page, 'Folder');
  await answerDialog(page, path.join(folder, 'shapes', 'calibration'));
  await expect(menuRow(page, 'Quantize')).toContainText('int8');
  await pick(page, 'Quantize');
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible({ timeout: 600_000 });
  const points = webview(page).locator('caliper-front').getByRole('option');
  await expect(points.first()).toBeVisible();
  await expect.poll(() => points.count()).toBeGreaterThan(2);
  await screenshot('search');
});

test('a click on a point shows what it keeps in float, and its own table', async ({
  page,
  bench: { screenshot },
}) => {
  const frame = webview(page);
  const all = frame.locator('caliper-front').getByRole('option', { name: /^int8, every layer/ });
  await all.focus();
  await page.keyboard.press('Enter');
  await expect(all).toHaveAttribute('aria-selected', 'true');
  await expect(frame.getByRole('region', { name: 'Candidate int8, every layer' })).toContainText('In int8');
  await expect(frame.locator('caliper-grid .row').first()).toBeVisible();
  const front = frame.locator('caliper-front');
  await frame.getByLabel('Shown by').selectOption({ label: 'SQNR, dB' });
  await front.getByRole('option', { name: /^Original/ }).focus();
  await page.keyboard.press('Enter');
  await expect(frame.getByRole('region', { name: 'Candidate Original' })).toContainText(
    'Everything is in float',
  );
  // Which points lie below others depends on what was measured: one that does not is clicked.
  const id = await front.getByRole('option').evaluateAll((points) =>
    points
      .filter((point) => point.getAttribute('aria-selected') !== 'true')
      .filter((point) => {
        const {
          x = 0,
          y = 0,
          width = 0,
          height = 0,
        } = point.querySelector('.bubble')?.getBoundingClientRect() ?? {};
        const hit = (point.getRootNode() as ShadowRoot).elementFromPoint(x + width / 2, y + height / 2);
        return hit !== null && point.contains(hit);
      })
      .map((point) => point.id)
      .at(0),
  );
  const free = front.locator(`[id="${id}"]`);
  await free.locator('.bubble').click();
  await expect(free).toHaveAttribute('aria-selected', 'true');
  await expect(frame.getByRole('region', { name: /^Candidate (?!Original)/ })).toBeVisible();
  await screenshot('search-candidate');
});

test('any candidate is saved where the user says', async ({ page, folder }) => {
  const frame = webview(page);
  await frame
    .locator('caliper-front')
    .getByRole('option', { name: /^int8, every layer/ })
    .focus();
  await page.keyboard.press('Enter');
  await frame.getByRole('button', { name: 'Save…' }).click();
  const output = path.join(folder, 'all.onnx');
  await answerDialog(page, output);
  await expect.poll(() => existsSync(output)).toBe(true);
  expect(statSync(output).size).toBeLessThan(statSync(path.join(folder, SAMPLE)).size / 2);
});

test('two candidates are compared in a page of their own', async ({ page, bench: { screenshot } }) => {
  const frame = webview(page);
  await frame.getByRole('combobox', { name: 'with' }).selectOption({ label: 'Cleaned float' });
  await frame.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('tab', { name: 'Cleaned float ↔ int8, every layer' })).toBeVisible();
  await expect(webview(page).getByRole('heading', { level: 1 })).toContainText('smaller');
  await screenshot('search-compared');
});
