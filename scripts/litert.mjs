// LiteRT's own library, which runs TensorFlow Lite models at their real speed: out of the Python package, of which
// pip brings the build of any platform.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cached } from './cache.mjs';

/** It changes together with the sums below. */
const VERSION = '2.3.0';

/** What pip calls a platform, what the library is called there, and the sum of the package for CPython 3.11. */
const WHEELS = {
  'linux-x64': {
    tag: 'manylinux_2_27_x86_64',
    library: 'libLiteRt.so',
    sha256: '1f15078a6725d2357d9de9221664c29afa0545d807559c5f7199ce5e40b96b23',
  },
  'linux-arm64': {
    tag: 'manylinux_2_27_aarch64',
    library: 'libLiteRt.so',
    sha256: '853fc608f96da87bd5f3458465dfb9abbf18d5ae6b94eceacead407146f175ae',
  },
  'darwin-arm64': {
    tag: 'macosx_12_0_arm64',
    library: 'libLiteRt.dylib',
    sha256: 'da19cb1ad08d5113600d1038fbe7390e74e38fcb3e92af86d56a60120343e6d2',
  },
  'win32-x64': {
    tag: 'win_amd64',
    library: 'libLiteRt.dll',
    sha256: 'ffee5993b859580650e844fce322e93b7abf50dfa36fd0fcbde41e079d1eebe3',
  },
};

/** The largest library is 8 MB; what would be larger is not unpacked (CWE-409). */
const LARGEST = 64e6;

/** Ways to call pip. */
const PIPS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['py', '-m', 'pip'], ['pip3'], ['pip']];

/** Minutes of a slow connection. */
const TIMEOUT = 5 * 60_000;

/**
 * Puts the library of a platform where the bundles look for it. Where it cannot be had, a line says why: models then
 * run in WebAssembly.
 * @param {string} target such as `linux-x64`
 * @param {string} dist folder of the bundles
 * @returns {Promise<boolean>} whether it is there
 */
export async function addLiteRt(target, dist) {
  const wheel = WHEELS[target];
  if (wheel === undefined) return false;
  try {
    const folder = await cached(`litert-${VERSION}-${target}`, async (work) => {
      const download = path.join(work, 'download');
      const library = await unpack(fetchWheel(wheel, download), wheel);
      rmSync(download, { recursive: true });
      writeFileSync(path.join(work, wheel.library), library);
    });
    const place = path.join(dist, 'litert', VERSION);
    mkdirSync(place, { recursive: true });
    copyFileSync(path.join(folder, wheel.library), path.join(place, wheel.library));
    return true;
  } catch (error) {
    console.log(`Going without LiteRT's own library, so .tflite models run in WebAssembly: ${error.message}`);
    return false;
  }
}

/** Bytes of the package, whose sum is right. */
function fetchWheel({ tag, sha256 }, folder) {
  const pip = PIPS.find(([program, ...args]) => run(program, [...args, '--version']).status === 0);
  if (pip === undefined)
    throw new Error('there is no pip to fetch it with (Debian: apt install python3-pip).');
  const [program, ...first] = pip;
  const what = ['download', `ai-edge-litert==${VERSION}`, '--no-deps', '--only-binary=:all:'];
  const build = ['--implementation', 'cp', '--python-version', '3.11', '--abi', 'cp311', '--platform', tag];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const { status, stderr, error } = run(program, [...first, ...what, ...build, ...quiet, '--dest', folder]);
  if (status !== 0) {
    const said = (error?.message ?? stderr).trim().split('\n').at(-1);
    throw new Error(`pip could not fetch ai-edge-litert ${VERSION} (${said}).`);
  }
  const [name, ...others] = readdirSync(folder);
  if (name === undefined || others.length > 0)
    throw new Error('pip brought something else than one package.');
  const bytes = readFileSync(path.join(folder, name));
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== sha256)
    throw new Error(`the package that pip brought is not the one that was checked (sha256 ${sum}).`);
  return bytes;
}

/** The one file that is wanted, by its exact name: no path of the package is used. */
async function unpack(bytes, { library }) {
  const { unzipSync } = await import('fflate');
  const wanted = `ai_edge_litert/${library}`;
  const files = unzipSync(bytes, {
    filter: ({ name, originalSize }) => name === wanted && originalSize <= LARGEST,
  });
  if (files[wanted] === undefined) throw new Error(`the package has no ${wanted}.`);
  return files[wanted];
}

function run(program, args) {
  return spawnSync(program, args, { encoding: 'utf8', timeout: TIMEOUT, stdio: ['ignore', 'pipe', 'pipe'] });
}
