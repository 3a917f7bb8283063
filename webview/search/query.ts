import type { TableRow } from '../model/rows';
import { SEARCH_FIGURES, type SearchFigure, SHARE } from './figureTerms';

/** What weights and attributes say: by word, in lower case, the rows that mention it. */
export type Mentions = ReadonlyMap<string, ReadonlySet<number>>;

/** What somebody looks for: every term must hold. */
export interface Query {
  /** Words that a row may mention anywhere, in lower case. */
  readonly words: readonly string[];
  /** What is wrong with it, with what is possible; '' where nothing is. */
  readonly problem: string;
  matches(row: TableRow, mentions: Mentions): boolean;
}

type Term = (row: TableRow, mentions: Mentions) => boolean;
type Compare = (value: number, wanted: number) => boolean;

const COMPARISONS: Readonly<Record<string, Compare>> = {
  '>=': (value, wanted) => value >= wanted,
  '<=': (value, wanted) => value <= wanted,
  '>': (value, wanted) => value > wanted,
  '<': (value, wanted) => value < wanted,
  '=': (value, wanted) => value === wanted,
};

/** Texts of a row that a term can name; `type` is that of its first output. */
const FIELDS: Readonly<Record<string, (row: TableRow) => readonly string[]>> = {
  op: ({ op }) => [op],
  name: ({ name }) => [name],
  tensor: ({ outputs }) => outputs.map(({ name }) => name),
  type: ({ outputs }) => outputs.flatMap(({ type }) => type ?? []),
};

/** What a term can be, for whoever finds nothing. */
export const POSSIBLE_TERMS = `Words, ${Object.keys(FIELDS)
  .map((field) => `${field}:…`)
  .join(', ')}, or figures: ${SEARCH_FIGURES.map(({ example }) => example).join(', ')}`;

/**
 * Words that a row mentions in its name, operator, tensors, weights or attributes, `op:conv` in one of them, and
 * `macs>10M` of a figure. Spaces part them, but not between quotes.
 */
export function parseQuery(text: string): Query {
  const terms: Term[] = [];
  const words: string[] = [];
  const problems: string[] = [];
  for (const part of partsOf(text)) {
    const term = part.quoted ? null : specialTerm(part.text);
    if (typeof term === 'string') problems.push(term);
    else if (term !== null) terms.push(term);
    else {
      const word = part.text.toLowerCase();
      words.push(word);
      terms.push((row, mentions) => mentionsWord(row, word) || (mentions.get(word)?.has(row.index) ?? false));
    }
  }
  return {
    words,
    problem: problems.join(' '),
    matches: (row, mentions) => problems.length === 0 && terms.every((term) => term(row, mentions)),
  };
}

interface Part {
  readonly text: string;
  readonly quoted: boolean;
}

function partsOf(text: string): Part[] {
  return [...text.matchAll(/"([^"]+)"?|[^\s"]+/g)].map(([whole, quoted]) => ({
    text: quoted ?? whole,
    quoted: quoted !== undefined,
  }));
}

/** A term of a field or a figure, or what is wrong with it; null for a word. */
function specialTerm(text: string): Term | string | null {
  const field = /^([a-z]+):(.+)$/i.exec(text);
  const valuesOf = FIELDS[field?.[1]?.toLowerCase() ?? ''];
  if (field !== null && valuesOf !== undefined) {
    const wanted = (field[2] ?? '').toLowerCase();
    return (row) => valuesOf(row).some((value) => value.toLowerCase().includes(wanted));
  }
  // Names hold `=` and colons; what is compared is said by `<` and `>`, or by a figure's own name.
  const compared = /^([^<>=]+)(>=|<=|>|<|=)(.*)$/.exec(text);
  if (compared === null) return null;
  const [, name = '', sign = '', number = ''] = compared;
  const figure = SEARCH_FIGURES.find(({ names }) => names.includes(name.toLowerCase()));
  if (figure !== undefined) return figureTerm(figure, sign, number);
  if (sign === '=') return null;
  const known = SEARCH_FIGURES.map(({ names }) => names[0]).join(', ');
  return `There is no figure “${name}”: there are ${known}.`;
}

function figureTerm(figure: SearchFigure, sign: string, text: string): Term | string {
  const [, digits = '', unit = ''] = /^([+-]?\d+(?:[.,]\d+)?(?:e[+-]?\d+)?)\s*([a-zµ%]*)$/i.exec(text) ?? [];
  const isShare = unit === '%' && figure.names[0] === 'latency';
  const compared = isShare ? SHARE : figure;
  const factor = Object.hasOwn(compared.units, unit.toLowerCase())
    ? compared.units[unit.toLowerCase()]
    : undefined;
  const compare = COMPARISONS[sign];
  if (digits === '' || factor === undefined || compare === undefined)
    return `“${text}” is nothing to compare ${figure.names[0]} with: write ${figure.example}.`;
  const wanted = Number(digits.replace(',', '.')) * factor;
  return (row) => {
    const value = compared.value(row);
    return value !== null && compare(value, wanted);
  };
}

function mentionsWord(row: TableRow, word: string): boolean {
  return (
    row.id.toLowerCase() === word ||
    row.name.toLowerCase().includes(word) ||
    row.op.toLowerCase().includes(word) ||
    row.outputs.some((output) => output.name.toLowerCase().includes(word))
  );
}

let latest: { text: string; query: Query } | null = null;

/** The same query for the same text, so that it is parsed once for all rows. */
export function queryOf(text: string): Query {
  if (latest?.text !== text) latest = { text, query: parseQuery(text) };
  return latest.query;
}
