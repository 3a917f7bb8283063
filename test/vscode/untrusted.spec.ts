import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

test.use({ options: { development: ROOT, trust: false } });

test('an untrusted model is read but not run', async ({ page, bench: { screenshot } }) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
  await expect(frame.getByText('is not trusted').first()).toBeVisible();
  await screenshot('untrusted');
  await runCommand(page, 'Model Caliper: Profile Latency');
  // The driver hides pop-ups; the list of notifications has them all.
  await page.locator('[id="status.notifications"]').click();
  await expect(page.locator('.notifications-center').getByText('is not trusted')).toBeVisible();
});
