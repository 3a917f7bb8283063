import { Lexer, type TokenKind } from './lexer';
import { unquoted } from './names';
import type { GraphPlace, Mention, Places, Role, Span } from './places';

/** Problems of a text that are worth listing: a file of another kind has one on every line (CWE-770). */
const MAX_PROBLEMS = 100;

/**
 * Graphs in graphs, types in types, lists in lists: exporters nest a few; more would exhaust the stack
 * (CWE-674).
 */
const MAX_DEPTH = 100;

/** What is thrown where a text cannot be read on. Without a stack: a damaged text throws once a line. */
export const UNREADABLE = Symbol('unreadable');

/** The parser's place in the text, and what it found so far. */
export class Cursor {
  readonly places: Places = { graphs: [], nodes: [], mentions: [], lists: [], problems: [] };
  /** Index of the graph that is being read, and of the node. */
  graph = 0;
  node: number | null = null;
  /** Behind the last token that was taken. */
  behind = 0;
  private readonly lexer: Lexer;
  private depth = 0;
  /** Where the token is that began the last line. */
  private line = 0;

  constructor(source: string) {
    this.lexer = new Lexer(source);
  }

  get kind(): TokenKind {
    return this.lexer.kind;
  }

  get start(): number {
    return this.lexer.start;
  }

  get text(): string {
    return this.lexer.text;
  }

  get lineStart(): boolean {
    return this.lexer.lineStart;
  }

  /** The token stands at the very beginning of its line. */
  get atLineBegin(): boolean {
    const { source, start } = this.lexer;
    return start === 0 || source.charCodeAt(start - 1) === 10;
  }

  get atName(): boolean {
    return this.kind === 'word' || this.kind === 'string';
  }

  /** Asked rather than compared, since the kind changes with every token. */
  at(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.kind);
  }

  skip(): void {
    this.behind = this.lexer.end;
    this.lexer.advance();
    if (this.lexer.lineStart) this.line = this.lexer.start;
  }

  take(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.skip();
    return true;
  }

  expect(kind: TokenKind, what = `'${kind}'`): void {
    if (!this.take(kind)) this.fail(`${what} is missing`);
  }

  /** A word, or anything in quotes. */
  name(what: string): string {
    if (!this.atName) this.fail(`${what} is missing`);
    return this.kind === 'word' ? this.word(what) : this.string(what);
  }

  word(what: string): string {
    const { text } = this;
    this.expect('word', what);
    return text;
  }

  /** Behind `...` it is cut short, which its reader need not know. */
  string(what: string): string {
    const { text } = this;
    this.expect('string', what);
    this.take('...');
    return unquoted(text.slice(1, -1));
  }

  /** @throws UNREADABLE */
  fail(message: string): never {
    const { start, end } = this.lexer;
    this.report({ start, end: Math.max(end, start) }, message);
    throw UNREADABLE;
  }

  report(at: Span, message: string): void {
    if (this.places.problems.length < MAX_PROBLEMS)
      this.places.problems.push({ ...at, message: `${message}.` });
  }

  /** Reads something that may hold its like. */
  nested<T>(read: () => T): T {
    if (this.depth >= MAX_DEPTH) this.fail(`this lies more than ${MAX_DEPTH} levels deep`);
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** The name of a tensor, and that it stands here. */
  mention(role: Role): string {
    const { start } = this;
    const name = this.name('a name');
    this.note(name, role, { start, end: this.behind });
    return name;
  }

  note(name: string, role: Role, { start, end }: Span): void {
    const mention: Mention = { name, role, start, end, graph: this.graph, node: this.node };
    if (name !== '') this.places.mentions.push(mention);
  }

  /** Reads one item; false when it could not be read and what belongs to it has to be skipped. */
  attempt(read: () => void): boolean {
    const { depth, node, graph } = this;
    try {
      read();
      return true;
    } catch (error) {
      if (error !== UNREADABLE) throw error;
      this.depth = depth;
      this.node = node;
      this.graph = graph;
      return false;
    }
  }

  /** Back to the beginning of the line, unless that is where the reading began: what was found on it is forgotten. */
  backToLine(began: number): void {
    const { line, places } = this;
    if (line <= began) return;
    this.lexer.seekLine(line);
    for (const list of [places.graphs, places.nodes, places.mentions, places.lists]) {
      while ((list.at(-1)?.start ?? -1) >= line) list.pop();
    }
  }

  /** To the next line that is not within braces which opened meanwhile, or to a brace that closes. */
  skipLines(): void {
    for (let open = 0; this.kind !== 'end'; this.skip()) {
      if (this.kind === '{') open++;
      else if (this.kind === '}' && open-- === 0) return;
      else if (this.lineStart && open <= 0) return;
    }
  }

  openGraph(place: Pick<GraphPlace, 'name' | 'text' | 'parent' | 'node' | 'domain' | 'start'>): GraphPlace {
    const { graphs, nodes, mentions } = this.places;
    const opened = {
      ...place,
      end: place.start,
      firstNode: nodes.length,
      endNode: nodes.length,
      firstMention: mentions.length,
      endMention: mentions.length,
    };
    this.graph = graphs.length;
    graphs.push(opened);
    return opened;
  }
}
