import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import sharp from 'sharp';
import { packageFor } from '../../scripts/package.mjs';
import { installExtension, makeState } from '../../scripts/vscode/server.mjs';
import { withWorkbench } from '../../scripts/vscode/workbench.mjs';
import { expect, openFile, ROOT, runCommand, SAMPLE, test, webview } from './workbench';

// It is packaged first, which takes minutes on a busy computer.
test.setTimeout(900_000);

const pixels = (file: string) => sharp(file).raw().toBuffer();

test('the packaged extension reads and runs a model', async ({ folder }) => {
  const vsix = await packageFor(`${process.platform}-${process.arch}`);
  const state = makeState();
  const extensions = path.join(state, 'extensions');
  await installExtension(vsix, state, extensions);
  rmSync(vsix);
  const [installed] = readdirSync(extensions).filter((name) => name.startsWith('model-caliper'));
  // The other native packages: images are decoded by one, LiteRT's library is called by one.
  const loaded = spawnSync(process.execPath, ['-e', `require('sharp'); require('koffi')`], {
    cwd: path.join(extensions, installed ?? ''),
    encoding: 'utf8',
  });
  expect(loaded.stderr).toBe('');
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
  const images = path.join('models', 'shapes', 'calibration');
  const pictures = readdirSync(path.join(ROOT, images), { recursive: true, encoding: 'utf8' });
  for (const name of pictures.filter((one) => one.endsWith('.png'))) {
    const stored = path.join(extensions, installed ?? '', images, name.replace(/png$/, 'webp'));
    const [before, after] = await Promise.all([path.join(ROOT, images, name), stored].map(pixels));
    expect(after, name).toEqual(before);
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
