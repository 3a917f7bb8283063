import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { loadWasm, type WasmModule } from './wasmModule';

const folder = mkdtempSync(join(tmpdir(), 'caliper-wasm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, 'wasm'));
writeFileSync(join(folder, 'package.json'), '{}');

/** What the engine's script is given. */
type Settings = WasmModule & { wasmBinary: Buffer };

it.each([
  ['as a package has it', (bytes: Buffer) => ['.wasm', bytes] as const],
  ['compressed, as it is shipped', (bytes: Buffer) => ['.wasm.br', brotliCompressSync(bytes)] as const],
])('gives an engine its code %s', async (_, stored) => {
  const code = Buffer.from('\0asm and more of it, and more of it');
  const name = `engine${stored(code)[0].length}`;
  const [ending, bytes] = stored(code);
  writeFileSync(join(folder, 'wasm', `${name}.js`), 'const make = async (settings) => settings;');
  writeFileSync(join(folder, 'wasm', `${name}${ending}`), bytes);
  const { wasmBinary } = await loadWasm<Settings>({ package: folder, name, factory: 'make' }, () => {});
  expect(wasmBinary.equals(code)).toBe(true);
});
