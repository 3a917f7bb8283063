import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { expectText, tellOfFile } from './notifications';
import { expect, openFile, ROOT, runCommand, test, webview } from './workbench';

test('the name of a node is text in an error', async ({ page, folder }) => {
  const name = 'notification_link_harmless.onnx';
  copyFileSync(path.join(ROOT, 'test', 'trials', 'hostile', name), path.join(folder, name));
  await openFile(page, name);
  await expect(webview(page).getByText('Add', { exact: true }).first()).toBeVisible();
  await runCommand(page, 'Model Caliper: Profile Latency');
  await expectText(page, 'repair this model');
});

test('the name of a file is text in an error', async ({ page, folder }) => {
  await tellOfFile(page, folder, 'x');
  await expectText(page, 'x');
});
