import { expect, openFile, ROOT, runCommand, test, webview } from './workbench';

test.use({ options: { development: ROOT, settings: { 'workbench.colorTheme': 'Default Dark Modern' } } });

test('the text of a model is coloured', async ({ page, bench: { screenshot } }) => {
  await openFile(page, 'shapes_mobilenetv2.tflite');
  await expect(webview(page).getByText('CONV_2D', { exact: true }).first()).toBeVisible();
  await runCommand(page, 'Model Caliper: Open as Text');
  const type = page.locator('.view-line span', { hasText: /^float$/ }).first();
  await expect(type).toBeVisible();
  // The grammar tells a type from a number.
  const number = page.locator('.view-line span', { hasText: /^1280$/ }).first();
  const colour = (node: Element) => getComputedStyle(node).color;
  expect(await type.evaluate(colour)).not.toBe(await number.evaluate(colour));
  await page.keyboard.press('Control+End');
  await screenshot('text-dark');
});
