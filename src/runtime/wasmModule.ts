import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compileFunction } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';
import { InstallationError } from '../model/modelError';

/** What every module that Emscripten builds has. */
export interface WasmModule {
  /** The memory; another object after it grew. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

export interface WasmBuild {
  /** The npm package that it comes from. */
  readonly package: string;
  /** Name of the `.js` and the `.wasm` file. */
  readonly name: string;
  /** Global function of the `.js` file that makes the module. */
  readonly factory: string;
}

/** Beside the bundles lies a copy of all builds: `scripts/build.mjs`. */
const SHIPPED = join(__dirname, 'wasm');

/**
 * Builds with threads start workers from their own `.js` file, which their package declares to be another kind of
 * script. They are not shipped where native code runs the models.
 */
export function threadsCanStart(name: string): boolean {
  return existsSync(join(SHIPPED, `${name}.js`));
}

/** Starts an engine that was compiled to WebAssembly. `print` is given every line that it writes to either stream. */
export async function loadWasm<M extends WasmModule>(
  build: WasmBuild,
  print: (line: string) => void,
): Promise<M> {
  // V8's first compiler is quick and its code slow. It is replaced function by function while a model runs, which
  // shows in the first hundred runs; starting takes some seconds longer without it.
  setFlagsFromString('--no-liftoff');
  const script = join(folderOf(build), `${build.name}.js`);
  const source = `${read(script)}\nreturn ${build.factory};`;
  const parameters = ['require', 'module', 'exports', '__filename', '__dirname'];
  const module = { exports: {} };
  const factory: (settings: object) => Promise<M> = compileFunction(source, parameters, {
    filename: script,
  })(createRequire(script), module, module.exports, script, dirname(script));
  return factory({
    wasmBinary: readBinary(join(folderOf(build), `${build.name}.wasm`)),
    mainScriptUrlOrBlob: script,
    print,
    printErr: print,
  });
}

/** Shipped builds are compressed: scripts/package.mjs. */
function readBinary(file: string): Buffer {
  const compressed = `${file}.br`;
  return existsSync(compressed) ? brotliDecompressSync(read(compressed)) : read(file);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw InstallationError.of(basename(file), error);
  }
}

function folderOf(build: WasmBuild): string {
  if (existsSync(SHIPPED)) return SHIPPED;
  return join(dirname(createRequire(__filename).resolve(`${build.package}/package.json`)), 'wasm');
}

/** Copies bytes into the module's memory. The caller frees them. */
export function place(module: WasmModule, bytes: Uint8Array): number {
  const address = module._malloc(bytes.length);
  if (address === 0) throw new Error('The engine has no memory left.');
  module.HEAPU8.set(bytes, address);
  return address;
}
