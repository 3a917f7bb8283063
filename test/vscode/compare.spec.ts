import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { FrameLocator, Page } from '@playwright/test';
import { notifications } from './notifications';
import {
  chooseInExplorer,
  expect,
  inExplorer,
  openFile,
  pick,
  ROOT,
  SAMPLE,
  test,
  useTheme,
  webview,
} from './workbench';

test.describe.configure({ mode: 'serial' });
test.use({
  options: {
    development: ROOT,
    settings: {
      'git.enabled': true,
      'workbench.colorTheme': 'Default Light Modern',
      'caliper.runs': 3,
      // Files are selected here; an editor that opens would select its own alone.
      'explorer.autoReveal': false,
    },
  },
});

const TFLITE = 'shapes_mobilenetv2.tflite';
const INT8 = 'small.onnx';

test('the same network in ONNX and TensorFlow Lite, and its texts', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  await openFile(page, SAMPLE);
  await expect(webview(page).getByRole('heading', { name: SAMPLE })).toBeVisible();
  await useTheme(page, folder, 'Default Dark Modern', 'vs-dark');
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Compare With…');
  await pick(page, TFLITE);
  const frame = webview(page);
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText(/the same layers in two formats\./);
  const combo = frame.getByRole('combobox', { name: 'Layers shown' });
  await expect(combo.locator('option')).toHaveText([
    /All layers \(174\)/,
    /Differences \(110\)/,
    /Folded \(110\)/,
  ]);
  await combo.selectOption('all');
  await expect(frame.getByText('Conv → CONV_2D').first()).toBeVisible();
  await screenshot('compare-formats-dark');
  // Their texts share no lines: the page is the better place.
  await expect(frame.getByRole('button', { name: 'Compare as Text' })).toBeDisabled();
  await expect(frame.getByTitle(/this page sets their layers side by side/)).toBeVisible();
});

test('a model and what HEAD has of it', async ({ page, folder, bench: { screenshot } }) => {
  const model = path.join(folder, SAMPLE);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', ...args], {
      cwd: folder,
    });
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Compare With Git HEAD');
  await expectNotification(page, /is not in a git repository/);
  git('init', '--quiet');
  git('add', SAMPLE);
  git('commit', '--quiet', '-m', 'Add the model');
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Compare With Git HEAD');
  await expectNotification(page, /is as it is in HEAD/);

  rmSync(model);
  const edit = path.join(ROOT, 'test', 'unit', 'editSample.ts');
  execFileSync(process.execPath, ['--import', 'tsx', edit, path.join(ROOT, 'models', SAMPLE), model], {
    cwd: ROOT,
  });

  await useTheme(page, folder, 'Default High Contrast', 'hc-black');
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Compare With Git HEAD');
  const frame = webview(page);
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText('Same size, 1 layer changed, 1 added.');
  await expect(frame.getByRole('button', { name: `${SAMPLE} (HEAD, ` })).toBeVisible();
  await frame.locator('caliper-grid .row').filter({ hasText: 'Gemm' }).click();
  await expect(details(frame)).toContainText('weight classifier.1.bias');
  await screenshot('compare-head-high-contrast');
  copyFileSync(path.join(ROOT, 'models', SAMPLE), model);
});

test('a float and an int8 model that are selected in the explorer', async ({
  page,
  folder,
  bench: { screenshot },
}) => {
  const calibration = path.join(folder, 'shapes', 'calibration');
  const options = ['--data', calibration, '--preset', 'half', '--no-measure', '--recipe', 'int8-all'];
  const [from, to] = [path.join(folder, SAMPLE), path.join(folder, INT8)];
  execFileSync(process.execPath, [path.join(ROOT, 'dist', 'cli.js'), 'quantize', from, '-o', to, ...options]);
  const file = (name: string) => inExplorer(page, name);
  await useTheme(page, folder, 'Default Light Modern', 'vs');
  await file(INT8).waitFor();
  await file(SAMPLE).click();
  await expect(webview(page).getByRole('heading', { name: SAMPLE })).toBeVisible();
  await file(INT8).click({ modifiers: ['Control'] });
  for (const name of [SAMPLE, INT8]) await expect(file(name)).toHaveAttribute('aria-selected', 'true');
  await chooseInExplorer(page, SAMPLE, 'Model Caliper', 'Compare With…');
  const frame = webview(page);
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText(/smaller, 5\d layers changed/);
  await expect(frame.getByText('neither latency nor outputs were measured')).toBeVisible();
  const conv = frame.locator('caliper-grid .row').filter({ hasText: 'features.0.0/Conv' }).first();
  await conv.click();
  await expect(details(frame)).toContainText(
    /float32 16×3×3×3\s*int8 16×3×3×3, (SQNR \d+\.\d dB|not compared)/,
  );
  await screenshot('compare-int8-light');
});

test('is measured when asked', async ({ page, bench: { screenshot } }) => {
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Measure Latency' }).click();
  await expect(frame.getByRole('heading', { level: 1 })).toHaveText(/(faster|speed|latency measured)/, {
    timeout: 240_000,
  });
  await expect(frame.getByText('ONNX Runtime').first()).toBeVisible();
  await expect(frame.getByRole('button', { name: 'Measure Latency' })).toHaveCount(0);
  await screenshot('compare-measured-light');
});

function details(frame: FrameLocator) {
  return frame.getByRole('region', { name: 'Details of the layer' });
}

async function expectNotification(page: Page, text: RegExp): Promise<void> {
  await expect((await notifications(page)).getByText(text)).toBeVisible();
  await page.keyboard.press('Escape');
}
