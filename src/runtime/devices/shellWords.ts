/** What no POSIX shell reads as anything but itself. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * A command line for a POSIX shell in which every word stays as it is, whatever it holds: devices hand what they are
 * given to a shell (CWE-78).
 *
 * @throws Error for a word with a NUL, which no command line can hold
 */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  if (word.includes('\0')) throw new Error('A word of a command line holds a NUL.');
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
