// A VS Code workbench in a headless browser: opened, handed over, and closed whatever happens.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, chromiumPath } from './chromium.mjs';
import { makeState, remote, startServer, workbenchAddress } from './server.mjs';

/** The workbench is up in 4 s on an idle machine; busy ones take much longer. */
const READY_LIMIT = 120_000;

/**
 * @param {object} options those of `startServer`, and
 * @param {string} options.folder to open
 * @param {string} [options.development] folder of the extension to run from its sources
 * @param {string} [options.tests] module with a function `run`, run inside the extension host
 * @param {Record<string, string>} [options.env] environment of the extension host
 * @param {(bench: { page: import('@playwright/test').Page, exited: Promise<number>, address: string, screenshot: (name: string) => Promise<void> }) => Promise<T>} use
 * @template T
 */
export async function withWorkbench(
  { folder, development, tests, env = {}, screenshots, ...serverOptions },
  use,
) {
  const state = serverOptions.state ?? makeState();
  const server = await startServer({ ...serverOptions, state, driver: development !== undefined });
  let context;
  let failed = false;
  try {
    context = await chromium.launchPersistentContext(path.join(state, 'browser'), {
      executablePath: chromiumPath(),
      headless: true,
      viewport: { width: 1440, height: 900 },
      args: CHROMIUM_ARGUMENTS,
      // The editor's menus, hovers and pictures are there at once: what is clicked does not move.
      reducedMotion: 'reduce',
    });
    const page = context.pages()[0] ?? (await context.newPage());
    const exited = listenForExit(page, tests !== undefined);
    const { address } = server;
    const payload = [
      ...(development ? [['extensionDevelopmentPath', remote(address, development)]] : []),
      ...(tests ? [['extensionTestsPath', remote(address, tests)]] : []),
      ...(Object.keys(env).length > 0 ? [['extensionEnvironment', JSON.stringify(env)]] : []),
    ];
    await page.goto(workbenchAddress(address, path.resolve(folder), payload));
    await page.waitForSelector('.monaco-workbench .part.statusbar', { timeout: READY_LIMIT });
    // Before this a model would open as text, because nobody has said yet that there is an editor for it. An extension that
    // runs on the server may be told of after others have been loaded: its view is there when its editors are.
    const extensionsLoaded = () => performance.getEntriesByName('code/didLoadExtensions').length > 0;
    if (!tests) {
      await page.waitForFunction(extensionsLoaded, undefined, { timeout: READY_LIMIT });
      await page.getByRole('tab', { name: 'Model Caliper' }).waitFor({ timeout: READY_LIMIT });
    }
    const screenshot = async (name) => {
      if (screenshots === undefined) return;
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: path.join(screenshots, `${name}.png`) });
    };
    return await use({ page, exited: await exited, address, screenshot });
  } catch (error) {
    failed = true;
    await context
      ?.pages()[0]
      ?.screenshot({ path: path.join(state, 'failed.png') })
      .catch(() => {});
    console.error(`What the editor showed and logged is kept in ${state}`);
    throw error;
  } finally {
    await context?.close().catch(() => {});
    await server.stop({ keepState: failed });
  }
}

/** Tests in the extension host report through functions of the page. */
async function listenForExit(page, print) {
  let finish;
  const exited = new Promise((resolve) => {
    finish = resolve;
  });
  await page.exposeFunction('codeAutomationLog', (_type, args) => {
    if (print && process.env.VSCODE_LOG) console.log(...args);
  });
  await page.exposeFunction('codeAutomationExit', (code) => finish(code));
  // Wrapped, because awaiting this function must not await the end of the tests.
  return { code: exited };
}

/** Runs a module of tests in the extension host; the result is its exit code. */
export async function runExtensionTests(options) {
  const limit = options.limit ?? 600_000;
  return withWorkbench(options, async ({ exited }) => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The tests did not end within ${limit / 1000} s`)), limit);
    });
    try {
      return await Promise.race([exited.code, late]);
    } finally {
      clearTimeout(timer);
    }
  });
}
