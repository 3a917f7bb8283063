// Long commands of the set-up, each shown as a line that says what is going on and for how long.
import { spawn } from 'node:child_process';
import { ROOT } from './root.mjs';

/** Milliseconds between signs of life: a terminal's line is drawn anew, a log gets a new line. */
const TERMINAL_TICK = 1_000;
const LOG_TICK = 15_000;

const terminal = process.stdout.isTTY === true;

/**
 * Runs a command without showing what it prints, unless it fails.
 * @param {string} title what it does, as people say it
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} [options] timeout in milliseconds
 * @returns {Promise<string>} what it printed
 * @throws when it fails, with the last lines that it printed
 */
export async function step(title, program, args, { cwd = ROOT, env = process.env, timeout } = {}) {
  const started = Date.now();
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  if (!terminal) console.log(`${title} …`);
  const alive = () =>
    terminal ? process.stdout.write(`\r\x1b[2K${title} … ${seconds()}`) : console.log(`  ${seconds()} …`);
  if (terminal) alive();
  const timer = setInterval(alive, terminal ? TERMINAL_TICK : LOG_TICK);
  const result = await collect(program, args, { cwd, env, timeout });
  clearInterval(timer);
  const line = `${title}: ${result.ok ? 'done' : 'failed'} in ${seconds()}`;
  console.log(terminal ? `\r\x1b[2K${line}` : line);
  if (!result.ok) throw new Error(`${program} ${args.join(' ')} failed\n${lastLines(result.output)}`);
  return result.output;
}

/** @returns {Promise<{ ok: boolean, output: string }>} */
function collect(program, args, { cwd, env, timeout }) {
  return new Promise((resolve) => {
    // On Windows npm is a batch file, which only a shell can start.
    const shell = process.platform === 'win32' && program === 'npm';
    const child = spawn(program, args, { cwd, env, timeout, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data;
      });
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** As much of a failed command's output as shows why it failed. */
function lastLines(output) {
  return output.trimEnd().split('\n').slice(-20).join('\n');
}
