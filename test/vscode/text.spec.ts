import { copyFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import {
  choose,
  expect,
  expectCursor,
  openFile,
  pick,
  ROOT,
  runCommand,
  SAMPLE,
  test,
  webview,
} from './workbench';

test.describe.configure({ mode: 'serial' });
test.use({
  options: {
    development: ROOT,
    settings: {
      'workbench.colorTheme': 'Default Light Modern',
      'caliper.runs': 5,
      'editor.minimap.enabled': false,
    },
  },
});

const TAB = `${SAMPLE}.onnxtxt`;
const HOVER = '.monaco-hover:visible .hover-contents';

test('a model opens as text, with outline and breadcrumbs', async ({ page, bench: { screenshot } }) => {
  await openFile(page, SAMPLE);
  await expect(webview(page).getByText('Conv', { exact: true }).first()).toBeVisible();
  await runCommand(page, 'Model Caliper: Open as Text');
  await expect(page.getByRole('tab', { name: TAB })).toBeVisible();
  await expect(line(page, 'main_graph')).toContainText('float[N,3,96,96] image) => (float[N,10] logits)');
  await runCommand(page, 'Explorer: Focus on Outline View');
  const outline = page.locator('.outline-pane');
  await expect(outline.getByText('main_graph')).toBeVisible();
  await goTo(page, '/features/features.0/features.0.0/Conv');
  await expect(page.locator('.breadcrumbs-control')).toContainText('/features/features.0/features.0.0/Conv');
  await screenshot('text');
});

test('a hover says what a node costs and leads to its row', async ({ page, bench: { screenshot } }) => {
  await goTo(page, '/features/features.0/features.0.0/Conv');
  const hover = page.locator(HOVER).filter({ hasText: '448 parameters' }).first();
  // What the text is about may only just be read.
  await expect(async () => {
    await page.locator('.statusbar').hover({ position: { x: 2, y: 2 } });
    await token(page, 'Conv').hover({ timeout: 5_000 });
    await expect(hover).toBeVisible({ timeout: 5_000 });
  }).toPass();
  await expect(hover).toContainText('float32 1×16×48×48');
  await expect(hover).toContainText('MACs');
  await expect(hover).toContainText('kernel_shape');
  await screenshot('text-hover');
  await hover.getByText('Show on the page of the model').click();
  const selected = webview(page).getByRole('row', { selected: true });
  await expect(selected).toContainText('features.0.0/Conv');
  await webview(page).getByRole('button', { name: 'Show in the text' }).click();
  await expect(page.getByRole('tab', { name: TAB, selected: true })).toBeVisible();
  await expect(token(page, 'Conv')).toBeVisible();
});

test('names of tensors lead to where they are given and used', async ({ page, bench: { screenshot } }) => {
  await goTo(page, '/features/features.0/features.0.2/Clip');
  // Into the last name, in front of its quote and the bracket behind it.
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expectCursor(page, 'Ln 120, Col 264');
  await page.keyboard.press('F12');
  await expectCursor(page, 'Ln 119,');
  await runCommand(page, 'Peek References');
  await expect(page.locator('.reference-zone-widget')).toBeVisible();
  await screenshot('text-references');
  await page.keyboard.press('Escape');
});

test('two models are compared as text', async ({ page, folder, bench: { screenshot } }) => {
  // Of one format: for two the page is offered first.
  copyFileSync(path.join(folder, SAMPLE), path.join(folder, 'other.onnx'));
  await runCommand(page, 'Model Caliper: Compare as Text With…');
  await pick(page, 'other.onnx');
  await expect(page.getByRole('tab', { name: /onnx ↔ other.onnx/ })).toBeVisible();
  await expect(page.locator('.monaco-diff-editor .editor.modified')).toContainText('"pytorch"');
  await expect(page.locator('.monaco-diff-editor .editor.original')).toContainText('"pytorch"');
  await screenshot('text-diff');
});

function line(page: Page, text: string) {
  return page.locator('.monaco-editor .view-line').filter({ hasText: text }).first();
}

/** A word of the line of the first layer. */
function token(page: Page, text: string) {
  return line(page, '= Conv')
    .locator('span', { hasText: new RegExp(`^${text}$`) })
    .first();
}

/** To an entry of the outline, by name. */
async function goTo(page: Page, name: string): Promise<void> {
  await page.locator('.monaco-editor .view-lines').first().click();
  await choose(page, 'Control+Shift+O', `@${name}`, name);
  await expect(page.locator('.breadcrumbs-control')).toContainText(name);
  await expect(page.locator('.monaco-editor.focused')).toBeVisible();
}
