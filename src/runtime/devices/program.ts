import { spawn } from 'node:child_process';
import { accessSync, constants, createReadStream, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** What a program said until it ended. */
export interface Ended {
  /** Exit status; null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramSettings {
  /** Ends the program, with those that it started. */
  readonly signal: AbortSignal;
  /** A program that has not ended by then is ended. */
  readonly limitMs: number;
  /** A file that it reads as its input. */
  readonly input?: string;
}

/** Characters of its output that are kept: a profile of 100,000 layers has 20 million; a device may say anything (CWE-770). */
const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs a program without a shell and without a terminal, so that nothing of it can ask for a password.
 *
 * @throws the signal's reason when it was aborted, the system's error when it does not start
 */
export async function runProgram(
  path: string,
  words: readonly string[],
  { signal, limitMs, input }: ProgramSettings,
): Promise<Ended> {
  signal.throwIfAborted();
  // In a session of its own: Ctrl+C in the terminal is for us, who tidy up first.
  const own = process.platform !== 'win32';
  const child = spawn(path, words, {
    detached: own,
    windowsHide: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      if (own) process.kill(-child.pid, 'SIGKILL');
      else child.kill();
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener('abort', end);
  const timer = setTimeout(end, limitMs);
  try {
    const texts = [child.stdout, child.stderr].map((stream) => collect(stream, end));
    if (input !== undefined && child.stdin !== null) feed(child.stdin, input, end);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    const [stdout = '', stderr = ''] = texts.map((text) => text());
    return { status, stdout, stderr };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** A program that reads no more says itself why. */
function feed(stdin: NodeJS.WritableStream, file: string, end: () => void): void {
  stdin.on('error', () => {});
  createReadStream(file).on('error', end).pipe(stdin);
}

/** Carriage returns are Android's before version 7, and of progress bars. */
function collect(stream: NodeJS.ReadableStream | null, end: () => void): () => string {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (piece: string) => {
    text += piece;
    if (text.length > MAX_OUTPUT) end();
  });
  return () => text.slice(0, MAX_OUTPUT).replace(/\r+\n/g, '\n');
}

/** The first of the folders' files of this name that can be run; folders that are no whole paths are not looked into. */
export function findProgram(name: string, folders: readonly string[]): string | null {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (
    folders
      .filter(isAbsolute)
      .map((folder) => join(folder, file))
      .find(canRun) ?? null
  );
}

/** Folders of the PATH. */
export function searchPath(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter);
}

/** Whether a path is a file that may be executed. */
export function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
