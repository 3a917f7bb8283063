import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE, SAMPLE_TFLITE } from './support';

/** The command as a process, on disks, pipes and files that do not take what it writes. */
const bundle = resolve('out', `cli-safety-test-${process.pid}`);
const cli = join(bundle, 'cli.js');
let folder: string;
let temporary: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-cli-'));
  temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  env = { ...process.env, TMPDIR: temporary, TEMP: temporary, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder };
  copyFileSync(SAMPLE, join(folder, 'm.onnx'));
  await build({
    entryPoints: { cli: 'src/cli/main.ts', worker: 'src/jobs/worker.ts' },
    outdir: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'sharp'],
    logLevel: 'error',
  });
});
afterAll(() => {
  for (const path of [bundle, folder]) rmSync(path, { recursive: true, force: true });
});

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function caliper(args: readonly string[], stdout: 'pipe' | number = 'pipe'): Ended {
  const stdio = ['ignore' as const, stdout, 'pipe' as const];
  const ended = spawnSync(process.execPath, [cli, ...args], { cwd: folder, env, encoding: 'utf8', stdio });
  return { status: ended.status, stdout: ended.stdout ?? '', stderr: ended.stderr };
}

const shell = (script: string) => spawnSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
const quoted = (args: readonly string[]) =>
  [process.execPath, cli, ...args].map((arg) => `'${arg}'`).join(' ');

/** One command for each way to print. */
const PRINTING = [
  ['--help'],
  ['inspect', 'm.onnx'],
  ['inspect', 'm.onnx', '--json'],
  ['text', 'm.onnx'],
  ['check', SAMPLE_TFLITE, '--target', 'mlkit'],
  ['compare', 'm.onnx', 'm.onnx', '--no-run', '--all'],
].map((args) => ({ name: args.join(' '), args }));

describe.skipIf(!existsSync('/dev/full'))('an output that is full', () => {
  it.each(PRINTING)('is one sentence: $name', ({ args }) => {
    const full = openSync('/dev/full', 'w');
    try {
      expect(caliper(args, full)).toEqual({
        status: 1,
        stdout: '',
        stderr: 'caliper: The output cannot be written: the disk is full.\n',
      });
    } finally {
      closeSync(full);
    }
  });

  it('is one sentence, too, where a part of the last piece fits', () => {
    // Four blocks of 512 bytes; the system takes what fits and only then says that it is too much.
    const script = `trap '' XFSZ; ulimit -f 4; ${quoted(['inspect', 'm.onnx', '--json'])} > part`;
    const { status, stderr } = shell(script);
    expect([status, stderr]).toEqual([
      1,
      'caliper: The output cannot be written: it is larger than a file may be there.\n',
    ]);
  });

  it('of errors changes no exit status', () => {
    expect(shell(`${quoted(['inspect', 'none.onnx'])} 2>/dev/full`).status).toBe(1);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe that is closed', () => {
  it.each(PRINTING.slice(2))('is quiet: $name', ({ args }) => {
    const { stderr } = shell(`${quoted(args)} | true`);
    expect(stderr).toBe('');
  });
});

describe.skipIf(process.platform === 'win32')('a target', () => {
  beforeAll(() => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
  });

  it.each([
    ['pipe', 1, 'pipe is a pipe, and only files are replaced'],
    ['/dev/null', 1, '/dev/null is a device, and only files are replaced'],
    [`${'n'.repeat(300)}.onnx`, 1, 'cannot be written: its name is too long'],
    ['', 2, 'The name of the file to write is empty'],
  ])(
    'is refused before any work: %s',
    (target, status, message) => {
      for (const args of [
        ['quantize', 'm.onnx', '--force', '-o', target],
        ['profile', 'm.onnx', '--trace', target],
      ]) {
        const ended = caliper(args);
        expect(ended.status).toBe(status);
        expect(ended.stderr).toMatch(/^caliper: [^\n]+\.\n$/);
        expect(ended.stderr).toContain(message);
      }
      expect(readFileSync(join(folder, 'm.onnx')).equals(readFileSync(SAMPLE))).toBe(true);
    },
    20_000,
  );

  it('of data that is a pipe is not waited for', () => {
    execFileSync('mkfifo', [join(folder, 'fifo.png')]);
    const { status, stderr } = caliper(['profile', 'm.onnx', '--data', 'fifo.png']);
    expect([status, stderr]).toEqual([
      1,
      'caliper: fifo.png is neither a file nor a folder, so it is not read.\n',
    ]);
  });
});

describe('names', () => {
  it('of files do not control the terminal', () => {
    const name = 'a\u001b[31m\u009bb\u202e.onnx';
    copyFileSync(SAMPLE, join(folder, name));
    const args = ['quantize', name, '--recipe', 'float32', '--no-measure', '-o', `${name}.out`];
    for (const ended of [caliper(args), caliper(args), caliper(['inspect', `${name}x`])]) {
      expect(ended.stdout + ended.stderr).not.toMatch(/[^\P{C}\n]/u);
    }
    expect(existsSync(join(folder, `${name}.out`))).toBe(true);
    for (const flag of ['--json', '--csv']) {
      const { status, stdout } = caliper(['inspect', name, flag]);
      expect(status).toBe(0);
      expect(stdout.replaceAll('\r\n', '\n')).not.toMatch(/[^\P{C}\n]/u);
      if (flag === '--json') expect(JSON.parse(stdout).file).toBe(name);
    }
  }, 60_000);
});

describe('what a killed command leaves', () => {
  it('is swept by the next one', async () => {
    const child = spawn(process.execPath, [cli, 'profile', 'm.onnx', '--runs', '10000'], {
      cwd: folder,
      env,
      stdio: 'ignore',
    });
    const ended = new Promise((done) => child.on('close', done));
    while (readdirSync(temporary).length === 0) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(temporary)).toHaveLength(1);
    expect(caliper(['profile', 'none.onnx']).status).toBe(1);
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);
});
