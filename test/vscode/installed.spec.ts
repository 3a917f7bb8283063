import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { packageFor } from '../../scripts/package.mjs';
import { installExtension, makeState } from '../../scripts/vscode/server.mjs';
import { withWorkbench } from '../../scripts/vscode/workbench.mjs';
import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

// It is packaged first, which takes minutes on a busy computer.
test.setTimeout(900_000);

test('the packaged extension reads and runs a model', async ({ folder }) => {
  const vsix = await packageFor(`${process.platform}-${process.arch}`);
  const state = makeState();
  const extensions = path.join(state, 'extensions');
  await installExtension(vsix, state, extensions);
  rmSync(vsix);
  const [installed] = readdirSync(extensions).filter((name) => name.startsWith('model-caliper'));
  // The other native packages: LiteRT's library is called by one, images are decoded by one, as jobs load them.
  const node = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: path.join(extensions, installed ?? ''), encoding: 'utf8' });
  expect(node('-e', `require('koffi')`).stderr).toBe('');
  const command = path.join(extensions, installed ?? '', 'dist', 'cli.js');
  copyFileSync(path.join(ROOT, 'dist', 'cli.js'), command);
  const model = path.join(ROOT, 'models', SAMPLE);
  const images = path.join(ROOT, 'models', 'shapes', 'calibration');
  const compared = node(command, 'compare', model, model, '--data', images, '--no-measure', '--json');
  rmSync(command);
  expect(compared.stderr).toBe('');
  expect(JSON.parse(compared.stdout)).toMatchObject({ accuracy: { identical: true } });
  // What is stored in fewer bytes there is the same.
  const wasm = path.join(extensions, installed ?? '', 'dist', 'wasm');
  const compressed = readdirSync(wasm).filter((name) => name.endsWith('.br'));
  expect(compressed.length).toBeGreaterThan(0);
  for (const name of compressed) {
    const code = brotliDecompressSync(readFileSync(path.join(wasm, name)));
    expect(code.equals(readFileSync(path.join(ROOT, 'dist', 'wasm', path.parse(name).name))), name).toBe(
      true,
    );
  }
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
