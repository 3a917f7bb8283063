import { Edit, type Parser, type Point, type Tree } from 'web-tree-sitter';
import { PARSING_TIME } from '../limits';
import { Statement } from './statement';
import { readStatement } from './statements';
import { takeOver } from './tree';

/** A piece of text that is replaced; offsets are UTF-16 units of the text before it. */
export interface TextEdit {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** The text of one Python source and its syntax, kept while edits come. */
export class PythonDocument {
  private tree: Tree | null = null;
  /** Statements of the last reading by their text: what an edit did not touch is not converted again. */
  private known = new Map<string, Statement[]>();

  constructor(
    private readonly parser: Parser,
    private text: string,
  ) {}

  /** Characters of the text. */
  get length(): number {
    return this.text.length;
  }

  /** @returns the line where it begins, and by how many lines it moves those after it */
  edit({ offset, length, text }: TextEdit): { line: number; lines: number } {
    const startPosition = pointAt(this.text, offset);
    const oldEndPosition = pointAt(this.text, offset + length);
    this.text = this.text.slice(0, offset) + text + this.text.slice(offset + length);
    const newEndIndex = offset + text.length;
    const newEndPosition = pointAt(this.text, newEndIndex);
    this.tree?.edit(
      new Edit({
        startIndex: offset,
        oldEndIndex: offset + length,
        newEndIndex,
        startPosition,
        oldEndPosition,
        newEndPosition,
      }),
    );
    return { line: startPosition.row, lines: newEndPosition.row - oldEndPosition.row };
  }

  /**
   * The statements at the top level as they are now.
   * @param tick called every few microseconds to milliseconds; what it throws ends the reading
   * @param limit milliseconds that parsing may take; a source that takes longer has no statements
   */
  read(tick: () => void, limit = PARSING_TIME): Statement[] {
    const old = this.tree;
    this.tree = this.parse(old, limit);
    old?.delete();
    const found: Statement[] = [];
    const cursor = this.tree?.walk();
    if (cursor?.gotoFirstChild())
      do {
        const { startIndex, endIndex, startPosition } = cursor;
        const text = this.text.slice(startIndex, endIndex);
        let statement = this.known.get(text)?.pop();
        if (!statement) {
          statement = new Statement(text);
          if (cursor.nodeIsNamed && cursor.nodeType !== 'comment')
            statement.nodes = readStatement(statement, takeOver(cursor, startIndex, tick));
        }
        statement.place(startPosition.row, startPosition.column);
        found.push(statement);
      } while (cursor.gotoNextSibling());
    cursor?.delete();
    this.known = byText(found);
    return found;
  }

  /** null when the limit is over. */
  private parse(old: Tree | null, limit: number): Tree | null {
    const end = performance.now() + limit;
    const isLate = () => performance.now() > end;
    // One step of the parser may look at all that is left, so that it is told of an early end as well.
    const read = (index: number) => (isLate() ? undefined : this.text.slice(index, index + CHUNK));
    const tree = this.parser.parse(read, old, { progressCallback: isLate });
    if (tree !== null && !isLate()) return tree;
    tree?.delete();
    // Else it would go on where it was ended.
    this.parser.reset();
    return null;
  }

  /** Frees the parser's memory, which no garbage collector knows of. */
  close(): void {
    this.tree?.delete();
    this.tree = null;
  }
}

/** Characters that the parser is handed at a time. */
const CHUNK = 16_384;

function byText(statements: readonly Statement[]): Map<string, Statement[]> {
  const map = new Map<string, Statement[]>();
  for (const statement of statements) {
    const same = map.get(statement.text);
    if (same) same.push(statement);
    else map.set(statement.text, [statement]);
  }
  return map;
}

function pointAt(text: string, offset: number): Point {
  let row = 0;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    row++;
    lineStart = at + 1;
  }
  return { row, column: offset - lineStart };
}
