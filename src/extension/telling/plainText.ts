/** Has no width: between two characters it keeps them from being syntax, and nobody sees it. */
const BETWEEN = '\u200b';

/**
 * Text that the editor shows as it is, for whatever it takes for more: notifications make links of `[text](target)`,
 * which may run any command, and lists, lenses and outlines make icons of `$(name)`. Names in it come from files that
 * strangers made. Line breaks and characters that change the direction of text are blanks.
 */
export function asText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/[\]$](?=\()/g, (mark) => mark + BETWEEN);
}
