import { InstallationError } from '../../model/modelError';
import { NotCallable } from './library';
import { type LibraryFile, readLibraryFile } from './libraryFile';

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

/** How LiteRT's library of today gets into a Python environment. */
export const GET_IT = 'pip install --upgrade ai-edge-litert';

/** Windows says that the library is missing when it lacks one that it needs (ERROR_MOD_NOT_FOUND). */
const WINDOWS_MISSES = /\b126\b|could not be found/i;

/** Why a library cannot be used, and what to do: a clause that goes on after its path. */
export function whyUnusable(
  path: string,
  error: unknown,
  { platform, arch }: { platform: string; arch: string } = process,
): string {
  if (error instanceof InstallationError) return `was not loaded. ${error.message}`;
  if (error instanceof NotCallable) {
    return error.why === 'too old'
      ? `is older than version 2.2.0, or lacks functions of it: get a newer one (${GET_IT}).`
      : 'is no library of LiteRT: it lacks the functions of one. Name libLiteRt of the Python package ai-edge-litert.';
  }
  let file: LibraryFile | null;
  try {
    file = readLibraryFile(path);
  } catch (cause) {
    return `cannot be read (${firstLine(cause)}): name another file.`;
  }
  if (file === null) return 'is no shared library: name libLiteRt of the Python package ai-edge-litert.';
  if (file.platform !== platform || (file.processor !== null && file.processor !== arch)) {
    const made = `${SYSTEMS[file.platform]}${file.processor === null ? '' : ` on ${file.processor}`}`;
    return `is made for ${made}, not for ${SYSTEMS[platform] ?? platform} on ${arch}: name one that is.`;
  }
  const said = firstLine(error);
  if (/libstdc\+\+|GLIBCXX|CXXABI|libgcc_s/.test(said))
    return `needs a C++ runtime that this system lacks (${said}): install or update libstdc++ (package libstdc++6).`;
  if (/GLIBC_/.test(said))
    return `needs a newer C library than this system has (${said}): a newer system is needed.`;
  if (platform === 'win32' && WINDOWS_MISSES.test(said))
    return 'needs the Microsoft Visual C++ runtime: install the latest Visual C++ Redistributable (vc_redist.x64.exe).';
  return `cannot be loaded (${said}).`;
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return line.replace(/^Failed to load shared library: /, '').replace(/\.$/, '');
}
