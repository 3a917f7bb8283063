import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import path from 'node:path';
import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

test.use({ options: { development: ROOT, settings: { 'git.enabled': true } } });

test('a click in the timeline compares a commit with the one before', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', ...args], {
      cwd: folder,
    });
  const file = path.join(folder, SAMPLE);
  git('init', '--quiet');
  git('add', SAMPLE);
  git('commit', '--quiet', '-m', 'Add the model');
  const edited = path.join(folder, 'edited.onnx');
  const script = path.join(ROOT, 'test', 'unit', 'editSample.ts');
  execFileSync(process.execPath, ['--import', 'tsx', script, file, edited], { cwd: ROOT });
  renameSync(edited, file);
  git('commit', '--quiet', '-am', 'Change the bias');
  await openFile(page, SAMPLE);
  await expect(webview(page).getByText('Conv', { exact: true }).first()).toBeVisible();
  await runCommand(page, 'Explorer: Focus on Timeline View');
  // The view may still be filling.
  await expect(async () => {
    await page.getByRole('treeitem', { name: /Change the bias/ }).click({ timeout: 10_000 });
    await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible({ timeout: 10_000 });
  }).toPass();
  // The editor's own comparison is there for a moment.
  await expect(page.locator('iframe.webview.ready:visible')).toHaveCount(1);
  await expect(webview(page).getByRole('heading', { level: 1 })).toHaveText(/1 layer changed, 1 added/);
  await expect(page.getByText('could not be opened')).toHaveCount(0);
  await screenshot('timeline');
});
