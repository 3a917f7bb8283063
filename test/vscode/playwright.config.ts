import { defineConfig } from '@playwright/test';

// How long something takes is not checked, so nothing may depend on what else the computer does: src/runtime/clock.ts.
process.env['CALIPER_CALM_CLOCK'] = '1';

/** The extension in a real VS Code, driven as a user would: one editor at a time, since all of them measure. */
export default defineConfig({
  testDir: '.',
  outputDir: '../../out/vscode',
  workers: 1,
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 60_000 },
});
