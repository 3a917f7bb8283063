import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nativeLibrary, SAMPLE_TFLITE, scratchFolder } from '../../../test/unit/support';
import { engineThatRuns, useLiteRt } from '../engines';
import { litert } from '../litert';
import { chooseLiteRt } from './choice';
import { findLibraries, libraryName } from './findLibrary';
import { readLibraryFile } from './libraryFile';
import { whyUnusable } from './openFailure';

const folder = scratchFolder();
const NOWHERE = join(folder, 'nothing is shipped here');
const library = nativeLibrary();
const name = libraryName();

/** The shared library of another package: native code of this computer that is no LiteRT. */
const KOFFI = (() => {
  const at = createRequire(__filename).resolve(`@koromix/koffi-${process.platform}-${process.arch}`);
  return join(dirname(at), `${process.platform}_${process.arch}`, 'koffi.node');
})();

const written = (file: string, bytes: Uint8Array | string): string => {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};

function refusedAs(path: string): string {
  const { litert: open, refused } = chooseLiteRt({ library: path, environments: [] }, NOWHERE);
  expect(open).toBeNull();
  expect(refused).toHaveLength(1);
  return refused[0] ?? '';
}

afterEach(() => vi.unstubAllEnvs());

describe('a library that cannot be used', () => {
  it('is missing', () => {
    expect(refusedAs(join(folder, 'missing.so'))).toMatch(
      /missing\.so cannot be read \(ENOENT.*\): name another file\.$/,
    );
  });

  it('is text', () => {
    expect(refusedAs(written('text.so', 'no library'))).toMatch(
      /text\.so is no shared library: name libLiteRt/,
    );
    expect(refusedAs(written('empty.so', ''))).toMatch(/is no shared library/);
    expect(refusedAs(written('short.so', 'MZ'))).toMatch(/is no shared library/);
  });

  it.skipIf(process.platform !== 'linux')('is for another processor', () => {
    const bytes = readFileSync(KOFFI);
    bytes.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
    expect(refusedAs(written('other.so', bytes))).toMatch(
      /other\.so is made for Linux on (x64|arm64), not for Linux on (x64|arm64): name one that is\.$/,
    );
  });

  it.each([
    ['darwin on arm64', [0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1], 'macOS on arm64'],
    ['darwin on several', [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2], 'macOS'],
    [
      'an unknown processor',
      [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, ...Array(11).fill(0), 243, 0],
      'Linux on machine 243',
    ],
  ])('is for %s', (_, head, made) => {
    const path = written('foreign', Uint8Array.from(head));
    expect(whyUnusable(path, new Error('refused'), { platform: 'win32', arch: 'x64' })).toBe(
      `is made for ${made}, not for Windows on x64: name one that is.`,
    );
  });

  it('is for Windows', () => {
    const pe = Buffer.alloc(0x100);
    pe.write('MZ');
    pe.writeUInt32LE(0x80, 0x3c);
    pe.write('PE', 0x80);
    pe.writeUInt16LE(0xaa64, 0x84);
    expect(readLibraryFile(written('windows.dll', pe))).toEqual({ platform: 'win32', processor: 'arm64' });
  });

  it('is no LiteRT', () => {
    expect(refusedAs(KOFFI)).toMatch(
      /koffi\.node is no library of LiteRT: it lacks the functions of one\. Name/,
    );
  });

  it.skipIf(library === null)('is too old (with the real library)', () => {
    // The symbol that every version since 2.2.0 exports gets another name.
    const bytes = readFileSync(library ?? '');
    const symbol = Buffer.from('kLiteRtRuntimeBuiltin\0');
    for (let at = bytes.indexOf(symbol); at >= 0; at = bytes.indexOf(symbol, at + 1)) bytes.write('x', at);
    expect(refusedAs(written('old.so', bytes))).toMatch(
      /old\.so is older than version 2\.2\.0, .*: get a newer one \(pip install --upgrade ai-edge-litert\)\.$/,
    );
  });

  it.skipIf(library === null || process.platform !== 'linux')('lacks the C++ runtime', () => {
    // It asks the system for another file than libstdc++.
    const bytes = readFileSync(library ?? '');
    const needed = Buffer.from('libstdc++.so.6\0');
    for (let at = bytes.indexOf(needed); at >= 0; at = bytes.indexOf(needed, at + 1))
      bytes.write('9', at + 13);
    expect(refusedAs(written('runtime.so', bytes))).toMatch(
      /runtime\.so needs a C\+\+ runtime that this system lacks \(.*\): install or update libstdc\+\+/,
    );
  });

  it('lacks the C++ runtime of Windows', () => {
    const pe = Buffer.alloc(0x100);
    pe.write('MZ');
    pe.writeUInt32LE(0x80, 0x3c);
    pe.write('PE', 0x80);
    pe.writeUInt16LE(0x8664, 0x84);
    const said = new Error('Failed to load shared library: The specified module could not be found.');
    const path = written('litert.dll', pe);
    expect(whyUnusable(path, said, { platform: 'win32', arch: 'x64' })).toMatch(
      /Visual C\+\+ Redistributable/,
    );
  });

  it.skipIf(library === null || process.getuid?.() === 0)('must not be read', () => {
    const path = written('secret.so', 'x');
    chmodSync(path, 0);
    expect(refusedAs(path)).toMatch(/cannot be read \(EACCES/);
  });

  it('leaves WebAssembly, and the reason among the notes', async () => {
    const watch = async () => {};
    useLiteRt({ library: written('text.so', 'no library'), environments: [] }, watch);
    const engine = await engineThatRuns('tflite', [SAMPLE_TFLITE], 1);
    expect(engine.name).toBe(litert.name);
    expect(engine.notes?.at(-1)).toMatch(/text\.so is no shared library/);
  });
});

describe.skipIf(name === null)('a library is looked for', () => {
  const python = process.platform === 'win32' ? 'Lib' : 'lib/python3.11';
  const inEnvironment = (environment: string, version: string) => {
    written(
      join(environment, python, 'site-packages', `ai_edge_litert-${version}.dist-info`, 'METADATA'),
      '',
    );
    return written(join(environment, python, 'site-packages', 'ai_edge_litert', name ?? ''), '');
  };

  it('where the user says, then with the bundles, then in Python environments', () => {
    const shipped = join(folder, 'shipped');
    const own = written(join('shipped', '2.3.0', name ?? ''), '');
    const active = inEnvironment('active', '2.4.0');
    const other = inEnvironment('other', '2.2.0');
    vi.stubEnv('VIRTUAL_ENV', join(folder, 'active'));
    vi.stubEnv('CONDA_PREFIX', '');
    const environments = [join(folder, 'other'), join(folder, 'active'), join(folder, 'nowhere')];
    const found = findLibraries({ library: '/named.so', environments }, shipped);
    expect(found.map(({ path, version, from }) => [path, version, from])).toEqual([
      ['/named.so', null, 'named'],
      [own, '2.3.0', 'shipped'],
      [active, '2.4.0', 'python'],
      [other, '2.2.0', 'python'],
    ]);
  });

  it('and where there is none, a sentence says how to get it', () => {
    vi.stubEnv('VIRTUAL_ENV', '');
    vi.stubEnv('CONDA_PREFIX', '');
    const { litert: none, instead } = chooseLiteRt({ library: null, environments: [] }, NOWHERE);
    expect(none).toBeNull();
    expect(instead).toMatch(/was not found: install it .*pip install --upgrade ai-edge-litert.*or name it/);
  });
});
