import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { Workbench } from '../../scripts/vscode/workbench.mjs';
import { answerDialog, expect, openFile, pick, ROOT, webview } from './workbench';

const PACKAGE = 'shapes_mobilenetv2.mlpackage';

/** Types of the stored tensors of a file's weights, by another process. */
function weightTypes(file: string): Set<string> {
  const report = execFileSync(process.execPath, [
    path.join(ROOT, 'dist', 'cli.js'),
    'compare',
    path.join(path.dirname(file), PACKAGE),
    file,
    '--no-run',
    '--json',
  ]);
  const { layers }: { layers: { weights: { after: { type: string } }[] }[] } = JSON.parse(report.toString());
  return new Set(layers.flatMap(({ weights }) => weights.map(({ after }) => after.type)));
}

/**
 * Stores the weights of the package by mouse in 4 bits, by its twin and data, and looks at what is saved and shown.
 * @param theme what the names of the screenshots end with
 */
export async function quantizeByMouse(
  page: Page,
  { screenshot }: Workbench,
  folder: string,
  theme: string,
): Promise<void> {
  const weights = path.join(folder, PACKAGE, 'Data/com.apple.CoreML/weights/weight.bin');
  const before = readFileSync(weights);
  await openFile(page, 'Manifest.json');
  const frame = webview(page);
  await expect(frame.getByRole('heading', { name: PACKAGE })).toBeVisible();
  await frame.getByRole('button', { name: 'Quantize…' }).click();
  const dialog = frame.getByRole('dialog');
  await dialog.getByRole('radio', { name: /palette, 4 bits/ }).click();
  await dialog.getByLabel('Output channels that share a table').fill('16');
  // Nothing here is computed in another way, nor are there lengths or forms to choose.
  await expect(dialog.getByLabel(/^Weights are written for|^Lengths of/)).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Choose: Twin' }).click();
  await answerDialog(page, path.join(folder, 'shapes_mobilenetv2.onnx'));
  await expect(dialog.getByLabel(/^Twin/)).toHaveValue(/shapes_mobilenetv2\.onnx$/);
  await dialog.getByRole('button', { name: 'Choose: Calibration data' }).click();
  await pick(page, 'Folder…');
  await answerDialog(page, `${path.join(folder, 'shapes/calibration')}/`);
  await expect(dialog.getByRole('textbox', { name: 'Calibration data' })).toHaveValue(/calibration/);
  await dialog.getByRole('radio', { name: '−1 … 1' }).click();
  await dialog.getByLabel(/^Twin/).scrollIntoViewIfNeeded();
  await screenshot(`coreml-quantize-${theme}`);
  await dialog.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible({ timeout: 240_000 });
  const output = path.join(folder, 'shapes_mobilenetv2.palette-4.mlpackage');
  expect(existsSync(output)).toBe(true);
  expect(readFileSync(weights)).toEqual(before);
  expect(weightTypes(output)).toContain('uint4');
  const comparison = webview(page);
  const row = comparison.getByRole('row', { name: /^SQNR/ });
  await expect(row).toContainText('dB');
  await expect(row).toHaveAttribute('title', /through the twin .*shapes_mobilenetv2\.onnx/);
  await screenshot(`coreml-comparison-${theme}`);
}
