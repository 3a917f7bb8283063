import { expect, openFile, ROOT, SAMPLE, test, webview } from './workbench';

test.use({
  options: {
    development: ROOT,
    settings: { 'workbench.colorTheme': 'Default Dark Modern', 'caliper.runs': 5 },
  },
});

test('the page profiles, and a selected layer shows its weights', async ({ page, bench: { screenshot } }) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(frame.getByText('ONNX Runtime').first()).toBeVisible({ timeout: 120_000 });
  await frame.getByText('Conv', { exact: true }).first().click();
  await page.keyboard.press('Enter');
  await expect(frame.getByText('kernel_shape').first()).toBeVisible();
  await screenshot('details-dark');
});
