import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LiteRtPlaces } from '../../protocol/options';

/** A library of LiteRT that lies somewhere; whether it can be used is another question. */
export interface FoundLibrary {
  readonly path: string;
  /** null: nothing says it. */
  readonly version: string | null;
  /** named: by the user. python: of the environment `environment`. */
  readonly from: 'named' | 'shipped' | 'python';
  readonly environment?: string;
}

/** Beside the bundles, in a folder that is named after its version: `scripts/build.mjs`. */
const SHIPPED = join(__dirname, 'litert');

/** File name of the library, by platform and processor: there are no others. */
const NAMES: Readonly<Record<string, string>> = {
  'linux-x64': 'libLiteRt.so',
  'linux-arm64': 'libLiteRt.so',
  'darwin-arm64': 'libLiteRt.dylib',
  'win32-x64': 'libLiteRt.dll',
};

/** null: there is no library for this kind of computer. */
export function libraryName(): string | null {
  return isMusl() ? null : (NAMES[`${process.platform}-${process.arch}`] ?? null);
}

/** Systems such as Alpine, whose C library is another than the wheels are built for. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined;
}

/** All that there are, the first choice first. Files are looked for; nothing is run. */
export function findLibraries({ library, environments }: LiteRtPlaces, shipped = SHIPPED): FoundLibrary[] {
  const named: FoundLibrary[] =
    library === null ? [] : [{ path: library, version: versionBeside(library), from: 'named' }];
  const name = libraryName();
  if (name === null) return named;
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const folders = [VIRTUAL_ENV, CONDA_PREFIX, ...environments].filter((folder) => folder !== undefined);
  return [
    ...named,
    ...inShipped(shipped, name),
    ...[...new Set(folders)].flatMap((folder) => inEnvironment(folder, name)),
  ];
}

function inShipped(folder: string, name: string): FoundLibrary[] {
  return listed(folder).flatMap((version) => {
    const path = join(folder, version, name);
    return existsSync(path) ? [{ path, version, from: 'shipped' as const }] : [];
  });
}

function inEnvironment(environment: string, name: string): FoundLibrary[] {
  if (environment === '') return [];
  const lib = join(environment, 'lib');
  const pythons = listed(lib).filter((folder) => /^python3\.\d+$/.test(folder));
  const packages =
    process.platform === 'win32'
      ? [join(environment, 'Lib', 'site-packages')]
      : pythons.map((python) => join(lib, python, 'site-packages'));
  return packages.flatMap((folder) => {
    const path = join(folder, 'ai_edge_litert', name);
    return existsSync(path)
      ? [{ path, version: versionBeside(path), from: 'python' as const, environment }]
      : [];
  });
}

/** Of a library in a Python package, which has a folder of its metadata beside it. */
function versionBeside(path: string): string | null {
  const folder = dirname(path);
  if (basename(folder) !== 'ai_edge_litert') return null;
  const versions = listed(dirname(folder)).map((name) => /^ai_edge_litert-(.+)\.dist-info$/.exec(name)?.[1]);
  return versions.find((version) => version !== undefined) ?? null;
}

/** Nothing where there is no such folder, or it must not be looked into. */
function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
