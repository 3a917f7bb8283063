import path from 'node:path';
import { answerDialog, expect, openFile, pick, test, webview } from './workbench';

const PACKAGE = 'shapes_mobilenetv2.mlpackage';

test('the form of a package takes groups, a twin and data by mouse', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  test.setTimeout(400_000);
  await openFile(page, 'Manifest.json');
  const frame = webview(page);
  await expect(frame.getByRole('heading', { name: PACKAGE })).toBeVisible();
  await frame.getByRole('button', { name: 'Quantize…' }).click();
  await frame.getByRole('radio', { name: /palette, 4 bits/ }).click();
  await frame.getByLabel('Output channels that share a table').fill('16');
  await frame.getByRole('button', { name: 'Choose: Twin' }).click();
  await answerDialog(page, path.join(folder, 'shapes_mobilenetv2.onnx'));
  await expect(frame.getByLabel(/^Twin/)).toHaveValue(/shapes_mobilenetv2\.onnx$/);
  await frame.getByRole('button', { name: 'Choose: Calibration data' }).click();
  await pick(page, 'Folder…');
  await answerDialog(page, `${path.join(folder, 'shapes/calibration')}/`);
  await expect(frame.getByRole('textbox', { name: 'Calibration data' })).toHaveValue(/calibration/);
  await frame.getByLabel(/^Twin/).scrollIntoViewIfNeeded();
  await screenshot('coreml-quantize-form');
  await expect(frame.getByRole('button', { name: 'Quantize', exact: true })).toBeVisible();
});
