import type { SourceLens } from '../python/hover/lenses';
import type { LayerCall, Position, SourceFile } from '../python/sourceFile';
import type { TextEdit } from '../python/syntax/document';
import type { ParserFiles } from '../python/syntax/parser';

/** What the source thread is started with. */
export type SourceThreadData = ParserFiles;

/** What the thread is told; nothing of it is answered. Versions are the editor's. */
export type SourceNews =
  | { readonly kind: 'open'; readonly uri: string; readonly version: number; readonly text: string }
  | {
      readonly kind: 'edit';
      readonly uri: string;
      readonly version: number;
      readonly edits: readonly TextEdit[];
      /** Characters of the text after them, so that a text that drifted is noticed. */
      readonly length: number;
    }
  | { readonly kind: 'close'; readonly uri: string };

/**
 * Questions about a document that is open. Until it was read once they wait; then the last reading answers. null: it
 * is not open.
 */
export interface SourceQuestions {
  /** The constructor at a position; null = none. */
  hover: { params: { uri: string; position: Position }; result: LayerCall | null };
  lenses: { params: { uri: string }; result: readonly SourceLens[] | null };
  file: { params: { uri: string }; result: SourceFile | null };
}

export type SourceQuestionKind = keyof SourceQuestions;

/** What the thread tells by itself. */
export type SourceReport =
  /** A reading of a document is finished. */
  | { readonly kind: 'analyzed'; readonly uri: string; readonly version: number }
  /** The thread's text of a document is not the editor's: it must be opened anew. */
  | { readonly kind: 'drifted'; readonly uri: string };
