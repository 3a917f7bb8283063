import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** The command as a process: bundled as it is shipped, into a folder that finds the native packages. */
export class BuiltCli {
  readonly program = resolve('out', `cli-${process.pid}`);
  /** Where it is run, and keeps what it remembers. */
  readonly folder = mkdtempSync(join(tmpdir(), 'caliper-cli-'));
  /** Where it keeps what is temporary. */
  readonly temporary = join(this.folder, 'temporary');

  /** @param plugins that change the program for a test */
  constructor(plugins: Plugin[] = []) {
    mkdirSync(this.temporary);
    beforeAll(async () => {
      await build({
        entryPoints: { cli: 'src/cli/main.ts', worker: 'src/jobs/worker.ts' },
        outdir: this.program,
        bundle: true,
        platform: 'node',
        target: 'node20',
        format: 'cjs',
        external: ['onnxruntime-node', 'sharp', 'koffi'],
        logLevel: 'error',
        plugins,
      });
    });
    afterAll(() => {
      rmSync(this.program, { recursive: true, force: true });
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get script(): string {
    return join(this.program, 'cli.js');
  }

  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; ended: Promise<Ended> } {
    const { folder, temporary } = this;
    const own = { TMPDIR: temporary, TEMP: temporary, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder };
    const child = spawn(process.execPath, [this.script, ...args], {
      cwd: folder,
      env: { ...process.env, ...own, ...env },
      // It can then be killed with all processes of its own at once.
      detached: true,
    });
    const ended = new Promise<Ended>((done) => {
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data) => {
        stdout += data;
      });
      child.stderr.on('data', (data) => {
        stderr += data;
      });
      child.on('close', (status) => done({ status, stdout, stderr }));
    });
    return { child, ended };
  }
}
