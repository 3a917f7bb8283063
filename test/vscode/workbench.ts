import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** What is inside the page in front. While one takes the place of another, both are there; the newer one is meant. */
export function webview(page: Page): FrameLocator {
  const pages = page.locator('iframe.webview.ready:visible');
  return pages.last().contentFrame().locator('#active-frame').contentFrame();
}

/** Opens a file by its name, and waits until it is in front. */
export async function openFile(page: Page, name: string): Promise<void> {
  await choose(page, 'Control+P', name, name);
  await expect(page.locator('.tab.active')).toHaveAttribute('data-resource-name', name);
}

/** Opens a text at a place, both counted from 1, and waits until the cursor is there. */
export async function goTo(page: Page, name: string, line: number, column: number): Promise<void> {
  await choose(page, 'Control+P', `${name}:${line}:${column}`, name);
  await expect(page.locator('.tab.active')).toHaveAttribute('data-resource-name', name);
  await expectCursor(page, `Ln ${line}, Col ${column}`);
}

/** Where the cursor of the text in front is, which has the keyboard. */
export async function expectCursor(page: Page, place: string): Promise<void> {
  await expect(page.locator('.monaco-editor.focused')).toBeVisible();
  await expect(page.locator('.statusbar').getByText(place)).toBeVisible();
}

/** Asks for the hover at a place of a text until it says this: what it tells of may only just be looked for. */
export async function hoverAt(
  page: Page,
  [name, line, column]: readonly [name: string, line: number, column: number],
  text: string | RegExp,
): Promise<Locator> {
  const shown = page.locator('.monaco-hover:not(.hidden)').filter({ hasText: text }).first();
  await expect(async () => {
    // One that is shown already may be of another place.
    await page.keyboard.press('Escape');
    await goTo(page, name, line, column);
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+I');
    await expect(shown).toBeVisible({ timeout: 5_000 });
  }).toPass();
  return shown;
}

/** Runs a command of the palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await choose(page, 'F1', `>${title}`, title);
}

/** Takes the row that what is typed after a key leads to. */
export async function choose(page: Page, key: string, text: string, row: string): Promise<void> {
  const input = page.locator('.quick-input-widget:visible input');
  const wanted = page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: row });
  for (let attempt = 0; attempt < 10; attempt++) {
    await page.keyboard.press(key);
    if (await appears(input, 5_000)) {
      // What is typed while it opens is lost.
      const found = expect(async () => {
        if ((await input.inputValue({ timeout: 500 })) !== text) await input.fill(text, { timeout: 500 });
        await expect(wanted).toBeVisible({ timeout: 500 });
      }).toPass({ timeout: 10_000 });
      if (await succeeds(found)) {
        await input.press('Enter', { timeout: 5_000 }).catch(() => {});
        const taken = expect(async () => {
          if (await input.isVisible()) expect(await input.inputValue({ timeout: 500 })).not.toBe(text);
        }).toPass({ timeout: 10_000 });
        if (await succeeds(taken)) return;
      }
    }
    await page.keyboard.press('Escape');
  }
  throw new Error(`The quick input never offered ${row}.`);
}

/** A row of the list that a command shows. */
export function menuRow(page: Page, row: string): Locator {
  return page.locator('.quick-input-list .monaco-list-row').filter({ hasText: row }).first();
}

/** Takes a row of the list that a command shows, and waits until that list is gone: the next may have such a row too. */
export async function pick(page: Page, row: string): Promise<void> {
  const wanted = menuRow(page, row);
  await expect(async () => {
    const element = await wanted.evaluateHandle((row) => row, undefined, { timeout: 5_000 });
    const text = await element.evaluate((row) => row.textContent);
    // A list takes no click in the moment in which it opens.
    await element.click({ timeout: 5_000 });
    // The editor uses the elements of a list for the next one.
    await expect
      .poll(() => element.evaluate((row) => (row.checkVisibility() ? row.textContent : null)), {
        timeout: 10_000,
      })
      .not.toBe(text);
  }).toPass();
}

/** Ticks a row of a list in which several can be chosen. */
export async function tick(page: Page, row: string): Promise<void> {
  const wanted = menuRow(page, row);
  await expect(async () => {
    if ((await wanted.getAttribute('aria-checked')) !== 'true') await wanted.click({ timeout: 5_000 });
    await expect(wanted).toHaveAttribute('aria-checked', 'true', { timeout: 5_000 });
  }).toPass();
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
    for (const item of items) await item.click({ timeout: 5_000 });
    for (const item of items) await expect(item).toHaveCount(0, { timeout: 5_000 });
  }).toPass();
}

/** Answers the editor's dialog for a file or folder. */
export async function answerDialog(page: Page, path: string): Promise<void> {
  const ok = page.getByRole('button', { name: 'OK', exact: true });
  // Menus are shown in the same place, without the button.
  const dialog = page.locator('.quick-input-widget:visible').filter({ has: ok });
  const input = dialog.locator('input');
  const isReading = dialog.locator('.monaco-progress-container.active');
  await expect(async () => {
    // While it reads a folder it writes into its input itself.
    await expect(isReading).toHaveCount(0, { timeout: 5_000 });
    await input.fill(path, { timeout: 5_000 });
    // It begins to read what was typed a moment later, which nothing tells; until then it would give the folder before.
    await page.waitForTimeout(1_000);
    await expect(isReading).toHaveCount(0, { timeout: 5_000 });
    expect(await input.inputValue({ timeout: 5_000 })).toContain(path);
    await dialog.locator(ok).click({ timeout: 5_000 });
    await expect(dialog).toHaveCount(0, { timeout: 10_000 });
  }).toPass();
}

/** By the editor's own command, because it keeps the state of pages, which the browser's does only now and then. */
export async function reloadWindow(page: Page): Promise<void> {
  const reloaded = page.waitForEvent('load', { timeout: 120_000 });
  await runCommand(page, 'Developer: Reload Window');
  await reloaded;
  await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 120_000 });
}

/** By the folder's settings, which the editor reads again when they change. `kind`: the class that the workbench has then. */
export async function useTheme(page: Page, folder: string, theme: string, kind: string): Promise<void> {
  mkdirSync(path.join(folder, '.vscode'), { recursive: true });
  const settings = JSON.stringify({ 'workbench.colorTheme': theme });
  writeFileSync(path.join(folder, '.vscode', 'settings.json'), settings);
  await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
}

function appears(locator: Locator, timeout: number): Promise<boolean> {
  return succeeds(locator.first().waitFor({ timeout }));
}

function succeeds(done: Promise<unknown>): Promise<boolean> {
  return done.then(
    () => true,
    () => false,
  );
}
