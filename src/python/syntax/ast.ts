import type { Statement } from './statement';

/** Where something is written: offsets from the start of the statement at the top level that holds it. */
export interface Site {
  readonly owner: Statement;
  readonly start: number;
  readonly end: number;
}

export interface Argument {
  /** Keyword; null = by position. */
  readonly name: string | null;
  /** `*values` and `**values`. */
  readonly star: '' | '*' | '**';
  readonly value: Expression;
}

export interface Parameter {
  readonly name: string;
  readonly star: '' | '*' | '**';
  readonly default: Expression | null;
  /** The type that stands with it; null = none. */
  readonly annotation: Expression | null;
  /** It stands after `*`, so only its name reaches it. */
  readonly keywordOnly: boolean;
}

export interface Call {
  readonly type: 'call';
  readonly callee: Expression;
  readonly args: readonly Argument[];
  /** The callee's text, which is what an editor shows as the constructor's name. */
  readonly site: Site;
}

export type ComprehensionClause =
  | { readonly type: 'for'; readonly target: Expression; readonly iterable: Expression }
  | { readonly type: 'if'; readonly test: Expression };

/** An expression of Python, as far as building a network needs it; the rest is `opaque`. */
export type Expression =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'constant'; readonly value: number | string | boolean | null }
  | { readonly type: 'format'; readonly parts: readonly (string | Expression)[] }
  | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly type: 'subscript'; readonly object: Expression; readonly index: Expression }
  | {
      readonly type: 'slice';
      readonly from: Expression | null;
      readonly to: Expression | null;
      readonly step: Expression | null;
    }
  | Call
  | {
      readonly type: 'sequence';
      readonly of: 'list' | 'tuple' | 'set';
      readonly items: readonly Expression[];
    }
  | { readonly type: 'star'; readonly value: Expression }
  | {
      readonly type: 'dict';
      /** A key that is null stands for `**value`. */
      readonly entries: readonly { readonly key: Expression | null; readonly value: Expression }[];
    }
  | {
      readonly type: 'comprehension';
      readonly of: 'list' | 'set' | 'dict' | 'generator';
      readonly key: Expression | null;
      readonly element: Expression;
      readonly clauses: readonly ComprehensionClause[];
    }
  | {
      readonly type: 'conditional';
      readonly test: Expression;
      readonly value: Expression;
      readonly otherwise: Expression;
    }
  | { readonly type: 'lambda'; readonly parameters: readonly Parameter[]; readonly body: Expression }
  | {
      readonly type: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly type: 'boolean';
      readonly operator: 'and' | 'or';
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: 'compare';
      readonly operators: readonly string[];
      readonly operands: readonly Expression[];
    }
  | { readonly type: 'walrus'; readonly name: string; readonly value: Expression }
  | { readonly type: 'opaque'; readonly text: string };

export interface FunctionDefinition {
  readonly type: 'function';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly StatementNode[];
  readonly decorators: readonly Expression[];
  /** The name in the definition. */
  readonly site: Site;
}

export interface ClassDefinition {
  readonly type: 'class';
  readonly name: string;
  readonly bases: readonly Argument[];
  readonly body: readonly StatementNode[];
  readonly decorators: readonly Expression[];
  readonly site: Site;
}

export type StatementNode =
  | { readonly type: 'expression'; readonly value: Expression }
  | {
      readonly type: 'assign';
      readonly targets: readonly Expression[];
      readonly value: Expression;
      /** The type that stands with it; null = none. */
      readonly annotation: Expression | null;
      /** The first target as it is written. */
      readonly site: Site;
    }
  /** `name: type` without a value. */
  | { readonly type: 'declare'; readonly target: Expression; readonly annotation: Expression }
  | { readonly type: 'delete'; readonly targets: readonly Expression[] }
  | {
      readonly type: 'augment';
      readonly target: Expression;
      readonly operator: string;
      readonly value: Expression;
    }
  | { readonly type: 'return'; readonly value: Expression | null }
  | {
      readonly type: 'if';
      readonly branches: readonly { readonly test: Expression; readonly body: readonly StatementNode[] }[];
      readonly otherwise: readonly StatementNode[];
    }
  | {
      readonly type: 'for';
      readonly target: Expression;
      readonly iterable: Expression;
      readonly body: readonly StatementNode[];
      readonly otherwise: readonly StatementNode[];
    }
  | { readonly type: 'while'; readonly test: Expression; readonly body: readonly StatementNode[] }
  | {
      readonly type: 'with';
      readonly items: readonly { readonly value: Expression; readonly target: Expression | null }[];
      readonly body: readonly StatementNode[];
    }
  | {
      readonly type: 'try';
      readonly body: readonly StatementNode[];
      readonly handlers: readonly (readonly StatementNode[])[];
      readonly otherwise: readonly StatementNode[];
      readonly last: readonly StatementNode[];
    }
  | FunctionDefinition
  | ClassDefinition
  | {
      readonly type: 'import';
      readonly names: readonly { readonly path: string; readonly alias: string | null }[];
    }
  | {
      readonly type: 'importFrom';
      readonly module: string;
      /** null = `*`. */
      readonly names: readonly { readonly name: string; readonly alias: string }[] | null;
    }
  | { readonly type: 'global'; readonly names: readonly string[] }
  | { readonly type: 'jump'; readonly jump: 'break' | 'continue' | 'raise' | 'pass' };
