import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, runCommand, webview } from './workbench';

/** A command that does no harm; any other could stand in a name. */
const COMMAND = 'command:workbench.action.toggleSidebarVisibility';

/** What was told. The driver hides pop-ups; the list of notifications has them all. */
export async function notifications(page: Page): Promise<Locator> {
  const center = page.locator('.notifications-center');
  // One that comes just then opens it, and the click shuts it.
  await expect(async () => {
    if (!(await center.isVisible())) await page.locator('[id="status.notifications"]').click();
    await expect(center).toBeVisible({ timeout: 3_000 });
  }).toPass();
  return center;
}

/** A link with a command is shown as the text that it is. */
export async function expectText(page: Page, label: string): Promise<void> {
  const list = await notifications(page);
  await expect(list.getByText(`[${label}](${COMMAND})`).first()).toBeVisible();
  await expect(list.locator('.notification-list-item-message a')).toHaveCount(0);
  await expect(page.locator(`a[href="${COMMAND}"], a[data-href="${COMMAND}"]`)).toHaveCount(0);
}

/** Opens a damaged file whose name is a link, and asks for something that makes the editor tell of it. */
export async function tellOfFile(page: Page, folder: string, label: string): Promise<void> {
  writeFileSync(path.join(folder, `[${label}](${COMMAND}).onnx`), 'This is no model.');
  await page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: COMMAND }).dblclick();
  await expect(webview(page).getByText('is not a model').first()).toBeVisible();
  await runCommand(page, 'Model Caliper: Export Layers as CSV');
}
