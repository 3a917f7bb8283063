import { basename } from 'node:path';
import type { EngineReport } from '../protocol/reports';

/** How reports call the engines of TensorFlow Lite models, with their versions. */

export const LITERT_WASM_VERSION = '2.5.3';
/** LiteRT as it runs in a browser. */
export const LITERT_WASM = `LiteRT (WebAssembly) ${LITERT_WASM_VERSION}`;

export const TFJS_TFLITE_VERSION = '0.0.1-alpha.10';
/** TensorFlow Lite of 2023. */
export const TFJS_TFLITE = `TensorFlow Lite (WebAssembly), tfjs-tflite ${TFJS_TFLITE_VERSION}`;

/** Figures of WebAssembly hold for the computer that they are from. */
export function onThisComputer(engine: string): string {
  return `${engine}, this computer`;
}

/** LiteRT's own library; null: nothing says its version. */
export function liteRtName(version: string | null): string {
  return version === null ? 'LiteRT' : `LiteRT ${version}`;
}

/** The same with where it came from. */
export function nativeLiteRt({
  version,
  library = '',
  from,
}: Pick<EngineReport, 'version' | 'library' | 'from'>): string {
  return `${liteRtName(version)} (native, ${originOf(library, from)})`;
}

function originOf(library: string, from: EngineReport['from']): string {
  switch (from) {
    case 'shipped':
      return 'shipped with Model Caliper';
    case 'python':
      return 'of the Python environment';
    default:
      return basename(library);
  }
}
