import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, goTo, openFile, ROOT, SAMPLE, test, webview } from './workbench';

const SOURCE = 'shapes_mobilenetv2.py';
const INT8 = 'shapes_mobilenetv2.int8.onnx';

test.use({ options: { development: ROOT, settings: { 'caliper.runs': 5 } } });
test.describe.configure({ mode: 'serial' });

/** Shows the hover of a layer's constructor in the sample's source. */
async function hover(page: Page, layer: string): Promise<void> {
  const lines = readFileSync(path.join(ROOT, 'models', SOURCE), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes(`${layer}(`));
  const column = (lines[line]?.indexOf(layer) ?? 0) + 4;
  await goTo(page, SOURCE, line + 1, column);
  await expect(page.locator('.monaco-editor.focused')).toBeVisible({ timeout: 5_000 });
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+I');
}

/** Asks again until what is found in the background is there. */
async function hoverUntil(page: Page, layer: string, text: RegExp): Promise<Locator> {
  const shown = page.locator('.monaco-hover:not(.hidden)').filter({ hasText: text }).first();
  await expect(async () => {
    await page.keyboard.press('Escape');
    await hover(page, layer);
    await expect(shown).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  // It fades in, which pictures should not show.
  await page.waitForTimeout(400);
  return shown;
}

test('a hover tells of the layer in the exported model', async ({ page, bench: { screenshot } }) => {
  const shown = await hoverUntil(page, 'nn.Linear', /Gemm/);
  await expect(shown).toContainText('classifier.1');
  await expect(shown).toContainText('1×1280');
  await expect(shown).toContainText('12,800');
  await expect(shown).toContainText('not measured');
  await screenshot('linked-hover');
});

test('it says what folding did, and what became of a Dropout', async ({ page, bench: { screenshot } }) => {
  await hoverUntil(page, 'nn.BatchNorm2d', /432 \+ 32 parameters \+ 32 statistics → 432 \+ 16 bias = 448/);
  await screenshot('linked-hover-folded');
  await hoverUntil(page, 'nn.Dropout', /removed when exporting/);
  await hoverUntil(page, 'nn.Conv2d', /features\.0\.0.*995,328/s);
  await screenshot('linked-hover-many');
});

test('the line above the class names the model, and opens it', async ({ page, bench: { screenshot } }) => {
  const lines = readFileSync(path.join(ROOT, 'models', SOURCE), 'utf8').split('\n');
  await goTo(page, SOURCE, lines.findIndex((text) => text.startsWith('class MobileNetV2')) + 1, 1);
  const lens = page.locator('.codelens-decoration a').filter({ hasText: SAMPLE });
  await expect(lens.first()).toBeVisible();
  await expect(lens.first()).toContainText('not measured');
  await screenshot('linked-lens');
  // The line is drawn anew when another model was indexed, and a click in that moment is lost.
  await expect(async () => {
    await lens.first().click({ timeout: 3_000 });
    await expect(page.getByRole('tab', { name: new RegExp(`^${SAMPLE}`) })).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await expect(webview(page).getByRole('heading', { name: SAMPLE })).toBeVisible();
});

test('what was measured is told, also after the page was closed', async ({ page }) => {
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(frame.getByText('ONNX Runtime').first()).toBeVisible({ timeout: 120_000 });
  await page.getByRole('tab', { name: new RegExp(`^${SAMPLE}`) }).click({ button: 'middle' });
  await hoverUntil(page, 'nn.Linear', /[\d.]+ ms, [\d.]+ %/);
  await openFile(page, SAMPLE);
  await expect(webview(page).getByText('ONNX Runtime').first()).toBeVisible();
});

test('a quantized model that appears is shown beside the float one', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const target = path.join(folder, INT8);
  const options = ['--recipe', 'int8-all', '--no-measure', '-o', target];
  execFileSync(process.execPath, [
    path.join(ROOT, 'dist/cli.js'),
    'quantize',
    path.join(folder, SAMPLE),
    ...options,
  ]);
  const shown = await hoverUntil(page, 'nn.Linear', /int8/);
  await expect(shown).toContainText('float32');
  const settings = path.join(folder, '.vscode');
  mkdirSync(settings);
  for (const [theme, kind, name] of [
    ['Default Dark Modern', 'vs-dark', 'dark'],
    ['Default High Contrast', 'hc-black', 'contrast'],
    ['Default Light Modern', 'vs', 'light'],
  ] as const) {
    writeFileSync(path.join(settings, 'settings.json'), JSON.stringify({ 'workbench.colorTheme': theme }));
    await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
    await hoverUntil(page, 'nn.Linear', /int8/);
    await screenshot(`linked-hover-int8-${name}`);
  }
});

test("the link opens the model's page at the row", async ({ page, bench: { screenshot } }) => {
  const shown = await hoverUntil(page, 'nn.Linear', /Gemm/);
  await shown.locator('a').filter({ hasText: SAMPLE }).first().click();
  const frame = webview(page);
  await expect(frame.getByText('/classifier/classifier.1/Gemm').first()).toBeVisible();
  await expect(frame.getByText('transB').first()).toBeVisible();
  await screenshot('linked-revealed');
});
