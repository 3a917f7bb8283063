import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  answerDialog,
  expect,
  menuRow,
  openFile,
  pick,
  reloadWindow,
  runCommand,
  SAMPLE,
  test,
  webview,
} from './workbench';

test.describe.configure({ mode: 'serial' });

test('the model page shows every layer', async ({ page, bench: { screenshot } }) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
  await screenshot('model');
});

test('the palette quantizes, and the comparison page opens', async ({
  page,
  bench: { screenshot },
  folder,
}) => {
  await runCommand(page, 'Model Caliper: Quantize Model');
  await pick(page, 'Calibration data');
  await pick(page, 'Folder');
  await answerDialog(page, path.join(folder, 'shapes', 'calibration'));
  await expect(menuRow(page, 'Calibration data')).toContainText('shapes/calibration');
  // Without the search for layers that are faster in float, whose result depends on the computer.
  await pick(page, 'Recipe');
  await pick(page, 'int8-all');
  await expect(menuRow(page, 'Quantize')).toContainText('int8-all');
  await screenshot('quantize');
  await pick(page, 'Quantize');
  const tab = page.getByRole('tab', { name: /↔/ });
  await expect(tab).toBeVisible({ timeout: 240_000 });
  const output = path.join(folder, 'shapes_mobilenetv2.int8.onnx');
  expect(existsSync(output)).toBe(true);
  expect(statSync(output).size).toBeLessThan(statSync(path.join(folder, SAMPLE)).size / 2);
  await expect(webview(page).getByText('SQNR').first()).toBeVisible();
  await screenshot('comparison');
});

test('the comparison survives reloading the window', async ({ page }) => {
  await reloadWindow(page);
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible();
  await expect(webview(page).getByText('SQNR').first()).toBeVisible();
});
