import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where things of this project lie that tests and measurements use. */

export const SAMPLE = resolve('models/shapes_mobilenetv2.onnx');

/** The same network, channels last. */
export const SAMPLE_TFLITE = resolve('models/shapes_mobilenetv2.tflite');

const NAMES: Readonly<Record<string, string>> = {
  linux: 'libLiteRt.so',
  darwin: 'libLiteRt.dylib',
  win32: 'libLiteRt.dll',
};

/** LiteRT's own library, which `npm test` puts beside the bundles where pip is there; null: tests go without. */
export function nativeLibrary(): string | null {
  const folder = resolve('dist/litert');
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  const paths = versions.map((version) => resolve(folder, version, NAMES[process.platform] ?? ''));
  return paths.find((path) => existsSync(path)) ?? null;
}
