import { homedir } from 'node:os';
import { join } from 'node:path';
import { type JobSettings, runJob } from '../jobs/client';
import type { JobKind, Jobs } from '../jobs/protocol';
import { ProgressBar } from './progressBar';

/** The user pressed Ctrl+C, or the process was asked to end. */
export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super('interrupted');
  }
}

/** By convention a process that a signal ended exits with 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs a job in its child process with a progress bar. Ctrl+C kills the child, which leaves nothing half written; while
 * what the job has made can be kept it ends the job with that, and only a second one kills it.
 */
export async function runWithProgress<K extends JobKind>(
  kind: K,
  options: Jobs[K]['options'],
  reach: Pick<JobSettings, 'programs' | 'litert'>,
): Promise<Jobs[K]['result']> {
  const bar = new ProgressBar();
  const abort = new AbortController();
  const stop = new AbortController();
  let keeps = false;
  const interrupt = (code: number) => {
    if (keeps && kind === 'search' && !stop.signal.aborted) stop.abort();
    else abort.abort(new Interrupted(code));
  };
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => [signal, () => interrupt(code)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  try {
    return await runJob(kind, options, {
      memory: memoryFolder(),
      ...reach,
      signal: abort.signal,
      stop: stop.signal,
      onProgress: (progress) => {
        keeps = progress.keeps ?? false;
        bar.show(progress);
      },
    });
  } finally {
    bar.clear();
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}

/** Where programs of this system keep what they can find out again. */
export function memoryFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? homedir(), 'model-caliper');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'model-caliper');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'model-caliper');
}
