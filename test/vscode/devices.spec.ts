import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { AdbStandIn, operatorsCsv } from '../devices/standIn';
import { expect, openFile, ROOT, test, webview } from './workbench';

const MODEL = 'shapes_mobilenetv2.tflite';
const phone = new AdbStandIn();

test.use({
  options: {
    development: ROOT,
    settings: { 'caliper.runs': 3 },
    machineSettings: { 'caliper.adb': phone.adb, 'caliper.benchmarkModel': phone.benchmarkModel },
  },
});
test.describe.configure({ mode: 'serial' });
test.afterAll(() => phone.remove());

function picker(page: Page) {
  return webview(page).locator('caliper-device-picker').getByRole('button').first();
}

function latency(page: Page) {
  return webview(page).getByRole('region', { name: 'Latency' });
}

async function choose(page: Page, device: string): Promise<void> {
  await picker(page).click();
  await webview(page).getByRole('menuitemcheckbox', { name: device }).click();
  await expect(picker(page)).toContainText(device);
}

async function profile(page: Page): Promise<void> {
  await webview(page).getByRole('button', { name: 'Profile Latency' }).click();
}

/** Every layer by a kernel of its own. */
function kernels(model: string): string {
  const report = execFileSync(process.execPath, [
    path.join(ROOT, 'dist', 'cli.js'),
    'inspect',
    model,
    '--json',
  ]);
  const nodes: { op: string; outputs: { name: string }[] }[] = JSON.parse(report.toString()).layers;
  const work = (index: number) => 1 + ((index * 7) % 11);
  const whole = nodes.reduce((sum, _, index) => sum + work(index), 0);
  return operatorsCsv(
    nodes.map(({ op, outputs }, index) => ({
      type: op,
      name: `[${outputs.map((output) => output.name).join(', ')}]:${index}`,
      ms: (12 * work(index)) / whole,
    })),
  );
}

test('a phone is chosen on the page and measured on', async ({ page, folder, bench: { screenshot } }) => {
  // A workspace must not name programs that are run.
  const trap = path.join(folder, 'trap');
  writeFileSync(path.join(folder, 'adb'), `#!/bin/sh\ntouch '${trap}'\n`, { mode: 0o755 });
  mkdirSync(path.join(folder, '.vscode'));
  const settings = {
    'caliper.adb': path.join(folder, 'adb'),
    'caliper.benchmarkModel': path.join(folder, 'adb'),
  };
  writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  phone.setOperators(kernels(path.join(folder, MODEL)));
  await openFile(page, MODEL);
  await picker(page).click();
  await expect(webview(page).getByRole('menuitemcheckbox', { name: /Pixel 8/ })).toContainText('Tensor G3');
  await screenshot('devices-picker');
  await webview(page)
    .getByRole('menuitemcheckbox', { name: /Pixel 8/ })
    .click();
  await expect(picker(page)).toContainText('Pixel 8');
  await profile(page);
  await expect(latency(page)).toContainText('on Pixel 8');
  await expect(latency(page)).toContainText('LiteRT benchmark_model, XNNPACK');
  await expect(webview(page).getByRole('columnheader', { name: 'Latency, Pixel 8' })).toBeVisible();
  expect(phone.left).toEqual([]);
  expect(existsSync(trap)).toBe(false);
});

test('this computer’s latency stands beside the phone’s', async ({ page, bench: { screenshot } }) => {
  await choose(page, 'This computer');
  await profile(page);
  await expect(latency(page)).toContainText('on this computer');
  await expect(latency(page)).toContainText(/Pixel 8: 12\.\d+ ms/);
  const header = (name: string) => webview(page).getByRole('columnheader', { name, exact: true });
  await expect(header('Latency, this computer')).toHaveCount(1);
  await expect(header('Latency, Pixel 8')).toHaveCount(1);
  await screenshot('devices');
});

test('a cancelled measurement leaves the phone as it was', async ({ page }) => {
  phone.set({ failure: 'hang' });
  await choose(page, 'Pixel 8');
  await profile(page);
  await expect.poll(() => existsSync(phone.file('running')), { timeout: 60_000 }).toBe(true);
  await webview(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(webview(page).getByRole('button', { name: 'Profile Latency' })).toBeEnabled();
  await expect.poll(() => phone.left).toEqual([]);
});

test('the page remembers the device, and says why it is gone', async ({ page, bench: { screenshot } }) => {
  phone.set({ devices: [] });
  await page
    .getByRole('tab', { name: MODEL })
    .getByLabel(/^Close/)
    .click();
  await openFile(page, MODEL);
  await expect(picker(page)).toContainText('Pixel 8');
  await profile(page);
  await expect(webview(page).getByText(/is not connected to adb: plug it in/)).toBeVisible();
  await screenshot('devices-gone');
});
