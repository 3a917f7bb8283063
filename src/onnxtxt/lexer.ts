export type TokenKind =
  | 'word'
  | 'string'
  | 'int'
  | 'float'
  | '=>'
  | '...'
  /** One character that is a mark of the syntax. */
  | '<'
  | '>'
  | '('
  | ')'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | ':'
  | '='
  | '.'
  | '@'
  | '?'
  /** A character that the syntax does not have, or a string without an end. */
  | 'bad'
  | 'end';

const MARKS: ReadonlySet<string> = new Set('<>()[]{},:=.@?');

/** Reads a text token by token; what was read last is in its fields. Never throws, whatever the text. */
export class Lexer {
  kind: TokenKind = 'end';
  start = 0;
  end = 0;
  /** The token is the first one on its line. */
  lineStart = true;

  constructor(readonly source: string) {
    this.advance();
  }

  /** Text of the token; of a string with its quotes. */
  get text(): string {
    return this.source.slice(this.start, this.end);
  }

  advance(): void {
    this.skipSpace();
    this.start = this.end;
    const { source, start } = this;
    if (start >= source.length) {
      this.kind = 'end';
      return;
    }
    const code = source.charCodeAt(start);
    if (isLetter(code)) this.word();
    else if (code === QUOTE) this.string();
    else if (isDigit(code) || code === MINUS) this.number();
    else if (source.startsWith('=>', start)) this.mark('=>', 2);
    else if (source.startsWith('...', start)) this.mark('...', 3);
    else if (code === ELLIPSIS) this.mark('...', 1);
    else {
      const character = source.charAt(start);
      this.mark(MARKS.has(character) ? (character as TokenKind) : 'bad', 1);
    }
  }

  /** Goes back to a token that is the first one on its line. */
  seekLine(start: number): void {
    this.end = start;
    this.advance();
    this.lineStart = true;
  }

  private mark(kind: TokenKind, length: number): void {
    this.kind = kind;
    this.end = this.start + length;
  }

  /** White space, and comments: from `#` to the end of the line. */
  private skipSpace(): void {
    const { source } = this;
    let at = this.end;
    this.lineStart = at === 0;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === NEWLINE) this.lineStart = true;
      else if (code === HASH) {
        const newline = source.indexOf('\n', at);
        at = (newline < 0 ? source.length : newline) - 1;
      } else if (code !== SPACE && !(code >= TAB && code <= RETURN)) break;
    }
    this.end = at;
  }

  private word(): void {
    const { source } = this;
    let at = this.start + 1;
    while (at < source.length && isWordCharacter(source.charCodeAt(at))) at++;
    this.kind = 'word';
    this.end = at;
  }

  /** A string may reach over lines. One that never ends is taken to end with its line. */
  private string(): void {
    const { source } = this;
    for (let at = this.start + 1; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) {
        this.kind = 'string';
        this.end = at + 1;
        return;
      }
    }
    const newline = source.indexOf('\n', this.start);
    this.kind = 'bad';
    this.end = newline < 0 ? source.length : newline;
  }

  private number(): void {
    NUMBER.lastIndex = this.start;
    const [found] = NUMBER.exec(this.source) ?? [];
    if (found === undefined) this.mark('bad', 1);
    else this.mark(/^-?\d+$/.test(found) ? 'int' : 'float', found.length);
  }
}

const NUMBER = /-?(?:\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?|\b(?:inf|infinity|nan)\b)/iy;

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const MINUS = 45;
const BACKSLASH = 92;
const ELLIPSIS = 0x2026;

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordCharacter(code: number): boolean {
  return isLetter(code) || isDigit(code);
}
