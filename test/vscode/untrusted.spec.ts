import { expectText, notifications, tellOfFile } from './notifications';
import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

test.use({ options: { development: ROOT, trust: false } });

test('an untrusted model is read but not run', async ({ page, bench: { screenshot } }) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
  await expect(frame.getByText('is not trusted').first()).toBeVisible();
  await screenshot('untrusted');
  await runCommand(page, 'Model Caliper: Profile Latency');
  await expect((await notifications(page)).getByText('is not trusted')).toBeVisible();
});

test('the name of a file is text in an error', async ({ page, folder }) => {
  await tellOfFile(page, folder, 'x');
  await expectText(page, 'x');
});
