import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from '../evaluation/jobContext';
import { makeScratch, removeScratch } from '../files/scratch';
import { CheckError, InstallationError, ModelError, UsageError } from '../model/modelError';
import type { JobKind, JobMessage, JobRequest, Jobs } from './protocol';

export interface JobSettings {
  /** Where facts about this computer are remembered. */
  readonly memory: string;
  /** A folder for temporary files that the caller removes; without it the job has one for itself. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Lines for the log: what the child and the native code in it print, and details of errors. */
  readonly onLog?: (line: string) => void;
  /** The child's script; by default `worker.js` beside this bundle. */
  readonly worker?: string;
}

/** Variables that would make the child another program, or let a debugger of the parent's wait in it. */
const UNWANTED_VARIABLES = ['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'VSCODE_INSPECTOR_OPTIONS'];

/**
 * Does a job in a child process of its own, because running a model blocks a thread and native code can crash.
 * Aborting kills the child; the promise is then rejected with the signal's reason. Whatever goes wrong in the
 * child is a ModelError (UsageError where the wish itself was wrong) with one sentence for people.
 */
export async function runJob<K extends JobKind>(
  kind: K,
  options: Jobs[K]['options'],
  settings: JobSettings,
): Promise<Jobs[K]['result']> {
  settings.signal?.throwIfAborted();
  const scratch = settings.scratch ?? (await makeScratch());
  try {
    const request: JobRequest<K> = { kind, options, scratch, memory: settings.memory };
    const worker = settings.worker ?? join(__dirname, 'worker.js');
    if (!existsSync(worker)) throw new InstallationError(basename(worker), 'there is no such file');
    return await ask(start(worker), request, settings);
  } finally {
    if (settings.scratch === undefined) await removeScratch(scratch);
  }
}

function start(worker: string): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  for (const name of UNWANTED_VARIABLES) delete env[name];
  return fork(worker, [], {
    env,
    execArgv: [],
    // Tensors and infinities survive; JSON would lose them.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Settles once the child is gone, so that nobody holds its files any more. */
function ask<K extends JobKind>(
  child: ChildProcess,
  request: JobRequest<K>,
  { signal, onProgress, onLog }: JobSettings,
): Promise<Jobs[K]['result']> {
  return new Promise((resolve, reject) => {
    let answer: (() => void) | undefined;
    let step = '';
    const kill = () => child.kill('SIGKILL');
    const settle = (how: () => void) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(signal.reason);
      else how();
    };

    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => onLog?.(line));
    }
    child.on('message', (message: JobMessage<K>) => {
      if (message.type === 'progress') {
        step = message.progress.message;
        onProgress?.(message.progress);
      } else if (message.type === 'log') onLog?.(message.line);
      else if (message.type === 'result') answer = () => resolve(message.result);
      else answer = () => reject(toError(message, onLog));
    });
    child.on('error', (error) => {
      settle(() =>
        reject(new ModelError(`The process that runs models could not be started: ${error.message}.`)),
      );
    });
    child.on('close', (code, killedBy) => {
      settle(answer ?? (() => reject(new ModelError(describeEnd(request, step, code, killedBy)))));
    });
    signal?.addEventListener('abort', kill);
    child.send(request, (error) => {
      // A child that is gone already says so by `close`.
      if (error !== null) onLog?.(`The job could not be sent: ${error.message}`);
    });
  });
}

function toError(
  { message, usage, check, detail }: Extract<JobMessage, { type: 'error' }>,
  onLog: JobSettings['onLog'],
): ModelError {
  for (const line of detail.split('\n')) onLog?.(line);
  if (check) return new CheckError(message);
  return usage ? new UsageError(message) : new ModelError(message);
}

/** `step`: what the job was at, '' where it did not say. */
function describeEnd(
  { options }: JobRequest,
  step: string,
  code: number | null,
  signal: string | null,
): string {
  const model = basename('model' in options ? options.model : options.before);
  if (signal === 'SIGKILL') {
    return `The process that ran ${model} was killed, most likely because the computer's memory was used up.`;
  }
  const how = signal === null ? `exit code ${code}` : signal;
  const at = step === '' ? '' : ` at the step "${step}"`;
  return `The engine that ran ${model} crashed (${how})${at}: that is a fault of the engine, which no model should make it do.`;
}
