import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import {
  expect,
  expectCursor,
  goTo,
  hoverAt,
  openFile,
  ROOT,
  runCommand,
  SAMPLE,
  test,
  webview,
} from './workbench';

// An editor of its own: what is typed here must be in no other file's way.
// What is typed is reverted, and must not have been saved.
test.use({ options: { development: ROOT, settings: { 'files.autoSave': 'off', 'git.enabled': true } } });

const CONFIG = `{
  // What the app downloads.
  "budgets": [
    {
      "name": "app",
      "models": "shapes_mobilenetv2.onnx",
      "fileSize": "2 MB"
    }
  ]
}
`;

const write = (folder: string, text: string) => writeFileSync(path.join(folder, 'caliper.json'), text);

/** The Problems panel, as it is now. */
async function problems(page: Page) {
  const panel = page.locator('.markers-panel');
  await runCommand(page, 'Problems: Focus on Problems View');
  await expect(panel).toBeVisible();
  return panel;
}

test('caliper.json is completed and explained, and mistakes in it are marked', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  write(folder, CONFIG);
  await goTo(page, 'caliper.json', 7, 25);
  const editor = page.locator('.editor-instance .monaco-editor').first();
  await expect(editor.getByText('"fileSize"')).toBeVisible();
  // Comments are allowed: the file is JSON with comments.
  await expect(page.locator('.statusbar').getByText('JSON with Comments')).toBeVisible();
  await page.keyboard.type(',\n"pe');
  const suggest = page.locator('.suggest-widget.visible');
  // The editor’s language server may still be starting: it is asked again.
  await expect(async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Space');
    await expect(suggest.getByText('peakActivation')).toBeVisible({ timeout: 5_000 });
  }).toPass();
  await screenshot('budgets-completion');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await runCommand(page, 'File: Revert File');
  await expect(editor.getByText('"pe')).toHaveCount(0);

  await hoverAt(page, ['caliper.json', 7, 10], 'with the files that hold its weights');
  await screenshot('budgets-hover');
  await page.keyboard.press('Escape');
});

test('a limit that a model breaks is a problem at its line and on the model', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  write(folder, CONFIG);
  await openFile(page, 'caliper.json');
  const panel = await problems(page);
  write(folder, CONFIG.replace('2 MB', '1.33 MB'));
  const sentence = 'file-size: 1.64 MB, 315 kB over, at most 1.33 MB.';
  await expect(panel.getByText(`shapes_mobilenetv2.onnx: ${sentence}`).first()).toBeVisible();
  await expect(panel.getByText('[Ln 7, Col 19]').first()).toBeVisible();
  await expect(
    panel.locator('.monaco-list-row', { hasText: 'shapes_mobilenetv2.onnx' }).first(),
  ).toBeVisible();
  await screenshot('budgets-problems');

  write(folder, CONFIG.replace('"2 MB"', '"2 Mb"'));
  await expect(panel.getByText('expected bytes as a number').first()).toBeVisible();
  write(folder, CONFIG);
  await expect(panel.getByText('No problems have been detected').first()).toBeVisible();
  await page.keyboard.press('Control+J');
});

test('the page of a model says whether it fits, and follows what is saved', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  write(folder, CONFIG);
  await openFile(page, SAMPLE);
  const frame = webview(page);
  const card = frame.getByRole('region', { name: 'Budget app' });
  await expect(card.locator('summary')).toContainText('Budget app: fits');
  write(folder, CONFIG.replace('2 MB', '1.33 MB'));
  await expect(card.locator('summary')).toContainText('file-size 315 kB over');
  await expect(card.getByText('float16 saves about')).toBeVisible();
  await screenshot('budgets-card');
  await card.getByRole('button', { name: 'file-size' }).click();
  await expect(page.locator('.tab.active')).toContainText('caliper.json');
  await expectCursor(page, 'Ln 7, Col 28');
});

test('limits that are measured are measured by a command', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const config = path.join(folder, 'caliper.json');
  const latency = '"latency": { "reference": "shapes_mobilenetv2.onnx", "max": "5×" }';
  write(folder, CONFIG.replace('"fileSize": "2 MB"', latency));
  await openFile(page, SAMPLE);
  const card = webview(page).getByRole('region', { name: 'Budget app' });
  await expect(card.locator('summary')).toContainText('1 not measured');
  await runCommand(page, 'Model Caliper: Check Budgets and Measure');
  await expect(card.locator('summary')).toContainText('Budget app: fits', { timeout: 150_000 });
  await card.locator('summary').click();
  await expect(card.getByText('at most 5× of the reference’s')).toBeVisible();
  await screenshot('budgets-measured');
  expect(readFileSync(config, 'utf8')).toContain('latency');
});

test('how much a model grew since the last commit is checked in the background, again after a commit', async ({
  page,
  folder,
}) => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', ...args], {
      cwd: folder,
    });
  const model = path.join(folder, SAMPLE);
  const whole = readFileSync(model);
  git('init', '--quiet');
  write(folder, CONFIG.replace('"fileSize": "2 MB"', '"maxGrowth": { "fileSize": "2 %" }'));
  await openFile(page, SAMPLE);
  const card = webview(page).getByRole('region', { name: 'Budget app' });
  await expect(card.locator('summary')).toContainText('1 not measured');
  git('add', SAMPLE);
  git('commit', '--quiet', '-m', 'Add the model');
  // With a field that nobody knows, of a tenth of the file, it is a model all the same.
  const grown = path.join(folder, 'grown');
  writeFileSync(grown, Buffer.concat([whole, unknownField(Buffer.alloc(whole.length / 10))]));
  renameSync(grown, model);
  const panel = await problems(page);
  await expect(panel.getByText(/shapes_mobilenetv2\.onnx: growth.*\+10\.0 %/).first()).toBeVisible();
  await expect(card.locator('summary')).toContainText('over');
  git('commit', '--quiet', '-am', 'Let it grow');
  await expect(card.locator('summary')).toContainText('Budget app: fits');
  await expect(panel.getByText('No problems have been detected').first()).toBeVisible();
});

/** A field of protobuf with a number that ONNX does not use. */
function unknownField(bytes: Uint8Array): Buffer {
  const head = [0xfa, 0xff, 0x7f];
  let left = bytes.length;
  for (; left > 127; left >>= 7) head.push((left & 127) | 128);
  return Buffer.concat([Buffer.from([...head, left]), bytes]);
}
