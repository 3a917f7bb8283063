import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { writeWhole } from '../files/place';
import { reason } from '../files/systemError';
import { ModelError } from '../model/modelError';
import { jsonLines } from '../protocol/json';
import { printable } from '../protocol/printable';

/** Lines are handed to the system in pieces of about so many characters. */
const PIECE = 64 * 1024;

/** Columns of the terminal; null where output goes to a file or another program, which want whole names. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? process.stdout.columns : null;
}

/**
 * Prints a text, or one in pieces of which no string could hold all.
 *
 * @throws ModelError when a file or a device does not take it; where a pipe does not, `watchOutput` ends the process.
 */
export async function print(pieces: Iterable<string>): Promise<void> {
  const write = isFile() ? (piece: string) => writeToFile(piece) : writeToStream;
  let waiting = '';
  for (const piece of typeof pieces === 'string' ? [pieces] : pieces) {
    waiting += piece;
    if (waiting.length < PIECE) continue;
    await write(waiting);
    waiting = '';
  }
  if (waiting !== '') await write(waiting);
}

export function printJson(report: object): Promise<void> {
  return print(jsonLines(report));
}

/** Ends the process with a sentence when nobody takes its output: quietly where whoever reads has seen enough. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EOF') process.exit(0);
    process.stderr.write(`caliper: ${cannotPrint(error).message}\n`);
    process.exit(1);
  });
  // There is nobody left to tell.
  process.stderr.on('error', () => {});
}

function cannotPrint(error: unknown): ModelError {
  return new ModelError(`The output cannot be written: ${reason(error)}.`, {}, error);
}

/** Node's own stream for files drops what the system did not take of a piece: the end of a disk that becomes full. */
function isFile(): boolean {
  try {
    const status = fstatSync(process.stdout.fd);
    return status.isFile() || (status.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}

function writeToFile(text: string): void {
  try {
    writeWhole(process.stdout.fd, text);
  } catch (error) {
    throw cannotPrint(error);
  }
}

async function writeToStream(text: string): Promise<void> {
  // Whoever reads may be slower: what is not taken yet must not pile up.
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Parts with an empty line between them; those without a text are left out. */
export function* sections(parts: readonly (Iterable<string> | null)[]): Generator<string> {
  let first = true;
  for (const part of parts) {
    if (part === null || part === '') continue;
    if (!first) yield '\n';
    first = false;
    if (typeof part === 'string') yield part;
    else yield* part;
  }
}

/** Lines `label   value`, labels padded to the same width; lines without a value are left out. */
export function facts(lines: readonly (readonly [label: string, value: string | null])[]): string {
  const known = lines.filter(([, value]) => value !== null && value !== '');
  const width = known.reduce((widest, [label]) => Math.max(widest, label.length), 0);
  return known
    .map(([label, value]) => `${printable(label).padEnd(width)}  ${printable(value ?? '')}\n`)
    .join('');
}
