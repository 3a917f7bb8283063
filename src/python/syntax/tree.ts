import type { TreeCursor } from 'web-tree-sitter';
import { CONVERSION_DEPTH } from '../limits';

/** A node of the syntax tree, taken over from the parser's memory once, because every look there is a call. */
export interface TreeNode {
  /** As the grammar calls it; an operator or keyword is its own name. */
  readonly type: string;
  readonly field: string | null;
  /** UTF-16 offsets from the start of the statement. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly TreeNode[];
}

const NONE: readonly TreeNode[] = [];

/** Takes over what the cursor stands on. `tick` is called now and then, because a file may be long. */
export function takeOver(cursor: TreeCursor, origin: number, tick: () => void, depth = 0): TreeNode {
  const { nodeType: type, currentFieldName: field, startIndex, endIndex } = cursor;
  let children: readonly TreeNode[] = NONE;
  if (type === 'block' || type === 'call') tick();
  if (depth < CONVERSION_DEPTH && cursor.gotoFirstChild()) {
    const list: TreeNode[] = [];
    do {
      if (counts(cursor)) list.push(takeOver(cursor, origin, tick, depth + 1));
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
    children = list;
  }
  return { type, field, start: startIndex - origin, end: endIndex - origin, children };
}

/** Punctuation and keywords say nothing that the node around them does not; operators are fields of theirs. */
function counts(cursor: TreeCursor): boolean {
  if (!cursor.nodeIsNamed) return cursor.currentFieldId !== 0;
  return cursor.nodeType !== 'comment' && cursor.nodeType !== 'line_continuation';
}
