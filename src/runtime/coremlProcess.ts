import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { ModelError } from '../model/modelError';

/** A program that speaks for Core ML, and how long it may take; tests have one of their own. */
export interface CoreMlProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Milliseconds until it counts as stuck. Compiling a model for the Neural Engine takes minutes at most. */
  readonly patienceMs: number;
}

/** Lines of its own or of the frameworks in it that are kept to explain a failure. */
const KEPT_LINES = 20;
/** Of what is no answer, enough to recognize it. */
const LONGEST = 80;
/** A program that has nothing to do ends at once; removing what it compiled takes a moment. */
const CLOSING_MS = 2000;

interface Waiting {
  resolve(result: Record<string, unknown>): void;
  reject(reason: string): void;
}

/**
 * A program that answers requests one after the other: a line of JSON each, `{action, …}` there and `{result}` or
 * `{error}` back. Whatever it does else (ending, saying nothing, saying something else) is a ModelError for all that
 * is asked from then on. Lines that do not look like JSON are frameworks talking, and no answer.
 */
export class CoreMlProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #said: string[] = [];
  #waiting: Waiting | null = null;
  /** Why it cannot be asked any more. */
  #broken: string | null = null;

  constructor(
    private readonly program: CoreMlProgram,
    private readonly path: string,
  ) {
    this.#child = spawn(program.command, program.args);
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.#keep(line));
    this.#child.on('error', (error) =>
      this.#break(`${program.command} could not be started: ${error.message}`),
    );
    this.#child.on('close', (code, signal) =>
      this.#break(`its process ended (${signal ?? `exit code ${code}`})`),
    );
    // A program that is gone says so by `close`.
    this.#child.stdin.on('error', () => {});
  }

  async ask(action: string, details: object = {}): Promise<Record<string, unknown>> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        if (this.#broken !== null) return reject(this.#error(this.#broken));
        this.#waiting = { resolve, reject: (reason) => reject(this.#error(reason)) };
        const seconds = this.program.patienceMs / 1000;
        timer = setTimeout(
          () => this.#break(`it did not answer for ${seconds} seconds`),
          this.program.patienceMs,
        );
        this.#child.stdin.write(`${ascii(JSON.stringify({ action, ...details }))}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
    }
  }

  /** Lets it end; one that does not is ended. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined)
      return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSING_MS);
    this.#child.stdin.end();
    await ended;
    clearTimeout(timer);
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) {
      this.#keep(line);
      return;
    }
    const { result, error } = parse(line);
    if (isRecord(result)) this.#waiting?.resolve(result);
    else if (typeof error === 'string') this.#waiting?.reject(error);
    else this.#break(`it said something that is no answer: ${line.slice(0, LONGEST)}`);
  }

  #keep(line: string): void {
    this.#said.push(line);
    if (this.#said.length > KEPT_LINES) this.#said.shift();
  }

  #break(reason: string): void {
    if (this.#broken !== null) return;
    this.#broken = reason;
    this.#child.kill('SIGKILL');
    this.#waiting?.reject(reason);
  }

  #error(reason: string): ModelError {
    const sentence = `Core ML cannot run ${basename(this.path)}: ${reason.replace(/\.$/, '')}.`;
    return new ModelError(sentence, { file: this.path }, new Error(this.#said.join('\n')));
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Whether something that was parsed is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ascii(json: string): string {
  return json.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
