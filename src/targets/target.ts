import type { Rule } from './checks';
import type { Layer } from './layer';

/** Where models are deployed, and what it asks of them: of the model as a whole, and of each layer, as tables. */
export interface Target {
  readonly id: string;
  readonly name: string;
  /** Where a layer runs that meets everything: `the GPU`. */
  readonly place: string;
  /** What becomes of the others: `fall back to the CPU`. */
  readonly otherwise: string;
  /** What everything here is taken from. */
  readonly sources: readonly Source[];
  /** What a reader of the answer must know: it is deprecated, it is a hint alone. */
  readonly caution?: string;
  /** Of the model as a whole. */
  readonly rules: readonly Rule[];
  /** Ids of the formats that it takes. */
  readonly formats: readonly string[];
  /** By id of the format; absent where nothing public says what becomes of single layers. */
  readonly layers?: Readonly<Record<string, LayerTable>>;
  /** Only what comes before the first layer that does not run there does. */
  readonly firstPartOnly?: string;
  /** It has an arena of its own kind in RAM. */
  readonly memory?: 'micro';
}

/** A public document, and as of when it was read. */
export interface Source {
  readonly title: string;
  readonly url: string;
  /** Version or commit of the document. */
  readonly version: string;
  /** Day on which it was looked at. */
  readonly looked: string;
}

/** What is asked of operators. */
export interface LayerTable {
  /** By name of the operator: everything that is asked of it. */
  readonly operators: Readonly<Record<string, readonly Condition[]>>;
  /** Asked of all that the table has, before what is their own. */
  readonly every?: readonly Condition[];
  /** Operators of which the sources do not say enough, with what they say. */
  readonly open?: Readonly<Record<string, string>>;
  /** Asked of operators that the table does not have, where `others` is not all that is known of them. */
  readonly any?: readonly Condition[];
  /** What an operator is that the table does not have. */
  readonly others: 'falls back' | 'unknown';
}

/** Something that is asked of a layer. */
export interface Condition {
  readonly id: string;
  check(layer: Layer): Verdict;
}

/** null: it holds. */
export type Verdict = Refusal | null;

/** Why a layer does not run there, or why that is not known. */
export interface Refusal {
  readonly status: 'falls back' | 'unknown';
  readonly reason: string;
  /** What to change. */
  readonly fix?: string;
}

/** It does not run there. */
export function refused(reason: string, fix?: string): Refusal {
  return { status: 'falls back', reason, ...(fix !== undefined && { fix }) };
}

/** The file, or what is public, does not say. */
export function open(reason: string, fix?: string): Refusal {
  return { status: 'unknown', reason, ...(fix !== undefined && { fix }) };
}

/** With a capital, as it begins a sentence. */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** The same conditions for several operators. */
export function each(
  operators: readonly string[],
  ...conditions: readonly Condition[]
): Record<string, readonly Condition[]> {
  return Object.fromEntries(operators.map((op) => [op, conditions]));
}

/** The names in a text, which spaces and line ends divide: a table of a hundred operators is read by lines. */
export function operators(names: string): string[] {
  return names.trim().split(/\s+/);
}
