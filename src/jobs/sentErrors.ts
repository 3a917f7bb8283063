import { systemError } from '../files/systemError';
import { CheckError, InstallationError, ModelError, TooBusyError, UsageError } from '../model/modelError';
import type { SentError } from '../protocol/sentError';

/** An error of each kind that is for people; the general one last. */
const CLASSES = {
  usage: UsageError,
  check: CheckError,
  installation: InstallationError,
  busy: TooBusyError,
  model: ModelError,
} as const;

type KnownKind = keyof typeof CLASSES;

/** Whatever was thrown, whole. What is no sentence of ours is a mistake in the program: kind `internal`. */
export function sentError(error: unknown): SentError {
  const detail = describe(error);
  const known = error instanceof ModelError ? error : systemError(error);
  if (known === null) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'internal', message, detail };
  }
  const kinds = Object.keys(CLASSES) as KnownKind[];
  const kind = kinds.find((one) => known instanceof CLASSES[one]) ?? 'model';
  const { message, file, node, offset } = known;
  return { kind, message, file, node, offset, detail };
}

/** The error that was sent; one of kind `internal` with the stack of where it happened. */
export function receivedError(sent: SentError): Error {
  if (sent.kind !== 'internal') return new CLASSES[sent.kind](sent.message, sent);
  return Object.assign(new Error(sent.message), { stack: sent.detail });
}

/** The error with its causes and their stacks. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
