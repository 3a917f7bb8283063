import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE } from '../../test/unit/support';
import { engineFor } from './engines';
import { installedEngines } from './installed';
import { libraryName } from './litertNative/findLibrary';

const NOWHERE = { library: null, environments: [] };
const folder = mkdtempSync(join(tmpdir(), 'caliper-installed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the engines that are installed', () => {
  it.each([
    ['onnx', SAMPLE],
    ['tflite', SAMPLE_TFLITE],
  ])('are called as reports of %s models call what ran them', async (format, path) => {
    const engine = engineFor(format);
    await (await engine.load(path, { threads: 1 })).close();
    expect(installedEngines(format, NOWHERE)).toContain(engine.name);
  });

  it.skipIf(libraryName() === null)('begin with the library that would be chosen', () => {
    const packages = join(folder, 'lib/python3.12/site-packages');
    mkdirSync(join(packages, 'ai_edge_litert'), { recursive: true });
    writeFileSync(join(packages, 'ai_edge_litert', libraryName() ?? ''), '');
    mkdirSync(join(packages, 'ai_edge_litert-2.2.0.dist-info'));
    if (process.platform === 'win32')
      cpSync(packages, join(folder, 'Lib/site-packages'), { recursive: true });
    const names = installedEngines('tflite', { library: null, environments: [folder] });
    expect(names).toContain('LiteRT 2.2.0 (native, of the Python environment)');
    expect(installedEngines('tflite', { library: '/opt/libLiteRt.so', environments: [] })?.[0]).toBe(
      'LiteRT (native, libLiteRt.so)',
    );
  });

  it('are not known of Core ML, whose version is the system’s', () => {
    expect(installedEngines('coreml', NOWHERE)).toBeNull();
  });
});
