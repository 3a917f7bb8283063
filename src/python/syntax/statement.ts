import { itemAt } from '../../model/assert';
import type { Position, SourceRange } from '../sourceFile';
import type { Call, StatementNode } from './ast';

/**
 * A statement at the top level of a file. All places within are counted from its start, so that it stays as it is
 * when an edit above moves it.
 */
export class Statement {
  nodes: readonly StatementNode[] = [];
  /** Every call in it, in the order of the text. */
  readonly calls: Call[] = [];
  private lineStarts: readonly number[] | undefined;
  private row = 0;
  private column = 0;

  constructor(readonly text: string) {}

  /** Says where it stands now. */
  place(row: number, column: number): void {
    this.row = row;
    this.column = column;
  }

  range(start: number, end: number): SourceRange {
    return { start: this.position(start), end: this.position(end) };
  }

  private position(offset: number): Position {
    this.lineStarts ??= lineStarts(this.text);
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (itemAt(this.lineStarts, middle) <= offset) low = middle;
      else high = middle - 1;
    }
    const character = offset - itemAt(this.lineStarts, low) + (low === 0 ? this.column : 0);
    return { line: this.row + low, character };
  }
}

/** Offsets at which lines start; the line ends are those of editors. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 13 && text.charCodeAt(at + 1) === 10) at++;
    if (code === 10 || code === 13) starts.push(at + 1);
  }
  return starts;
}
