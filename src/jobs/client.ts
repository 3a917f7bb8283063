import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from '../evaluation/jobContext';
import { makeScratch, removeScratch, sweep } from '../files/scratch';
import { itemAt } from '../model/assert';
import { InstallationError, ModelError } from '../model/modelError';
import { DEFAULT_PROGRAMS, type DevicePrograms } from '../protocol/devices';
import type { LiteRtPlaces } from '../protocol/options';
import { Caller, type Response, type Told } from '../protocol/rpc';
import { type JobCalls, type JobEvent, type JobKind, type Jobs, STOP, UNWANTED } from './protocol';
import { receivedError } from './sentErrors';

export interface JobSettings {
  /** Where facts about this computer are remembered. */
  readonly memory: string;
  /** A folder for temporary files that the caller removes; without it the job has one for itself. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  /** Ends the job with what it has made until then, where its progress says that this can be kept. */
  readonly stop?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Lines for the log: what the child and the native code in it print, and details of errors. */
  readonly onLog?: (line: string) => void;
  /** Where LiteRT's library may lie, besides where the process itself knows of. */
  readonly litert?: LiteRtPlaces;
  /** Milliseconds that a model's first steps on an engine for TensorFlow Lite may take. */
  readonly firstStepsLimit?: number;
  /** The child's script; by default `worker.js` beside this bundle. */
  readonly worker?: string;
  /** What reaches other devices; by default what is found. */
  readonly programs?: DevicePrograms;
}

/** A child that has something on another device gets this long to remove it (milliseconds). */
const TIDY_MS = 12_000;

/** Variables that would make the child another program, or let a debugger of the parent's wait in it. */
const UNWANTED_VARIABLES = ['NODE_OPTIONS', 'NODE_CHANNEL_FD', 'VSCODE_INSPECTOR_OPTIONS'];

/**
 * What a job leaves behind is collected while it is small (in megabytes; `worker.ts` says the rest): a model and its
 * copies are most of the memory, and JavaScript would wait for more garbage than they take. On the sample the process
 * takes 40 MB less, and no more time. So little is collected by one thread: several spend a tenth of all the processor's
 * time on waiting for each other.
 */
const SMALL_HEAP = ['--max-semi-space-size=4', '--single-threaded-gc'];

const NOWHERE: LiteRtPlaces = { library: null, environments: [] };

/**
 * Loading a model and running it once. The largest models that can be loaded take seconds; damaged ones may take for
 * ever, where nobody can look at the time.
 */
const FIRST_STEPS_LIMIT = 120_000;

/** Exit codes of Windows from which on a process did not end by itself: 0xC0000005 is an access violation. */
const WINDOWS_CRASH = 0xc0000000;

/** Goes on after what the library did. */
const INSTEAD = 'so WebAssembly was used instead';

/** LiteRT's library took the child with it, or would not come to an end. The message is for the report. */
class NativeFailure extends ModelError {}

/**
 * Does a job in a child process of its own, because running a model blocks a thread and native code can crash.
 * Aborting kills the child; the promise is then rejected with the signal's reason. What went wrong in the child is
 * thrown as it was thrown there, with its kind, file, node and byte; only a mistake in the program is no ModelError.
 * A model that LiteRT's own library does not survive is run once more, in WebAssembly.
 */
export async function runJob<K extends JobKind>(
  kind: K,
  options: Jobs[K]['options'],
  settings: JobSettings,
): Promise<Jobs[K]['result']> {
  settings.signal?.throwIfAborted();
  const scratch = settings.scratch ?? (await makeScratch());
  try {
    const worker = settings.worker ?? join(__dirname, 'worker.js');
    if (!existsSync(worker)) throw InstallationError.of(basename(worker), 'there is no such file');
    const { memory, litert = NOWHERE, programs = DEFAULT_PROGRAMS } = settings;
    try {
      return await ask(start(worker), kind, { options, scratch, memory, litert, programs }, settings);
    } catch (error) {
      if (!(error instanceof NativeFailure)) throw error;
      settings.onLog?.(error.message);
      // What the first attempt left is removed with the rest.
      const again = await mkdtemp(join(scratch, 'again-'));
      const instead = { ...litert, instead: error.message };
      return await ask(
        start(worker),
        kind,
        { options, scratch: again, memory, litert: instead, programs },
        settings,
      );
    }
  } catch (error) {
    // It may have been killed while it gave results their names.
    await sweep();
    throw error;
  } finally {
    if (settings.scratch === undefined) await removeScratch(scratch);
  }
}

function start(worker: string): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  for (const name of UNWANTED_VARIABLES) delete env[name];
  return fork(worker, [], {
    env,
    execArgv: SMALL_HEAP,
    // Tensors and infinities survive; JSON would lose them.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Settles once the child is gone, so that nobody holds its files any more. */
async function ask<K extends JobKind>(
  child: ChildProcess,
  kind: K,
  params: JobCalls[K]['params'],
  { signal, stop, onProgress, onLog, firstStepsLimit = FIRST_STEPS_LIMIT }: JobSettings,
): Promise<Jobs[K]['result']> {
  let step = '';
  let holding = false;
  const firstSteps = new FirstSteps(firstStepsLimit, () => child.kill('SIGKILL'));
  const caller = new Caller<JobCalls>(
    (request) =>
      child.send(request, (error) => {
        // A child that is gone already says so by `close`.
        if (error !== null) onLog?.(`The job could not be sent: ${error.message}`);
      }),
    (sent) => {
      for (const line of sent.detail?.split('\n') ?? []) onLog?.(line);
      return receivedError(sent);
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => onLog?.(line));
  }
  child.on('message', (message: Response<JobCalls> | Told<JobEvent>) => {
    if (message.type === 'response') caller.receive(message);
    else if (message.event.kind === 'log') onLog?.(message.event.line);
    else if (message.event.kind === 'holding') holding = message.event.holding;
    else if (message.event.kind === 'engine') firstSteps.note(message.event);
    else {
      step = message.event.progress.message;
      onProgress?.(message.event.progress);
    }
  });
  const gone = new Promise<void>((resolve) => {
    const end = (why: ModelError) => {
      firstSteps.stop();
      caller.rejectAll(why);
      resolve();
    };
    child.on('error', ({ message }) =>
      end(new ModelError(`The process that runs models could not be started: ${message}.`)),
    );
    child.on('close', (code, killedBy) =>
      end(firstSteps.failure(code, killedBy) ?? describeEnd(params.options, step, code, killedBy)),
    );
  });
  const kill = () => {
    if (!holding) return child.kill('SIGKILL');
    // It learns that nobody waits any more, removes what it put on the device, and ends.
    child.send(UNWANTED);
    const timer = setTimeout(() => child.kill('SIGKILL'), TIDY_MS);
    return void gone.then(() => clearTimeout(timer));
  };
  signal?.addEventListener('abort', kill);
  const askToEnd = () => child.connected && child.send(STOP);
  stop?.addEventListener('abort', askToEnd);
  try {
    return await caller.call(kind, params);
  } finally {
    await gone;
    signal?.removeEventListener('abort', kill);
    stop?.removeEventListener('abort', askToEnd);
    signal?.throwIfAborted();
  }
}

/** What is known of a child's work with engines that a damaged model may crash or hang. */
class FirstSteps {
  /** The last ones that were begun. */
  private last: Extract<JobEvent, { kind: 'engine' }> | null = null;
  /** The last model that native code was given: what that does to the memory may show later. */
  private native: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private expired = false;

  constructor(
    private readonly limit: number,
    private readonly kill: () => void,
  ) {}

  note(event: Extract<JobEvent, { kind: 'engine' }>): void {
    this.stop();
    this.last = event;
    if (!event.webAssembly) this.native = event.model;
    if (event.state === 'ends') return;
    this.timer = setTimeout(() => {
      this.expired = true;
      this.kill();
    }, this.limit);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** null: these engines are not why the child ended. */
  failure(code: number | null, signal: string | null): ModelError | null {
    const { last, native, expired, limit } = this;
    if (expired && last !== null) {
      const late = `did not come to an end on ${last.model} within ${limit / 1000} s`;
      return last.webAssembly
        ? new ModelError(`WebAssembly ${late}: the file is damaged, or far too slow to be measured.`)
        : new NativeFailure(`LiteRT’s own library ${late}, ${INSTEAD}.`);
    }
    const crashed = signal === null ? (code ?? 0) >= WINDOWS_CRASH : signal !== 'SIGKILL';
    if (!crashed || native === null) return null;
    return new NativeFailure(
      `LiteRT’s own library crashed on ${native} (${signal ?? `exit code ${code}`}), ${INSTEAD}.`,
    );
  }
}

/** `step`: what the job was at, '' where it did not say. */
function describeEnd(
  options: Jobs[JobKind]['options'],
  step: string,
  code: number | null,
  signal: string | null,
): ModelError {
  if ('boards' in options)
    return new ModelError(
      `Looking for devices ended unexpectedly (${signal ?? `exit code ${code}`}): try again.`,
    );
  const model = basename('model' in options ? options.model : itemAt(options.models, 0));
  if (signal === 'SIGKILL') {
    return new ModelError(
      `The process that ran ${model} was killed, most likely because the computer's memory was used up.`,
    );
  }
  const how = signal === null ? `exit code ${code}` : signal;
  const at = step === '' ? '' : ` at the step "${step}"`;
  return new ModelError(
    `The engine that ran ${model} crashed (${how})${at}: that is a fault of the engine, which no model should make it do.`,
  );
}
