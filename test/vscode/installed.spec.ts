import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { packageFor } from '../../scripts/package.mjs';
import { installExtension, makeState } from '../../scripts/vscode/server.mjs';
import { withWorkbench } from '../../scripts/vscode/workbench.mjs';
import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

test('the packaged extension reads and runs a model', async ({ folder }) => {
  const vsix = await packageFor(`${process.platform}-${process.arch}`);
  const state = makeState();
  const extensions = path.join(state, 'extensions');
  await installExtension(vsix, state, extensions);
  rmSync(vsix);
  const [installed] = readdirSync(extensions).filter((name) => name.startsWith('model-caliper'));
  // Images are decoded by the other native package, which profiling does not use.
  const loaded = spawnSync(process.execPath, ['-e', `require('sharp')`], {
    cwd: path.join(extensions, installed ?? ''),
    encoding: 'utf8',
  });
  expect(loaded.stderr).toBe('');
  const screenshots = path.join(ROOT, 'out', 'screenshots');
  await withWorkbench({ folder, state, extensions, screenshots }, async ({ page, screenshot }) => {
    await openFile(page, SAMPLE);
    const frame = webview(page);
    await expect(frame.getByText('Conv', { exact: true }).first()).toBeVisible();
    // The native code in the package is what this is about.
    await runCommand(page, 'Model Caliper: Profile Latency');
    await expect(frame.getByText('ONNX Runtime').first()).toBeVisible({ timeout: 120_000 });
    await screenshot('installed');
  });
});
