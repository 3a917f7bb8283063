import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, openFile, ROOT, SAMPLE, test, webview } from './workbench';

test.use({ options: { development: ROOT, settings: { 'caliper.runs': 5 } } });
test.describe.configure({ mode: 'serial' });

test('the map looks into a module by a click, and comes back by a key', async ({
  page,
  bench: { screenshot },
}) => {
  await openFile(page, SAMPLE);
  const map = webview(page).locator('caliper-treemap');
  const features = map.getByRole('button', { name: /^features, module, / });
  await expect(features).toBeVisible();
  await map.getByRole('button', { name: /^features\/features\.17, module, / }).focus();
  await page.keyboard.press('Enter');
  const path = map.getByRole('navigation', { name: 'Module that the map shows' });
  await expect(path).toHaveText(/All\s*›\s*features\s*›\s*features\.17/);
  await expect(features).toHaveCount(0);
  await screenshot('map-within');
  await map.getByRole('button', { name: /conv\.6\/Conv, / }).click();
  await expect(webview(page).getByRole('region', { name: 'Details of the layer' })).toContainText(
    'features.17/conv/conv.6/Conv',
  );
  await map.locator('.tiles button[tabindex="0"]').focus();
  await page.keyboard.press('Backspace');
  await expect(path).toHaveText(/All\s*›\s*features\s*$/);
  await path.getByRole('button', { name: 'All' }).click();
  await expect(features).toBeVisible();
});

test('the roofline asks for a profile, then for what the computer reaches, and shows both', async ({
  page,
  bench: { screenshot },
}) => {
  const frame = webview(page);
  await frame.getByRole('tab', { name: 'Roofline' }).click();
  const view = frame.locator('caliper-roofline');
  await expect(view).toContainText('profile the latency first');
  await expect(frame.getByRole('columnheader', { name: 'Bound by' })).toHaveCount(0);
  await frame.getByRole('button', { name: 'Profile Latency' }).click();
  const measure = view.getByRole('button', { name: /Measure this computer/ });
  await expect(measure).toBeVisible({ timeout: 120_000 });
  await measure.click();
  await expect(view).toContainText(/\d % by (compute|memory|overhead)/, { timeout: 120_000 });
  await expect(view).toContainText(/reaches .* GMAC\/s in float, .* GMAC\/s in int8/);
  await expect(frame.getByRole('columnheader', { name: 'Bound by' })).toBeVisible();
  const chart = view.getByRole('slider', { name: 'Layers by multiply-accumulates for each byte moved' });
  await chart.focus();
  await page.keyboard.press('Home');
  await expect(chart).toHaveAttribute('aria-valuetext', /MACs for each byte · .* GMAC\/s · .*bound by/);
  await expect(frame.getByRole('region', { name: 'Details of the layer' })).toBeVisible();
  await screenshot('roofline');
});

/** An ONNX model: y = Relu(x), both float16 and of shape [1, 64]. */
const HALVES =
  'CAg6QAoMCgF4EgF5IgRSZWx1EgZoYWx2ZXNaEwoBeBIOCgwIChIICgIIAQoCCEBiEwoBeRIOCgwIChIICgIIAQoCCEBCBAoAEBE=';

// The editor's Node has a Float16Array, which the engine's native part cannot read.
test('a model with float16 inputs is profiled', async ({ page, folder }) => {
  writeFileSync(path.join(folder, 'halves.onnx'), Buffer.from(HALVES, 'base64'));
  await openFile(page, 'halves.onnx');
  const frame = webview(page);
  await frame.getByRole('button', { name: 'Profile Latency' }).click();
  await expect(frame.getByRole('region', { name: 'Latency' })).toContainText(/[\d.]+ ms/, {
    timeout: 120_000,
  });
});
