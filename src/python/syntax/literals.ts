import type { Expression } from './ast';
import type { TreeNode } from './tree';

/** Value of `1_000`, `0x1F`, `1e-3`, `.5`; null for imaginary numbers and what is no number. */
export function numberValue(text: string): number | null {
  const digits = text.replaceAll('_', '').toLowerCase();
  const value = /^0[box]/.test(digits) ? Number(digits) : Number(digits.replace(/l$/, ''));
  return Number.isFinite(value) && digits !== '' ? value : null;
}

const LITERAL = /^([a-z]*)("""|'''|"|')([\s\S]*)\2$/i;

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Value of a string without parts to fill in; null for bytes and what is not finished. */
export function stringValue(text: string): string | null {
  const [, prefix = '', , content] = LITERAL.exec(text) ?? [];
  if (content === undefined || /b/i.test(prefix)) return null;
  return /r/i.test(prefix) ? content : unescapeString(content);
}

function unescapeString(content: string): string {
  return content.replace(/\\([\s\S])/g, (whole, character: string) => ESCAPES[character] ?? whole);
}

/** Pieces of an f-string, or null for a string that has nothing to fill in. */
export function formatParts(
  node: TreeNode,
  text: string,
  read: (interpolation: TreeNode) => Expression,
): (string | Expression)[] | null {
  if (!node.children.some((child) => child.type === 'interpolation')) return null;
  const parts: (string | Expression)[] = [];
  const [begin, ...rest] = node.children;
  let at = begin?.end ?? node.start;
  for (const child of rest) {
    if (child.type !== 'interpolation') continue;
    parts.push(literal(text.slice(at, child.start)));
    // A format specification or conversion changes the text in ways that are not followed.
    const plain = child.children.every((one) => one.field === 'expression');
    const value = read(child);
    parts.push(plain ? value : { type: 'opaque', text: text.slice(child.start, child.end) });
    at = child.end;
  }
  const end = rest.at(-1);
  if (end?.type === 'string_end') parts.push(literal(text.slice(at, end.start)));
  return parts;
}

function literal(text: string): string {
  return unescapeString(text.replaceAll('{{', '{').replaceAll('}}', '}'));
}
