import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { answerDialog, expect, openFile, pick, ROOT, test, webview } from './workbench';

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

test('a .tflite model is quantized by mouse to integers throughout, saved and compared', async ({
  page,
  bench: { screenshot },
  folder,
}) => {
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
  await screenshot('tflite-quantize');
  await dialog.getByRole('button', { name: 'Quantize', exact: true }).click();
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible({ timeout: 240_000 });
  const output = path.join(folder, 'shapes_mobilenetv2.int8.tflite');
  expect(existsSync(output)).toBe(true);
  expect(inputTypes(output)).toEqual(['uint8']);
  expect(readFileSync(path.join(folder, MODEL))).toEqual(before);
  await expect(webview(page).getByText('SQNR').first()).toBeVisible();
  await screenshot('tflite-comparison');
});

for (const theme of ['Dark Modern', 'Dark High Contrast']) {
  test(`the form and the comparison are readable in ${theme}`, async ({ page, bench: { screenshot } }) => {
    const name = theme.toLowerCase().replaceAll(' ', '-');
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+T');
    await page.locator('.quick-input-widget:visible input').waitFor();
    await page.keyboard.type(theme);
    await pick(page, theme);
    await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible();
    await screenshot(`tflite-comparison-${name}`);
    await page
      .getByRole('tab', { name: new RegExp(`^${MODEL}`) })
      .first()
      .click();
    const frame = webview(page);
    await frame.getByRole('button', { name: 'Quantize…' }).click();
    const dialog = frame.getByRole('dialog');
    await expect(dialog.getByRole('combobox', { name: 'Inputs and outputs' })).toBeVisible();
    await screenshot(`tflite-quantize-${name}`);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('tab', { name: /↔/ }).click();
  });
}
