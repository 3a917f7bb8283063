import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import {
  chooseInExplorer,
  expect,
  openFile,
  ROOT,
  reloadWindow,
  runCommand,
  SAMPLE,
  test,
  tick,
  webview,
} from './workbench';

test.describe.configure({ mode: 'serial' });
test.use({
  options: {
    development: ROOT,
    settings: { 'workbench.colorTheme': 'Default Light Modern', 'caliper.runs': 3, 'git.enabled': true },
  },
});

const INT8 = 'shapes_mobilenetv2.int8.onnx';
const OTHER = 'other.onnx';

test('models come to the board from the explorer, the palette and a model’s page', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const [from, to] = [path.join(folder, SAMPLE), path.join(folder, INT8)];
  const data = path.join(folder, 'shapes', 'calibration');
  const options = ['--data', data, '--preset', 'half', '--no-measure', '--recipe', 'int8-all'];
  execFileSync(process.execPath, [path.join(ROOT, 'dist', 'cli.js'), 'quantize', from, '-o', to, ...options]);
  copyFileSync(from, path.join(folder, OTHER));
  await runCommand(page, 'Model Caliper: Open Board');
  await expect(webview(page).getByText('The board is empty.')).toBeVisible();
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Add to Board');
  await expect(columns(page)).toHaveText([/Figure/, new RegExp(SAMPLE)]);
  await openFile(page, INT8);
  await webview(page).getByRole('button', { name: 'Add to Board' }).click();
  await expect(columns(page)).toHaveText([/Figure/, new RegExp(SAMPLE), /int8/]);
  await expect(figures(page).getByRole('row', { name: /^File size/ })).toContainText('−');
  await webview(page).getByRole('button', { name: 'Add Models…' }).click();
  await tick(page, OTHER);
  await page.keyboard.press('Enter');
  await expect(columns(page)).toHaveCount(4);
  await screenshot('board-light');
});

test('all are run in one go, and the picture is drawn', async ({ page, bench: { screenshot } }) => {
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Compare Outputs' }).click();
  await expect(frame.getByRole('listbox', { name: /against size of 3 models/ })).toBeVisible({
    timeout: 240_000,
  });
  await expect(figures(page).getByRole('row', { name: /^SQNR/ })).toContainText('identical');
  await screenshot('board-measured-light');
});

test('a column is greyed when its file changes, and the board is there after a reload', async ({
  page,
  folder,
}) => {
  const frame = webview(page);
  appendFileSync(path.join(folder, OTHER), Buffer.alloc(0));
  copyFileSync(path.join(folder, INT8), path.join(folder, OTHER));
  await expect(frame.getByText('a file has changed')).toBeVisible();
  await frame.getByRole('button', { name: 'Read Again' }).click();
  await expect(frame.getByText('a file has changed')).toHaveCount(0);
  await reloadWindow(page);
  await expect(columns(page)).toHaveCount(4);
});

test('a column opens the comparison with the first, and leaves', async ({ page }) => {
  const remove = figures(page).getByRole('button', { name: `Take off the board: ${OTHER}` });
  await remove.click();
  await expect(columns(page)).toHaveCount(3);
  await figures(page)
    .getByRole('button', { name: `Compare with the first: ${INT8}` })
    .click();
  await expect(webview(page).getByRole('heading', { level: 1 })).toHaveText(/smaller/);
});

function figures(page: Page) {
  return webview(page).getByRole('region', { name: 'Figures of the models' });
}

function columns(page: Page) {
  return figures(page).getByRole('columnheader');
}
