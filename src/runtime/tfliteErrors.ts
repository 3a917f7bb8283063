import { basename } from 'node:path';
import { byteLength, elementCount } from '../model/dataType';
import { ModelError } from '../model/modelError';
import type { Feeds, Signature } from './engine';
import type { NumericData } from './typedArrays';

/** Their memory ends at 2 GiB and holds a model about twice; one of 896 MB still ran, one of 1 GB gave zeros. */
const LARGEST_BYTES = 800e6;

/** For whoever reads what they measured. */
export const ELSEWHERE =
  'Measured in WebAssembly on this computer: on a phone the latency differs, and so does the ratio between two models.';

/** What a person can use is at the beginning. */
const LONGEST = 400;

/** An engine that does not run a model, and why; the reason goes on after a colon. */
export function cannotRun(engine: string, path: string, reason: string, cause?: unknown): ModelError {
  return new ModelError(`${engine} cannot run ${basename(path)}: ${reason}`, { file: path }, cause);
}

/** What these engines print and throw when they fail, as one sentence. The original is the cause, for the log. */
export function describeTfliteFailure(
  engine: string,
  path: string,
  log: readonly string[],
  error?: unknown,
): ModelError {
  if (error instanceof ModelError) return error;
  const text = [...log, error instanceof Error ? error.message : String(error ?? '')].join('\n');
  const why = isTrap(error) && !log.some((line) => line.includes('ERROR')) ? trapped(error) : reason(text);
  return cannotRun(engine, path, why, new Error(text.trim(), { cause: error }));
}

/** Whether code itself failed, instead of saying that it cannot do something. */
function isTrap(error: unknown): error is Error {
  return (
    error instanceof WebAssembly.RuntimeError || error instanceof RangeError || error instanceof TypeError
  );
}

function trapped({ message }: Error): string {
  return `the engine itself failed on it (${message}), because the file is damaged or the engine has a fault.`;
}

function reason(text: string): string {
  const custom = /unresolved custom op: (.+?)\.?$/m.exec(text)?.[1];
  if (custom !== undefined) return `it uses the custom operator ${custom}, which the engine does not have.`;
  if (/Select TensorFlow op|Flex\w+/.test(text))
    return 'it uses operators of TensorFlow itself (Select TensorFlow ops), which the engine does not have.';
  const missing = /Didn't find op for builtin opcode '(\w+)' version '(\d+)'/.exec(text);
  if (missing !== null)
    return `it uses ${missing[1]} in version ${missing[2]}, which the engine does not have.`;
  if (/Variable tensors not yet supported/.test(text))
    return 'it keeps a state from run to run, which the engine cannot do.';
  const lines = text
    .split('\n')
    .map((line) =>
      line
        .replace(/^[└ ]*ERROR: /, '')
        .replace(/^\[?\S*\.(?:cc|h):\d+\]? ?/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !/^(INFO|WARNING|VERBOSE):/.test(line));
  const first = lines[0] ?? 'it failed without saying why';
  const short = first.length > LONGEST ? `${first.slice(0, LONGEST)}…` : first;
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}

/** @throws ModelError for a model that would not fit, and would "run" without computing anything. */
export function requireSize(engine: string, path: string, bytes: number): void {
  if (bytes <= LARGEST_BYTES) return;
  const size = (bytes / 1e6).toFixed(0);
  throw cannotRun(
    engine,
    path,
    `the file has ${size} MB, and more than ${LARGEST_BYTES / 1e6} MB do not fit into a WebAssembly engine's memory.`,
  );
}

/** @throws ModelError where more threads are wanted than an engine has. */
export function requireOneThread(engine: string, path: string, threads: number, why: string): void {
  if (threads > 1) throw cannotRun(engine, path, `${why} Choose one thread.`);
}

/** What was given for an input. Throws ModelError where it is missing or does not fit. */
export function requireFeed(
  engine: string,
  path: string,
  { name, type, shape }: Signature,
  feeds: Feeds,
): NumericData {
  const feed = feeds[name];
  if (feed === undefined) throw new ModelError(`The input "${name}" was not given.`, { file: path });
  const bytes = byteLength(type, elementCount(shape as number[]) ?? 0);
  if (Array.isArray(feed.data) || feed.type !== type || feed.data.byteLength !== bytes) {
    const given = `${feed.type} ${feed.shape.join('×')}`;
    throw cannotRun(
      engine,
      path,
      `the input "${name}" is ${type} ${shape.join('×')} in the file, and was given as ${given}; shapes cannot be changed for this engine.`,
    );
  }
  return feed.data;
}
