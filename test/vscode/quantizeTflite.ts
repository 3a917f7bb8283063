import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import type { Workbench } from '../../scripts/vscode/workbench.mjs';
import { answerDialog, expect, openFile, pick, ROOT, webview } from './workbench';

const MODEL = 'shapes_mobilenetv2.tflite';

/** Types of the inputs that a file's model has. */
function inputTypes(file: string): string[] {
  const report = execFileSync(process.execPath, [
    path.join(ROOT, 'dist', 'cli.js'),
    'inspect',
    file,
    '--json',
  ]);
  const { inputs }: { inputs: { type: string }[] } = JSON.parse(report.toString());
  return inputs.map(({ type }) => type);
}

/**
 * Quantizes the .tflite sample by mouse to integers throughout, and looks at what is saved and shown.
 * @param theme what the names of the screenshots end with
 */
export async function quantizeByMouse(
  page: Page,
  { screenshot }: Workbench,
  folder: string,
  theme: string,
): Promise<void> {
  const before = readFileSync(path.join(folder, MODEL));
  await openFile(page, MODEL);
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Quantize…' }).click();
  const dialog = frame.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^int8, every layer/ }).click();
  await dialog.getByRole('button', { name: 'Choose: Calibration data' }).click();
  await pick(page, 'Folder');
  await answerDialog(page, path.join(folder, 'shapes', 'calibration'));
  await expect(dialog.getByLabel('Calibration data', { exact: true })).toHaveValue(/calibration$/);
  await dialog.getByRole('radio', { name: '−1 … 1' }).click();
  await dialog.getByText('Advanced').click();
  // Only int8 activations have kernels, so their type is nothing to choose.
  await expect(dialog.getByRole('combobox', { name: 'Activations' })).toHaveCount(0);
  await dialog.getByRole('combobox', { name: 'Inputs and outputs' }).selectOption('uint8');
  await screenshot(`tflite-quantize-${theme}`);
  await dialog.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible({ timeout: 240_000 });
  const output = path.join(folder, 'shapes_mobilenetv2.int8.tflite');
  expect(existsSync(output)).toBe(true);
  expect(inputTypes(output)).toEqual(['uint8']);
  expect(readFileSync(path.join(folder, MODEL))).toEqual(before);
  await expect(webview(page).getByText('SQNR').first()).toBeVisible();
  await screenshot(`tflite-comparison-${theme}`);
}
