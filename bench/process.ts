import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a command did. */
export interface Run {
  stdout: string;
  stderr: string;
  status: number | null;
  seconds: number;
  /** Of the processor, for all of its processes, to a few looks; null where the system does not tell. */
  cpuSeconds: number | null;
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
  const cpu = new Map<number, number>();
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const look = setInterval(() => {
    for (const pid of processTree(child.pid)) {
      peakBytes = Math.max(peakBytes ?? 0, peakOf(pid));
      cpu.set(pid, Math.max(cpu.get(pid) ?? 0, cpuOf(pid)));
    }
  }, LOOK_MS);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => {
      clearInterval(look);
      const cpuSeconds = cpu.size === 0 ? null : [...cpu.values()].reduce((a, b) => a + b, 0);
      const seconds = (performance.now() - started) / 1000;
      done({ stdout, stderr, status, seconds, cpuSeconds, peakBytes });
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

/** Linux counts a process' time in hundredths of seconds. */
const TICKS_PER_SECOND = 100;

function cpuOf(pid: number): number {
  try {
    // The name of the program, in parentheses, may hold anything; the state and ten others come before the times (man 5 proc).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
