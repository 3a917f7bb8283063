/** Who is to blame: what the user gave, the wish, a result that failed its check, this installation, other programs, us. */
export type ErrorKind = 'model' | 'usage' | 'check' | 'installation' | 'busy' | 'internal';

/** Where in the user's files something is wrong, as far as it is known. */
export interface ErrorPlace {
  readonly file?: string | undefined;
  readonly node?: string | undefined;
  /** In bytes from the start of the file. */
  readonly offset?: number | undefined;
}

/** An error as it is sent from thread to thread, from process to process, and to a page. */
export interface SentError extends ErrorPlace {
  /** A sentence for people, but for kind `internal`. */
  readonly message: string;
  readonly kind: ErrorKind;
  /** For the log: the stack and the causes. */
  readonly detail?: string;
}

/** The sentence, followed by the file, node and byte as far as it does not name them itself. */
export function withPlace({
  message,
  file,
  node,
  offset,
}: ErrorPlace & { readonly message: string }): string {
  const parts = [
    file === undefined || message.includes(baseName(file)) ? null : file,
    node === undefined || message.includes(node) ? null : `node ${node}`,
    offset === undefined || message.includes(String(offset)) ? null : `byte ${offset}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? message : `${message} (${parts.join(', ')})`;
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}
