import { escapeMarkdown } from '../hover/markdown';

/** Markdown whose texts come from files that anybody may have written. */

/** Longer names would push everything else out of a hover. */
const MAX_TEXT = 80;

/** Text that is shown as it is, shortened in the middle. */
export function plain(text: string): string {
  const short =
    text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT / 2)}…${text.slice(1 - MAX_TEXT / 2)}` : text;
  return escapeMarkdown(short);
}

/** A link that opens a model's page at a row. */
export function rowLink(text: string, uri: string, row: string): string {
  // Round brackets would end the link.
  const given = encodeURIComponent(JSON.stringify([uri, row])).replaceAll(
    /[()']/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `[${plain(text)}](command:caliper.reveal?${given})`;
}

/** A table; cells are Markdown already. The first column names what the rows are. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const align = head.map((_, at) => (at === 0 ? ':--' : '--:'));
  return [line(head), line(align), ...rows.map(line)].join('\n');
}
