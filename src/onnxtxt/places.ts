/** Where a text says what: offsets into it. Collected while it is parsed, in the order of the text. */
export interface Places {
  readonly graphs: GraphPlace[];
  readonly nodes: NodePlace[];
  readonly mentions: Mention[];
  /** Lists that are worth folding away: headers, and values of graphs. */
  readonly lists: Span[];
  readonly problems: TextProblem[];
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TextProblem extends Span {
  readonly message: string;
}

export interface GraphPlace {
  readonly name: Span;
  readonly text: string;
  /** The graph around it; null for the main graph and functions. */
  readonly parent: number | null;
  /** The node that it is an attribute of, as index into `nodes`. */
  readonly node: number | null;
  /** Domain of the function that it is; null for graphs. */
  readonly domain: string | null;
  readonly start: number;
  /** Behind its last brace; until that was read, its start. */
  end: number;
  /** First and last place of its nodes in the list of nodes, those of inner graphs included. */
  firstNode: number;
  endNode: number;
  firstMention: number;
  endMention: number;
}

export interface NodePlace extends Span {
  /** Index of its graph, and its index in that graph; -1 where it could not be read. */
  readonly graph: number;
  readonly position: number;
  /** Its operator, with the domain. */
  readonly operator: Span;
  readonly domain: string;
  readonly op: string;
  readonly label: string;
}

/** What a name does where it stands. */
export type Role =
  /** A graph's input. */
  | 'input'
  | 'initializer'
  /** The output of a node. */
  | 'given'
  /** Stated by type alone. */
  | 'typed'
  /** The output of a graph. */
  | 'output'
  /** The input of a node. */
  | 'taken'
  /** A graph that is written as a function. */
  | 'function';

/** A name of a tensor or, where its role says so, of a function. */
export interface Mention extends Span {
  readonly name: string;
  readonly graph: number;
  readonly role: Role;
  /** Index into `nodes` of the node that gives or takes it; null outside of nodes. */
  readonly node: number | null;
}
