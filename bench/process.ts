import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a command did. */
export interface Run {
  stdout: string;
  stderr: string;
  status: number | null;
  seconds: number;
  /** Largest peak of one of its processes; null where the system does not tell. */
  peakBytes: number | null;
}

/** Processes live longer than this between looks at their memory. */
const LOOK_MS = 20;

/** Runs a command to its end, and looks at the memory of all its processes meanwhile. */
export function run(command: string, args: string[]): Promise<Run> {
  const started = performance.now();
  const env = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let peakBytes: number | null = null;
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const look = setInterval(() => {
    for (const pid of processTree(child.pid)) peakBytes = Math.max(peakBytes ?? 0, peakOf(pid));
  }, LOOK_MS);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => {
      clearInterval(look);
      done({ stdout, stderr, status, seconds: (performance.now() - started) / 1000, peakBytes });
    });
  });
}

/** Linux only: nothing elsewhere. */
function processTree(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(processTree)];
  } catch {
    return [];
  }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
