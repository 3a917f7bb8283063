import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { type Workbench, type WorkbenchOptions, withWorkbench } from '../../scripts/vscode/workbench.mjs';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const SAMPLE = 'shapes_mobilenetv2.onnx';

interface WorkerFixtures {
  /** How the editor is started; every file of tests may say otherwise. */
  options: Partial<WorkbenchOptions>;
  /** A folder with copies of the samples, since tests write beside them. */
  folder: string;
  bench: Workbench;
}

/** Tests of one file share an editor. */
export const test = base.extend<{ page: Page }, WorkerFixtures>({
  page: async ({ bench: { page } }, use, info) => {
    await use(page);
    if (info.status !== info.expectedStatus) await page.screenshot({ path: info.outputPath('failed.png') });
  },
  options: [{ development: ROOT }, { option: true, scope: 'worker' }],
  folder: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern.
    async ({}, use) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'model-caliper-folder-'));
      cpSync(path.join(ROOT, 'models'), folder, { recursive: true });
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  bench: [
    async ({ options, folder }, use) => {
      const screenshots = path.join(ROOT, 'out', 'screenshots');
      await withWorkbench({ folder, screenshots, ...options }, use);
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

export { expect } from '@playwright/test';

/** What is inside the page in front. */
export function webview(page: Page): FrameLocator {
  return page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
}

/** Opens a file by its name. */
export async function openFile(page: Page, name: string): Promise<void> {
  await choose(page, 'Control+P', name, name);
}

/** Opens a text at a place, both counted from 1. */
export async function goTo(page: Page, name: string, line: number, column: number): Promise<void> {
  await choose(page, 'Control+P', `${name}:${line}:${column}`, name);
}

/** Runs a command of the palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await choose(page, 'F1', `>${title}`, title);
}

/** The quick input loses what is typed while it is still opening, so it is looked at and typed again. */
async function choose(page: Page, key: string, text: string, row: string): Promise<void> {
  const input = page.locator('.quick-input-widget:visible input');
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.keyboard.press(key);
    await input.waitFor({ timeout: 5_000 }).catch(() => {});
    if (!(await input.isVisible())) continue;
    await page.waitForTimeout(200);
    // It may have gone again since it was looked at.
    await input.fill(text, { timeout: 5_000 }).catch(() => {});
    const wanted = page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: row });
    if (await appears(wanted, 5_000)) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('Escape');
    await page.waitForTimeout(300);
  }
  throw new Error(`The quick input never offered ${row}.`);
}

/** A row of the list that a command shows. */
export function menuRow(page: Page, row: string): Locator {
  return page.locator('.quick-input-list .monaco-list-row').filter({ hasText: row }).first();
}

/** Takes a row of the list that a command shows. */
export async function pick(page: Page, row: string): Promise<void> {
  await menuRow(page, row).waitFor({ timeout: 60_000 });
  await page.waitForTimeout(200);
  await menuRow(page, row).click();
}

/** A file in the explorer. */
export function inExplorer(page: Page, file: string): Locator {
  return page.locator('.explorer-viewlet .monaco-list-row').filter({ hasText: file }).first();
}

/** By rows of the explorer's menu, one in the menu of the one before, on a file and whatever is selected with it. */
export async function chooseInExplorer(page: Page, file: string, ...titles: string[]): Promise<void> {
  const items = titles.map((title) => page.getByRole('menuitem', { name: title, exact: true }));
  // A menu takes no click in the moment in which it opens.
  await expect(async () => {
    // Menus in menus are shut one by one; without one it would end the selection.
    for (const _ of titles)
      if ((await page.getByRole('menu').count()) > 0) await page.keyboard.press('Escape');
    await inExplorer(page, file).click({ button: 'right' });
    for (const item of items) await item.click({ timeout: 2_000 });
    for (const item of items) await expect(item).toHaveCount(0, { timeout: 2_000 });
  }).toPass();
}

/** Answers the editor's dialog for a file or folder. */
export async function answerDialog(page: Page, path: string): Promise<void> {
  const input = page.locator('.quick-input-widget:visible input');
  await input.waitFor();
  await page.waitForTimeout(500);
  await input.fill(path);
  await page.waitForTimeout(500);
  await page.locator('.quick-input-widget:visible').getByRole('button', { name: 'OK' }).click();
}

async function appears(locator: Locator, timeout: number): Promise<boolean> {
  return locator
    .first()
    .waitFor({ timeout })
    .then(
      () => true,
      () => false,
    );
}
