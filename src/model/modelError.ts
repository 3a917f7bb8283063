import type { Problem } from './model';

/** Something that is wrong with what the user gave us. The message is one sentence for people. */
export class ModelError extends Error {
  readonly file: string | undefined;
  readonly node: string | undefined;
  readonly offset: number | undefined;

  constructor(
    message: string,
    where: { file?: string | undefined; node?: string | undefined; offset?: number | undefined } = {},
    cause?: unknown,
  ) {
    super(oneLine(message), cause === undefined ? undefined : { cause });
    this.name = 'ModelError';
    this.file = where.file;
    this.node = where.node;
    this.offset = where.offset;
  }

  get problem(): Problem {
    return {
      message: this.message,
      ...(this.node === undefined ? {} : { node: this.node }),
      ...(this.offset === undefined ? {} : { offset: this.offset }),
    };
  }
}

/** Names in it come from files: line breaks would make several sentences of one, other control characters hide it. */
function oneLine(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** What the user asked for contradicts itself or the file: the terminal answers it as wrong usage. */
export class UsageError extends ModelError {}

/** A result was built and did not pass its check, so it was not kept: the terminal's exit status 3. */
export class CheckError extends ModelError {}

/** A part of the program itself is missing or does not fit this computer: nothing that the user opened is at fault. */
export class InstallationError extends ModelError {
  /** @param part the package or file that cannot be loaded */
  static of(part: string, cause: unknown): InstallationError {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    return new InstallationError(
      `A part of Model Caliper itself cannot be loaded, ${part} (${reason}): install Model Caliper again.`,
      {},
      cause,
    );
  }
}

/** Other programs took so much of the processor that a figure would say more of them than of the model. */
export class TooBusyError extends ModelError {}
