import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, ROOT, SAMPLE, test, webview } from './workbench';

test.describe.configure({ mode: 'serial' });
test.use({ options: { development: ROOT, settings: { 'git.enabled': true } } });

const OTHER = 'other.onnx';

test('a click on a modified model opens the comparison with HEAD', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const git = gitIn(folder);
  git('init', '--quiet');
  copyFileSync(path.join(folder, SAMPLE), path.join(folder, OTHER));
  git('add', SAMPLE, OTHER);
  git('commit', '--quiet', '-m', 'Add the models');
  edit(path.join(folder, SAMPLE));
  await clickInSourceControl(page, `${SAMPLE}, Modified`, /HEAD, /);
  const frame = webview(page);
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText('Same size, 1 layer changed, 1 added.');
  await expect(frame.getByRole('button', { name: /\.onnx \(HEAD, [0-9a-f]{7}\)$/ })).toBeVisible();
  // The editor's own comparison is gone: one tab, and no page that says that something went wrong.
  await expect(tabs(page)).toHaveCount(1);
  await expect(page.getByText('could not be opened')).toHaveCount(0);
  await screenshot('source-control-modified');
});

test('a second click brings the same page to the front', async ({ page }) => {
  await clickInSourceControl(page, `${SAMPLE}, Modified`, /HEAD, /);
  await expect(webview(page).getByRole('heading', { level: 1 })).toHaveText(/1 layer changed/);
  await expect(tabs(page)).toHaveCount(1);
});

test('a comparison whose file is overwritten is marked, and made again when asked', async ({
  page,
  folder,
}) => {
  const frame = webview(page);
  copyFileSync(path.join(ROOT, 'models', SAMPLE), path.join(folder, SAMPLE));
  await expect(frame.getByText(`${SAMPLE} has changed since it was compared.`)).toBeVisible();
  await expect(tabs(page)).toHaveText(/\(outdated\)/);
  await frame.getByRole('button', { name: 'Compare Again' }).click();
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText('The two models are the same.');
  await expect(tabs(page)).not.toHaveText(/\(outdated\)/);
});

test('what is staged is compared with HEAD, from copies', async ({ page, folder }) => {
  edit(path.join(folder, OTHER));
  gitIn(folder)('add', OTHER);
  await clickInSourceControl(page, `${OTHER}, Index Modified`, /\(HEAD\) ↔ .*\(index\)/);
  const frame = webview(page);
  await expect(frame.getByRole('button', { name: `${OTHER} (HEAD)` })).toBeVisible();
  await expect(frame.getByRole('button', { name: `${OTHER} (index)` })).toBeVisible();
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText('Same size, 1 layer changed, 1 added.');
});

test('a model that is on no disk any more is opened from a copy', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  gitIn(folder)('reset', '--quiet');
  rmSync(path.join(folder, OTHER));
  await clickInSourceControl(page, `${OTHER}, Deleted`, /Deleted/);
  const frame = webview(page);
  await expect(frame.getByRole('heading', { name: OTHER })).toBeVisible();
  await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
  await expect(frame.locator('vscode-button').filter({ hasText: 'Quantize…' })).toHaveAttribute('secondary');
  await expect(frame.getByTitle(/earlier or remote version/)).toBeVisible();
  await screenshot('source-control-deleted');
});

function gitIn(folder: string) {
  return (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', ...args], {
      cwd: folder,
    });
}

/** The sample with a bias changed and a layer added, in place of the file; git never sees it gone. */
function edit(file: string): void {
  const edited = path.join(mkdtempSync(path.join(path.dirname(file), 'edited-')), 'model.onnx');
  const script = path.join(ROOT, 'test', 'unit', 'editSample.ts');
  execFileSync(process.execPath, ['--import', 'tsx', script, path.join(ROOT, 'models', SAMPLE), edited], {
    cwd: ROOT,
  });
  renameSync(edited, file);
  rmSync(path.dirname(edited), { recursive: true });
}

function tabs(page: Page) {
  return page.locator('.editor-group-container .tabs-container .tab');
}

/** `row`: the file and its state, as the list names it; `title`: of the tab that it leads to. */
async function clickInSourceControl(page: Page, row: string, title: RegExp): Promise<void> {
  // Git may still be looking at other files, whose rows move this one; the key shows the view however often it is pressed.
  await expect(async () => {
    await page.keyboard.press('Control+Shift+G');
    await page.getByRole('treeitem', { name: row }).click({ timeout: 10_000 });
    await expect(page.locator('.tab.active')).toHaveText(title, { timeout: 10_000 });
  }).toPass();
  // The editor's own comparison is there for a moment.
  await expect(page.locator('iframe.webview.ready:visible')).toHaveCount(1);
}
