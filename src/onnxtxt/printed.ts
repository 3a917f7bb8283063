import { printModel } from './printer';
import type { TextModel } from './syntax';

/**
 * Characters of a text that are shown: editors hand no more than 50 Mi to extensions, so that beyond it nothing but
 * the text would be there (CWE-770).
 */
const MAX_TEXT = 48 * 2 ** 20;

/** Lines that are joined at a time: what a line is composed of is garbage from then on, before it is moved about. */
const BATCH = 128;

/** A model's text as an editor shows it; where it is too long its end says so. */
export function printedText(model: TextModel, limit = MAX_TEXT): string {
  const parts: string[] = [];
  let lines: string[] = [];
  let length = 0;
  for (const line of printModel(model)) {
    length += line.length + 1;
    if (length > limit) {
      const megabytes = Math.round(limit / 2 ** 20);
      lines.push('', `# The text ends here, after ${megabytes} MB: "caliper text" prints all of it.`);
      break;
    }
    if (lines.push(line) < BATCH) continue;
    parts.push(lines.join('\n'));
    lines = [];
  }
  return `${[...parts, ...lines].join('\n')}\n`;
}
