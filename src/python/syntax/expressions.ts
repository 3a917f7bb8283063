import type { Argument, ComprehensionClause, Expression, Parameter, Site } from './ast';
import { formatParts, numberValue, stringValue } from './literals';
import type { Statement } from './statement';
import type { TreeNode } from './tree';

/** Converts the expressions of one statement, and notes the calls that it meets. */
export class ExpressionReader {
  constructor(private readonly statement: Statement) {}

  text(node: TreeNode): string {
    return this.statement.text.slice(node.start, node.end);
  }

  site(node: TreeNode): Site {
    return { owner: this.statement, start: node.start, end: node.end };
  }

  /** A child by its field; what the grammar says is there may be missing in a text that is being typed. */
  optional(node: TreeNode, field: string): Expression | null {
    const child = node.children.find((one) => one.field === field);
    return child ? this.read(child) : null;
  }

  child(node: TreeNode, field: string): Expression {
    return this.optional(node, field) ?? opaque('');
  }

  readAll(nodes: readonly TreeNode[]): Expression[] {
    return nodes.map((node) => this.read(node));
  }

  read(node: TreeNode): Expression {
    const nth = (index: number): Expression => {
      const child = node.children[index];
      return child ? this.read(child) : opaque('');
    };
    switch (node.type) {
      case 'identifier':
      case 'keyword_identifier':
        return { type: 'name', name: this.text(node) };
      case 'dotted_name':
        return dotted(this.text(node));
      case 'integer':
      case 'float':
        return constantOr(numberValue(this.text(node)), this.text(node));
      case 'true':
        return { type: 'constant', value: true };
      case 'false':
        return { type: 'constant', value: false };
      case 'none':
        return { type: 'constant', value: null };
      case 'string':
        return this.readString(node);
      case 'concatenated_string':
        return { type: 'format', parts: this.readAll(node.children) };
      case 'attribute':
        return {
          type: 'attribute',
          object: this.child(node, 'object'),
          name: this.fieldText(node, 'attribute'),
        };
      case 'subscript':
        return this.readSubscript(node);
      case 'slice':
        return this.readSlice(node);
      // `List[int]` where a type stands.
      case 'generic_type':
        return {
          type: 'subscript',
          object: nth(0),
          index: { type: 'sequence', of: 'tuple', items: this.readAll(node.children[1]?.children ?? []) },
        };
      case 'call':
        return this.readCall(node);
      case 'list':
      case 'tuple':
      case 'set':
        return { type: 'sequence', of: node.type, items: this.readAll(node.children) };
      case 'expression_list':
      case 'pattern_list':
      case 'tuple_pattern':
        return { type: 'sequence', of: 'tuple', items: this.readAll(node.children) };
      case 'list_pattern':
        return { type: 'sequence', of: 'list', items: this.readAll(node.children) };
      case 'list_splat':
      case 'list_splat_pattern':
        return { type: 'star', value: nth(0) };
      case 'dictionary':
        return { type: 'dict', entries: node.children.map((entry) => this.readEntry(entry)) };
      case 'list_comprehension':
      case 'set_comprehension':
      case 'dictionary_comprehension':
      case 'generator_expression':
        return this.readComprehension(node);
      case 'conditional_expression':
        return { type: 'conditional', value: nth(0), test: nth(1), otherwise: nth(2) };
      case 'lambda': {
        const parameters = node.children.find((child) => child.field === 'parameters');
        return {
          type: 'lambda',
          parameters: this.readParameters(parameters),
          body: this.child(node, 'body'),
        };
      }
      case 'binary_operator':
        return {
          type: 'binary',
          operator: this.fieldText(node, 'operator'),
          left: this.child(node, 'left'),
          right: this.child(node, 'right'),
        };
      case 'unary_operator':
        return {
          type: 'unary',
          operator: this.fieldText(node, 'operator'),
          operand: this.child(node, 'argument'),
        };
      case 'not_operator':
        return { type: 'unary', operator: 'not', operand: this.child(node, 'argument') };
      case 'boolean_operator':
        return {
          type: 'boolean',
          operator: this.fieldText(node, 'operator') === 'and' ? 'and' : 'or',
          left: this.child(node, 'left'),
          right: this.child(node, 'right'),
        };
      case 'comparison_operator': {
        const operators = node.children.filter((child) => child.field === 'operators');
        const operands = node.children.filter((child) => child.field !== 'operators');
        return {
          type: 'compare',
          operators: operators.map((one) => this.text(one).split(/\s+/).join(' ')),
          operands: this.readAll(operands),
        };
      }
      case 'named_expression':
        return { type: 'walrus', name: this.fieldText(node, 'name'), value: this.child(node, 'value') };
      case 'parenthesized_expression':
      case 'parenthesized_list_splat':
      case 'await':
      case 'type':
        return node.children.length === 1 ? nth(0) : this.readOpaque(node);
      default:
        return this.readOpaque(node);
    }
  }

  readArguments(list: TreeNode | undefined): Argument[] {
    if (list === undefined) return [];
    // `f(x for x in y)` has the generator where the list of arguments would stand.
    if (list.type === 'generator_expression') return [{ name: null, star: '', value: this.read(list) }];
    return list.children.map((node): Argument => {
      const first = node.children[0];
      if (node.type === 'keyword_argument')
        return { name: this.fieldText(node, 'name'), star: '', value: this.child(node, 'value') };
      if (node.type === 'list_splat' && first) return { name: null, star: '*', value: this.read(first) };
      if (node.type === 'dictionary_splat' && first)
        return { name: null, star: '**', value: this.read(first) };
      return { name: null, star: '', value: this.read(node) };
    });
  }

  readParameters(list: TreeNode | undefined): Parameter[] {
    const found: Parameter[] = [];
    let keywordOnly = false;
    for (const node of list?.children ?? []) {
      if (node.type === 'keyword_separator') keywordOnly = true;
      const name = parameterName(node);
      if (!name) continue;
      const star =
        name.type === 'list_splat_pattern' ? '*' : name.type === 'dictionary_splat_pattern' ? '**' : '';
      const written = this.text(star === '' ? name : (name.children[0] ?? name));
      const [value, annotation] = [this.optional(node, 'value'), this.optional(node, 'type')];
      found.push({ name: written, star, default: value, annotation, keywordOnly });
      if (star === '*') keywordOnly = true;
    }
    return found;
  }

  /** What is not followed; what is called inside of it is still a call. */
  readOpaque(node: TreeNode): Expression {
    for (const child of node.children) this.read(child);
    return opaque(this.text(node));
  }

  fieldText(node: TreeNode, field: string): string {
    const child = node.children.find((one) => one.field === field);
    return child ? this.text(child) : '';
  }

  private readCall(node: TreeNode): Expression {
    const callee = node.children.find((child) => child.field === 'function');
    if (!callee) return this.readOpaque(node);
    const args = this.readArguments(node.children.find((child) => child.field === 'arguments'));
    const call = { type: 'call', callee: this.read(callee), args, site: this.site(callee) } as const;
    this.statement.calls.push(call);
    return call;
  }

  private readString(node: TreeNode): Expression {
    const parts = formatParts(node, this.statement.text, (child) => this.child(child, 'expression'));
    if (parts) return { type: 'format', parts };
    return constantOr(stringValue(this.text(node)), this.text(node));
  }

  private readSubscript(node: TreeNode): Expression {
    const indices = node.children.filter((child) => child.field === 'subscript');
    const [only] = indices;
    const index: Expression =
      indices.length === 1 && only
        ? this.read(only)
        : { type: 'sequence', of: 'tuple', items: this.readAll(indices) };
    return { type: 'subscript', object: this.child(node, 'value'), index };
  }

  /** The grammar drops the colons, so the text between the parts says which part is which. */
  private readSlice(node: TreeNode): Expression {
    const parts: (Expression | null)[] = [null, null, null];
    let part = 0;
    let at = node.start;
    for (const child of node.children) {
      part += this.statement.text.slice(at, child.start).split(':').length - 1;
      parts[part] = this.read(child);
      at = child.end;
    }
    return { type: 'slice', from: parts[0] ?? null, to: parts[1] ?? null, step: parts[2] ?? null };
  }

  private readEntry(entry: TreeNode): { key: Expression | null; value: Expression } {
    if (entry.type === 'pair') return { key: this.child(entry, 'key'), value: this.child(entry, 'value') };
    const inner = entry.children[0];
    return { key: null, value: inner ? this.read(inner) : opaque(this.text(entry)) };
  }

  private readComprehension(node: TreeNode): Expression {
    const clauses: ComprehensionClause[] = [];
    for (const clause of node.children) {
      const first = clause.children[0];
      if (clause.type === 'for_in_clause')
        clauses.push({
          type: 'for',
          target: this.child(clause, 'left'),
          iterable: this.child(clause, 'right'),
        });
      else if (clause.type === 'if_clause' && first) clauses.push({ type: 'if', test: this.read(first) });
    }
    const of = node.type.slice(0, node.type.indexOf('_')).replace('dictionary', 'dict');
    const body = node.children.find((child) => child.field === 'body');
    if (!body) return this.readOpaque(node);
    const pair = body.type === 'pair';
    return {
      type: 'comprehension',
      of: of as 'list' | 'set' | 'dict' | 'generator',
      key: pair ? this.child(body, 'key') : null,
      element: pair ? this.child(body, 'value') : this.read(body),
      clauses,
    };
  }
}

/** The node that names a parameter, whatever type and default stand with it. */
function parameterName(node: TreeNode): TreeNode | undefined {
  switch (node.type) {
    case 'identifier':
    case 'list_splat_pattern':
    case 'dictionary_splat_pattern':
      return node;
    case 'typed_parameter':
      return node.children[0];
    case 'default_parameter':
    case 'typed_default_parameter':
      return node.children.find((child) => child.field === 'name');
    default:
      return undefined;
  }
}

function dotted(text: string): Expression {
  const [first = '', ...rest] = text.split('.').map((part) => part.trim());
  return rest.reduce<Expression>((object, name) => ({ type: 'attribute', object, name }), {
    type: 'name',
    name: first,
  });
}

export function opaque(text: string): Expression {
  return { type: 'opaque', text };
}

function constantOr(value: number | string | null, text: string): Expression {
  return value === null ? opaque(text) : { type: 'constant', value };
}
