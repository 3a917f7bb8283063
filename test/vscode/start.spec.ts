import type { Locator, Page } from '@playwright/test';
import { expect, openFile, pick, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

// An editor of its own, in which nobody has opened a model yet.
test.use({ options: { development: ROOT } });

const WALKTHROUGH = 'Get Started With Model Caliper';

test('the view welcomes whoever has opened nothing, and leads to the sample', async ({
  page,
  bench: { screenshot },
}) => {
  const sidebar = await showView(page);
  await expect(sidebar.getByRole('button', { name: 'Inspect a Model' })).toBeVisible();
  await screenshot('view-welcome');
  await sidebar.getByRole('button', { name: 'Open the Sample Model' }).click();
  await expect(webview(page).getByRole('heading', { name: SAMPLE })).toBeVisible();
  await expect(sidebar.getByRole('treeitem', { name: new RegExp(`^${SAMPLE}`) })).toBeVisible();
});

test('lists variants under their model, and compares them', async ({ page, bench: { screenshot } }) => {
  await openFile(page, 'shapes_mobilenetv2.tflite');
  const sidebar = await showView(page);
  const model = sidebar.getByRole('treeitem', { name: /^shapes_mobilenetv2\.tflite/ });
  await model.locator('.monaco-tl-twistie').click();
  const variant = sidebar.getByRole('treeitem', { name: `${SAMPLE}, variant` });
  await expect(variant).toBeVisible();
  // Its button is there while the pointer is on it, and rows move while others are found.
  await expect(async () => {
    await variant.hover({ timeout: 5_000 });
    await screenshot('view-models');
    await variant.getByRole('button', { name: 'Compare With the Model' }).click({ timeout: 5_000 });
  }).toPass();
  await expect(page.getByRole('tab', { name: /↔/ })).toBeVisible();
  await expect(webview(page).getByRole('heading', { level: 1 })).toHaveText(/the same layers in two formats/);
});

test('lists where models can be measured', async ({ page, bench: { screenshot } }) => {
  const sidebar = await showView(page);
  await sidebar.getByRole('button', { name: 'Devices Section' }).click();
  await expect(sidebar.getByRole('treeitem', { name: /computer/i })).toBeVisible();
  await screenshot('view-devices');
});

test('a package is named after its folder', async ({ page }) => {
  await openFile(page, 'Manifest.json');
  await expect(page.locator('.tab.active')).toHaveText(/shapes_mobilenetv2\.mlpackage/);
});

test('the walkthrough leads through the sample', async ({ page, bench: { screenshot } }) => {
  await runCommand(page, 'Welcome: Open Walkthrough');
  await pick(page, WALKTHROUGH);
  const steps = page.locator('.gettingStartedDetailsContent');
  await expect(steps.getByRole('heading', { name: 'See what every layer costs' })).toBeVisible();
  await screenshot('walkthrough-open');
  for (const [title, button, picture] of [
    ['Measure how long it takes', 'Profile the Sample', 'profile'],
    ['Make it smaller', 'Quantize the Sample', 'quantize'],
    ['See what that changed', 'Compare the Two', 'compare'],
    ['Ask in the source', "Open the Sample's Source", 'hover'],
  ] as const) {
    await steps.getByRole('heading', { name: title }).click();
    await expect(steps.getByRole('button', { name: button })).toBeVisible();
    await screenshot(`walkthrough-${picture}`);
  }
  await steps.getByRole('button', { name: "Open the Sample's Source" }).click();
  await expect(page.locator('.tab.active')).toHaveText(/shapes_mobilenetv2\.py/);
  await expect(page.locator('.monaco-hover:visible').first()).toContainText(/parameters/i, {
    timeout: 60_000,
  });
  await screenshot('walkthrough-source');
});

test('a key finds, copies and says so', async ({ page }) => {
  await openFile(page, SAMPLE);
  const frame = webview(page);
  await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
  await frame.getByRole('treegrid', { name: 'Layers' }).focus();
  await page.keyboard.press('/');
  await page.keyboard.type('op:gemm');
  await expect(frame.getByText('1 of 169 layers')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(frame.getByRole('region', { name: 'Details of the layer' })).toContainText('Gemm');
  await frame.getByRole('treegrid', { name: 'Layers' }).focus();
  await page.keyboard.press('Control+C');
  await expect(frame.getByText('Copied the row')).toBeVisible();
});

/** A click on the container that is shown already would hide it. */
async function showView(page: Page): Promise<Locator> {
  const tab = page.locator('.activitybar').getByRole('tab', { name: 'Model Caliper' });
  await expect(async () => {
    if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.click();
    await expect(tab).toHaveAttribute('aria-expanded', 'true', { timeout: 5_000 });
  }).toPass();
  return page.locator('.part.sidebar');
}
