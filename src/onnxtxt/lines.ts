/** A place as editors count: lines and characters from 0, characters in UTF-16. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** Lines of a text: offsets into it from positions, and back. */
export class Lines {
  /** Offset at which each line starts. */
  private readonly starts: number[] = [0];

  constructor(private readonly source: string) {
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  position(offset: number): Position {
    const line = lastAtMost(this.starts.length, (index) => this.starts[index] ?? 0, offset);
    return { line, character: offset - (this.starts[line] ?? 0) };
  }

  /** Of a position behind the end of its line, that end. */
  offset({ line, character }: Position): number {
    const start = this.starts[line];
    if (start === undefined) return this.source.length;
    return Math.min(start + character, (this.starts[line + 1] ?? this.source.length + 1) - 1);
  }
}

/** Index of the last of `count` ascending keys that is at most `wanted`; -1 when all are greater. */
export function lastAtMost(count: number, key: (index: number) => number, wanted: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (key(middle) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
