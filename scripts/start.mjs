// `npm start`: opens the sample model in VS Code, whatever has to be installed for that.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { build, install, OPENER, ROOT, SAMPLE_FOLDER } from './setup.mjs';

const { values } = parseArgs({
  options: {
    /** Serves VS Code to a browser even where a desktop one is installed. */
    browser: { type: 'boolean', default: false },
  },
});

install();
build();

const desktop = values.browser || !hasScreen() ? undefined : await findDesktop();
if (desktop === undefined) await serve();
else open(desktop);

function hasScreen() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Command of an installed VS Code, else the executable of a downloaded one. */
async function findDesktop() {
  const shell = process.platform === 'win32';
  if (spawnSync('code', ['--version'], { stdio: 'ignore', shell }).status === 0) return 'code';
  try {
    const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
    return await downloadAndUnzipVSCode();
  } catch (error) {
    console.log(`VS Code could not be downloaded (${error.message}); serving it to a browser instead.`);
    return undefined;
  }
}

function open(executable) {
  const shell = process.platform === 'win32';
  const args = [`--extensionDevelopmentPath=${ROOT}`, `--extensionDevelopmentPath=${OPENER}`, SAMPLE_FOLDER];
  const quoted = shell ? args.map((word) => `"${word}"`) : args;
  const { status } = spawnSync(executable, quoted, { stdio: 'inherit', shell });
  process.exitCode = status ?? 1;
}

/** Serves VS Code until Ctrl+C. */
async function serve() {
  const { serveSample } = await import('./vscode/serve.mjs');
  const { url, exited } = await serveSample();
  console.log(`\nThe sample model is open in VS Code at\n\n  ${url}\n\nCtrl+C ends it.`);
  await exited;
}
