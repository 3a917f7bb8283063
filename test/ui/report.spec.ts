import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { build } from 'esbuild';
import { workerText } from '../../scripts/workerText.mjs';
import { compareFiles } from '../../src/analysis/difference/fileDifferences';
import { readIcons } from '../../src/cli/report/report';
import { comparisonData, modelData } from '../../src/cli/report/reportData';
import { reportHtml } from '../../src/cli/report/reportHtml';
import type { ReportData } from '../../src/protocol/reportFile';
import { makeProfile } from './fixtures';

const SAMPLE = 'models/shapes_mobilenetv2.onnx';
const SIZES = { dims: {}, shapes: {} };
const folder = path.resolve('out', 'reports');

let script = '';
test.beforeAll(async () => {
  const { outputFiles } = await build({
    plugins: [workerText],
    entryPoints: ['webview/report.ts'],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    tsconfig: 'tsconfig.json',
  });
  script = outputFiles[0]?.text ?? '';
});

/** The sample set against another of its files. */
const compared = (after: string) => compareFiles({ before: SAMPLE, after, choice: SIZES });

/** What went wrong on a page, and what it asked for besides its own file. */
interface Seen {
  readonly faults: string[];
  readonly asked: string[];
}

/** Opens a report as a colleague does: from a folder, with no network and no editor. */
async function openReport(page: Page, name: string, data: ReportData, title = name): Promise<Seen> {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.html`);
  writeFileSync(
    file,
    reportHtml({ title, script, icons: readIcons('node_modules/@vscode/codicons/dist'), data }),
  );
  const seen: Seen = { faults: [], asked: [] };
  const url = pathToFileURL(file).href;
  page.on('pageerror', (error) => seen.faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') seen.faults.push(message.text());
  });
  page.on('dialog', (dialog) => {
    seen.faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('blob:') && request.url() !== url) seen.asked.push(request.url());
  });
  await page.context().setOffline(true);
  await page.goto(url);
  return seen;
}

function expectAlone({ faults, asked }: Seen): void {
  expect(faults).toEqual([]);
  expect(asked).toEqual([]);
}

for (const [scheme, width] of [
  ['light', 1400],
  ['dark', 700],
] as const) {
  test(`shows a model from one file, ${scheme} at ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    const seen = await openReport(page, `model-${scheme}`, modelData(SAMPLE, SIZES, null));
    await expect(page.getByRole('heading', { name: 'shapes_mobilenetv2.onnx' })).toBeVisible();
    await expect(page.locator('html')).toHaveCSS(
      'background-color',
      scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(31, 31, 31)',
    );
    for (const name of ['Profile Latency', 'Quantize…', 'Import Measurements…', 'Profile options'])
      await expect(page.getByRole('button', { name })).toHaveCount(0);
    await page.getByLabel('Search layers').fill('features.18.0/Conv');
    await page
      .getByRole('row', { name: /features\.18/ })
      .last()
      .click();
    const details = page.getByRole('region', { name: 'Details of the layer' });
    await expect(details.getByText('kernel_shape')).toBeVisible();
    await expect(details.getByRole('button', { name: 'Show in the text' })).toHaveCount(0);
    await page.screenshot({ path: `out/screenshots/report-model-${scheme}-${width}.png` });
    await page.getByRole('button', { name: 'Graph' }).click();
    await expect(page.locator('caliper-graph canvas').first()).toBeVisible();
    await page.screenshot({ path: `out/screenshots/report-graph-${scheme}-${width}.png` });
    expectAlone(seen);
  });
}

test('takes the colours of more contrast where the reader wants it', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark', contrast: 'more' });
  const seen = await openReport(page, 'contrast', modelData(SAMPLE, SIZES, null));
  await expect(page.getByRole('heading', { name: 'shapes_mobilenetv2.onnx' })).toBeVisible();
  await expect(page.locator('html')).toHaveCSS('background-color', 'rgb(0, 0, 0)');
  await page.screenshot({ path: 'out/screenshots/report-model-contrast.png' });
  expectAlone(seen);
});

test('shows what was measured, and offers to measure nothing', async ({ page }) => {
  const { rows } = modelData(SAMPLE, SIZES, null);
  const profile = makeProfile(rows);
  const shapes = { ...profile, inputShapes: [{ name: 'image', shape: [1, 3, 96, 96] }], threads: 4 };
  const seen = await openReport(page, 'measured', modelData(SAMPLE, SIZES, shapes));
  await expect(page.getByRole('region', { name: 'Latency' })).toContainText('4 threads');
  await expect(page.getByText('chosen now')).toHaveCount(0);
  await page.getByRole('tab', { name: 'Roofline' }).click();
  await expect(page.locator('caliper-roofline')).toBeVisible();
  for (const name of [/Measure again/, /Measure this computer/, /Save Trace/])
    await expect(page.getByRole('button', { name })).toHaveCount(0);
  await page.screenshot({ path: 'out/screenshots/report-measured.png' });
  expectAlone(seen);
});

test('is small enough for a mail', async ({ page }) => {
  await openReport(page, 'size', modelData(SAMPLE, SIZES, null));
  expect(statSync(path.join(folder, 'size.html')).size).toBeLessThan(1_000_000);
});

test('saves what the editor would save', async ({ page }) => {
  const seen = await openReport(page, 'export', modelData(SAMPLE, SIZES, null));
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Layers as CSV…' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('shapes_mobilenetv2.layers.csv');
  expectAlone(seen);
});

test('shows a comparison of two models', async ({ page }) => {
  const data = comparisonData([compared('models/shapes_mobilenetv2.tflite')]);
  const seen = await openReport(page, 'comparison', data);
  await expect(page.locator('caliper-comparison-page header')).toContainText('shapes_mobilenetv2.tflite');
  for (const name of ['Compare as Text', 'Measure Latency'])
    await expect(page.getByRole('button', { name })).toHaveCount(0);
  await page.screenshot({ path: 'out/screenshots/report-comparison.png' });
  expectAlone(seen);
});

for (const [scheme, width] of [
  ['light', 1400],
  ['dark', 700],
] as const) {
  test(`shows more models as a board, ${scheme} at ${width} px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    const data = comparisonData([
      compared('models/shapes_mobilenetv2.tflite'),
      compared('models/shapes_mobilenetv2.mlpackage'),
    ]);
    const seen = await openReport(page, `board-${scheme}`, data);
    const figures = page.getByRole('region', { name: 'Figures of the models' });
    for (const name of ['onnx', 'tflite', 'mlpackage'])
      await expect(
        figures.getByRole('columnheader', { name: new RegExp(`^shapes_mobilenetv2\\.${name}`) }),
      ).toBeVisible();
    await expect(page.getByRole('row', { name: /^File/ }).first()).toBeVisible();
    for (const name of ['Add Models…', 'Measure All', /^Take off/, /^Set the others/])
      await expect(page.getByRole('button', { name })).toHaveCount(0);
    await page.screenshot({ path: `out/screenshots/report-board-${scheme}-${width}.png` });
    await page.getByRole('button', { name: 'Compare with the first: shapes_mobilenetv2.mlpackage' }).click();
    await expect(page.locator('caliper-comparison-page header')).toContainText(
      'shapes_mobilenetv2.mlpackage',
    );
    const shown = page.getByRole('combobox', { name: 'Shown', exact: true });
    await shown.selectOption({ index: 1 });
    await expect(page.locator('caliper-comparison-page header')).toContainText('shapes_mobilenetv2.tflite');
    await shown.selectOption('all models');
    await expect(page.locator('caliper-board-page')).toBeVisible();
    await expect(page.locator('caliper-comparison-page')).toHaveCount(0);
    expectAlone(seen);
  });
}

test('reads names as names, whatever they hold', async ({ page }) => {
  const hostile = '</script><script>alert(1)</script><img src=https://evil.invalid/x onerror=alert(2)>';
  const data = modelData(SAMPLE, SIZES, null);
  const seen = await openReport(
    page,
    'hostile',
    {
      ...data,
      opened: { ...data.opened, fileName: hostile },
      rows: data.rows.map((row, place) => (place === 0 ? { ...row, name: `${hostile}/${row.name}` } : row)),
    },
    `"></title>${hostile}`,
  );
  await expect(page.getByRole('heading', { name: hostile })).toBeVisible();
  await expect(page).toHaveTitle(`"></title>${hostile}`);
  expectAlone(seen);
});

test('runs no script but its own', async ({ page }) => {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'foreign.html');
  const html = reportHtml({
    title: 'foreign',
    script,
    icons: readIcons('node_modules/@vscode/codicons/dist'),
    data: modelData(SAMPLE, SIZES, null),
  });
  writeFileSync(file, html.replace('</body>', '<script>document.title = "ran"</script></body>'));
  await page.goto(pathToFileURL(file).href);
  await expect(page.getByRole('heading', { name: 'shapes_mobilenetv2.onnx' })).toBeVisible();
  await expect(page).toHaveTitle('foreign');
});
