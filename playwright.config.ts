import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGUMENTS, chromiumPath } from './scripts/vscode/chromium.mjs';

/** A Chromium of the system where there is one, else the one that Playwright installed. */
const system = chromiumPath();

export default defineConfig({
  testDir: 'test/ui',
  outputDir: 'out/ui',
  fullyParallel: true,
  workers: 2,
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(system === undefined ? {} : { executablePath: system }),
      args: ['--headless', ...CHROMIUM_ARGUMENTS],
    },
  },
});
