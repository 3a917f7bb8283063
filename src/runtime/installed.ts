import { createRequire } from 'node:module';
import type { LiteRtPlaces } from '../protocol/options';
import { LITERT_WASM, nativeLiteRt, onThisComputer, TFJS_TFLITE } from './engineNames';
import { findLibraries } from './litertNative/findLibrary';

/**
 * What reports call the engines that run a format's models here now, as far as that is known without running one; null:
 * it is not. A figure of any other engine cannot be measured again as it was.
 */
export function installedEngines(format: string, places: LiteRtPlaces): string[] | null {
  if (format === 'onnx') return [`ONNX Runtime ${installedVersion('onnxruntime-node')}`];
  // Core ML's version is the system's.
  if (format !== 'tflite') return null;
  return [
    ...findLibraries(places).map(({ path, ...found }) => nativeLiteRt({ ...found, library: path })),
    ...[LITERT_WASM, TFJS_TFLITE].map(onThisComputer),
  ];
}

function installedVersion(name: string): string {
  return createRequire(__filename)(`${name}/package.json`).version;
}
