import { type Browser, chromium, type Page } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../scripts/vscode/chromium.mjs';

/** The browser that measures, with an empty page. */
export async function openBrowser(): Promise<{ browser: Browser; page: Page }> {
  const executablePath = chromiumPath();
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--headless', ...CHROMIUM_ARGUMENTS],
  });
  return { browser, page: await browser.newPage({ viewport: { width: 1400, height: 900 } }) };
}

/** Milliseconds that all processes of the browser have worked: pages, their workers and what paints them. */
export async function browserCpuMs(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return 1000 * processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}
