import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { ModelError, UsageError } from '../model/modelError';
import type { TextSpan } from '../protocol/budgets';

/** What people write by hand is some kilobytes (CWE-770). */
const MAX_BYTES = 2 ** 20;
/** The schema nests 5 deep; the parser calls itself for each level (CWE-674). */
const MAX_DEPTH = 32;

/** Tokens of the scanner that open and close a level. */
const OPENS = new Set([1, 3]);
const CLOSES = new Set([2, 4]);
const END = 17;

/** Something is wrong at a place of `caliper.json`. */
export class ConfigError extends UsageError {
  constructor(
    message: string,
    file: string,
    readonly at: TextSpan,
  ) {
    super(`${file}:${at.line}:${at.column}: ${message}`, { file });
  }
}

/** JSON with comments, of which every value knows its place. */
export class Source {
  readonly root: Node;
  private readonly lines: number[] = [0];

  /**
   * @param name of the file, for errors
   * @throws ConfigError where it is no such JSON.
   */
  constructor(
    readonly name: string,
    text: string,
  ) {
    if (text.length > MAX_BYTES) throw new ModelError(`${name} is larger than 1 MB, so it is not read.`);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lines.push(at + 1);
    this.checkDepth(text);
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { allowTrailingComma: true });
    if (root === undefined) throw this.error({ offset: 0, length: 0 }, 'the file is empty.');
    const [first] = errors;
    if (first !== undefined) throw this.error(first, sentenceOf(printParseErrorCode(first.error)));
    this.root = root;
  }

  /** Where a value or key stands. */
  span({ offset, length }: Pick<Node, 'offset' | 'length'>): TextSpan {
    const [start, end] = [this.place(offset), this.place(offset + length)];
    return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  }

  /** What is thrown for something at a place. */
  error(node: Pick<Node, 'offset' | 'length'>, message: string): ConfigError {
    return new ConfigError(message, this.name, this.span(node));
  }

  private place(offset: number): { line: number; column: number } {
    let [low, high] = [0, this.lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.lines[low] ?? 0) + 1 };
  }

  private checkDepth(text: string): void {
    const scanner = createScanner(text, true);
    let depth = 0;
    for (let token: number = scanner.scan(); token !== END; token = scanner.scan()) {
      if (OPENS.has(token)) depth++;
      if (CLOSES.has(token)) depth--;
      if (depth > MAX_DEPTH)
        throw this.error(
          { offset: scanner.getTokenOffset(), length: 1 },
          `more than ${MAX_DEPTH} levels within each other.`,
        );
    }
  }
}

/** `PropertyNameExpected` as words. */
function sentenceOf(code: string): string {
  const words = code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return `${words.replace(/^close/, 'closing').replace(/ end of/, ' end of ')}.`.replace('  ', ' ');
}
