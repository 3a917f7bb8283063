/** Characters that are not seen but do something: they move a terminal's cursor, hide or turn round text. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text for everything that is printed. Names come from files that strangers made: of theirs, nothing controls a
 * terminal, begins a line or hides what follows.
 */
export function printable(text: string): string {
  return text.replace(INVISIBLE, '\uFFFD');
}

/** The same for JSON, where such characters are written as escapes and so lose nothing. */
export function printableJson(json: string): string {
  return json.replace(INVISIBLE, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
