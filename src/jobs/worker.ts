import type { JobContext } from '../evaluation/jobContext';
import { systemError } from '../files/systemError';
import { CheckError, ModelError, UsageError } from '../model/modelError';
import type { JobKind, JobMessage, JobRequest, Jobs } from './protocol';

type Run<K extends JobKind> = (
  options: Jobs[K]['options'],
  context: JobContext,
) => Promise<Jobs[K]['result']>;

/** Each kind of work is loaded when it is asked for. */
const JOBS: { readonly [K in JobKind]: () => Promise<{ run: Run<K> }> } = {
  profile: () => import('./profile'),
  quantize: () => import('./quantize'),
  compare: () => import('./compare'),
};

async function answer<K extends JobKind>(request: JobRequest<K>): Promise<JobMessage<K>> {
  try {
    const load = JOBS[request.kind];
    const { run } = await load();
    const result = await run(request.options, {
      scratch: request.scratch,
      memory: request.memory,
      progress: (progress) => send({ type: 'progress', progress }),
      log: (line) => send({ type: 'log', line }),
    });
    return { type: 'result', result };
  } catch (error) {
    return toMessage(error);
  }
}

/** A sentence of ours as it is; anything else is a mistake in the program, whose details go into the log. */
function toMessage(error: unknown): Extract<JobMessage, { type: 'error' }> {
  const detail = describe(error);
  const known = error instanceof ModelError ? error : systemError(error);
  if (known !== null) {
    const usage = error instanceof UsageError;
    return { type: 'error', message: known.message, usage, check: error instanceof CheckError, detail };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { type: 'error', message: `Something went wrong inside the program: ${text}`, usage: false, detail };
}

/** The error with its causes and their stacks. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function send(message: JobMessage, sent?: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}

process.once('message', (request: JobRequest) => {
  void answer(request).then((message) => send(message, () => process.exit(0)));
});
// The parent is gone: nobody waits for the result, and nobody could cancel.
process.on('disconnect', () => process.exit(1));
