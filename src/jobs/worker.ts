import { setFlagsFromString } from 'node:v8';
import type { JobContext } from '../evaluation/jobContext';
import { answer, type Request, type Response, type Told } from '../protocol/rpc';
import type { SentError } from '../protocol/sentError';
import { useLiteRt } from '../runtime/engines';
import { type JobCalls, type JobEvent, type JobKind, type Jobs, STOP, type UNWANTED } from './protocol';
import { sentError } from './sentErrors';

// By so much the heap may grow past what is alive before garbage is collected; V8 lets it be four times that.
setFlagsFromString('--heap-growing-percent=50');

type Run<K extends JobKind> = (
  options: Jobs[K]['options'],
  context: JobContext,
) => Promise<Jobs[K]['result']>;

/** Each kind of work is loaded when it is asked for. */
const JOBS: { readonly [K in JobKind]: () => Promise<{ run: Run<K> }> } = {
  profile: () => import('./profile'),
  ceilings: () => import('./ceilings'),
  quantize: () => import('./quantize'),
  search: () => import('./search'),
  compare: () => import('./compare'),
  devices: () => import('./devices'),
};

const stop = new AbortController();

async function work<K extends JobKind>(
  kind: K,
  { options, scratch, memory, programs, litert }: JobCalls[K]['params'],
): Promise<Jobs[K]['result']> {
  useLiteRt(litert, (state, model, webAssembly) => tell({ kind: 'engine', state, model, webAssembly }));
  const { run } = await JOBS[kind]();
  return run(options, {
    scratch,
    memory,
    progress: (progress) => void tell({ kind: 'progress', progress }),
    log,
    devices: { programs, memory, signal: unwanted.signal, hold, log },
  });
}

/** Aborted when the parent is gone, or waits no more. */
const unwanted = new AbortController();
let holding = false;

/** While there is something on another device, Ctrl+C in the terminal is the parent's to answer. */
function hold(now: boolean): void {
  holding = now;
  void tell({ kind: 'holding', holding });
  if (now) for (const signal of ENDING) process.on(signal, ignore);
  else for (const signal of ENDING) process.off(signal, ignore);
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function ignore(): void {}

function log(line: string): void {
  void tell({ kind: 'log', line });
}

/** Settles when the message is on its way, whatever becomes of this process then. */
function tell(event: JobEvent): Promise<void> {
  const message: Told<JobEvent> = { type: 'event', event };
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** Nothing else is asked of this process, so it ends when the answer is on its way. */
function post(response: Response<JobCalls>): void {
  process.send?.(response, undefined, undefined, () => process.exit(0));
}

function toSent(error: unknown): SentError {
  const sent = sentError(error);
  if (sent.kind !== 'internal') return sent;
  return { ...sent, message: `Something went wrong inside the program: ${sent.message}` };
}

process.on('message', (message: Request<JobCalls> | typeof UNWANTED | typeof STOP) => {
  if (message.type === 'request') answer<JobCalls>(message, work, post, toSent);
  else if (message.type === STOP.type) stop.abort();
  else unwanted.abort();
});
// The parent is gone: nobody waits for the result, and nobody could cancel.
process.on('disconnect', () => {
  if (!holding) process.exit(1);
  unwanted.abort();
});
