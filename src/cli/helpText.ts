/** Columns that help has on every terminal: it is read beside other windows, and pasted into tickets. */
export const HELP_WIDTH = 80;

/** So little is left of a line beside a column that the text goes on below it. */
const MIN_BESIDE = 24;

/**
 * Lines that are too long go on below where their text began: behind what they explain where two columns stand side by
 * side. A command goes on as a shell takes it.
 */
export function wrapHelp(text: string, width = HELP_WIDTH): string {
  return paragraphs(text.split('\n'), width)
    .map((line) => wrapLine(line, width))
    .join('\n');
}

/** A paragraph that was broken for a wider page is one line again. */
function paragraphs(lines: readonly string[], width: number): string[] {
  const joinedLines: string[] = [];
  for (const line of lines) {
    const last = joinedLines.at(-1);
    if (last !== undefined && last.length > width && /^\S/.test(last) && /^\S/.test(line))
      joinedLines[joinedLines.length - 1] = `${last} ${line}`;
    else joinedLines.push(line);
  }
  return joinedLines;
}

function wrapLine(line: string, width: number): string {
  if (line.length <= width) return line;
  const [, indent = '', term = '', gap = '', rest = ''] =
    /^(\s*)(\S.*?)(?:(\s{2,})(\S.*))?$/.exec(line) ?? [];
  const behind = indent.length + term.length + gap.length;
  if (rest !== '' && behind + MIN_BESIDE <= width) {
    return joined(line.slice(0, behind), rest.split(' '), ' '.repeat(behind), '', width);
  }
  if (rest !== '') {
    const below = `${indent}    `;
    return `${wrapLine(`${indent}${term}`, width)}\n${joined(below, rest.split(' '), below, '', width)}`;
  }
  if (!term.startsWith('caliper ')) return joined(indent, term.split(' '), indent, '', width);
  // An option stays beside its value.
  return joined(indent, term.split(/ (?=--?[a-z])/), `${indent}  `, ' \\', width);
}

/** Words in lines; every line but the last ends with `end`. */
function joined(start: string, words: readonly string[], indent: string, end: string, width: number): string {
  const lines: string[] = [];
  let line = start;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length + end.length > width) {
      lines.push(`${line}${end}`);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
