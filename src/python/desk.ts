import type { Parser } from 'web-tree-sitter';
import { analyzeSource } from './analyze';
import type { LayerCall, Position, SourceFile } from './sourceFile';
import { PythonDocument, type TextEdit } from './syntax/document';

interface Entry {
  readonly document: PythonDocument;
  version: number;
  /** The last finished reading; null before the first. */
  file: SourceFile | null;
  /** Version that `file` was read from. */
  read: number;
  /** How long that took, in milliseconds. */
  duration: number;
  /** What changed since, so that a position can be found in the text that was read. */
  readonly edits: LineEdit[];
}

/** How an edit moves the lines after it. */
interface LineEdit {
  readonly line: number;
  readonly lines: number;
}

/** Thrown by `tick` to end a reading whose text has changed. */
export class Outdated extends Error {}

/** Documents that are open, and what was found in them. */
export class SourceDesk {
  private readonly entries = new Map<string, Entry>();

  /** @param tick called often while a document is read; what it throws ends the reading */
  constructor(
    private readonly parser: Parser,
    private readonly tick: () => void,
  ) {}

  open(uri: string, version: number, text: string): void {
    const before = this.entries.get(uri);
    before?.document.close();
    const document = new PythonDocument(this.parser, text);
    // What was found before is shown until the new text is read.
    const { file = null, read = -1, duration = 0 } = before ?? {};
    this.entries.set(uri, { document, version, file, read, duration, edits: [] });
  }

  /** @returns whether the text is as long as it should be now */
  edit(uri: string, version: number, edits: readonly TextEdit[], length: number): boolean {
    const entry = this.entries.get(uri);
    if (!entry) return false;
    for (const edit of edits) {
      const { line, lines } = entry.document.edit(edit);
      if (lines !== 0) entry.edits.push({ line, lines });
    }
    entry.version = version;
    return entry.document.length === length;
  }

  close(uri: string): void {
    this.entries.get(uri)?.document.close();
    this.entries.delete(uri);
  }

  has(uri: string): boolean {
    return this.entries.has(uri);
  }

  /** Whether its last reading is of the text as it is. */
  isCurrent(uri: string): boolean {
    const entry = this.entries.get(uri);
    return entry !== undefined && entry.read === entry.version;
  }

  /** Milliseconds that reading it took the last time; null before the first. */
  durationOf(uri: string): number | null {
    const entry = this.entries.get(uri);
    return entry?.file ? entry.duration : null;
  }

  /** Reads a document; throws what `tick` throws. @returns the version that was read */
  read(uri: string): number | null {
    const entry = this.entries.get(uri);
    if (!entry) return null;
    const { version } = entry;
    const start = performance.now();
    entry.file = analyzeSource(entry.document.read(this.tick), this.tick);
    entry.duration = performance.now() - start;
    entry.read = version;
    entry.edits.length = 0;
    return version;
  }

  fileOf(uri: string): SourceFile | null {
    return this.entries.get(uri)?.file ?? null;
  }

  /** The constructor at a position of the text as it is now. */
  callAt(uri: string, position: Position): LayerCall | null {
    const entry = this.entries.get(uri);
    if (!entry?.file) return null;
    const line = entry.edits.reduceRight((at, edit) => lineBefore(at, edit), position.line);
    const call = entry.file.calls.find(({ range }) => covers(range, { ...position, line }));
    if (!call || line === position.line) return call ?? null;
    const moved = position.line - line;
    const { start, end } = call.range;
    return {
      ...call,
      range: { start: { ...start, line: start.line + moved }, end: { ...end, line: end.line + moved } },
    };
  }
}

/** Where a line was before an edit. */
function lineBefore(at: number, { line, lines }: LineEdit): number {
  return at > line ? Math.max(line, at - lines) : at;
}

function covers({ start, end }: LayerCall['range'], at: Position): boolean {
  if (at.line < start.line || at.line > end.line) return false;
  if (at.line === start.line && at.character < start.character) return false;
  return at.line !== end.line || at.character <= end.character;
}
