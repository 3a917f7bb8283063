import type { ClassDefinition, Expression, FunctionDefinition, StatementNode } from './ast';
import { ExpressionReader, opaque } from './expressions';
import type { Statement } from './statement';
import type { TreeNode } from './tree';

/** Converts the syntax tree of a statement at the top level. */
export function readStatement(statement: Statement, node: TreeNode): StatementNode[] {
  return new StatementReader(new ExpressionReader(statement)).read(node);
}

class StatementReader {
  constructor(private readonly expressions: ExpressionReader) {}

  readAll(nodes: readonly TreeNode[]): StatementNode[] {
    return nodes.flatMap((node) => this.read(node));
  }

  read(node: TreeNode): StatementNode[] {
    const { expressions } = this;
    switch (node.type) {
      case 'expression_statement':
        return node.children.length === 1
          ? this.readAll(node.children)
          : [{ type: 'expression', value: expressions.readOpaque(node) }];
      case 'assignment':
        return this.readAssignment(node);
      case 'augmented_assignment':
        return [
          {
            type: 'augment',
            target: expressions.child(node, 'left'),
            operator: expressions.fieldText(node, 'operator').slice(0, -1),
            value: expressions.child(node, 'right'),
          },
        ];
      case 'return_statement': {
        const value = node.children[0];
        return [{ type: 'return', value: value ? expressions.read(value) : null }];
      }
      case 'if_statement':
        return [this.readIf(node)];
      case 'for_statement':
        return [
          {
            type: 'for',
            target: expressions.child(node, 'left'),
            iterable: expressions.child(node, 'right'),
            body: this.body(node),
            otherwise: this.readAll(
              node.children.filter((child) => child.type === 'else_clause').flatMap(inner),
            ),
          },
        ];
      case 'while_statement':
        return [{ type: 'while', test: expressions.child(node, 'condition'), body: this.body(node) }];
      case 'with_statement':
        return [this.readWith(node)];
      case 'try_statement':
        return [this.readTry(node)];
      case 'match_statement':
        return [this.readMatch(node)];
      case 'function_definition':
        return [this.readFunction(node, [])];
      case 'class_definition':
        return [this.readClass(node, [])];
      case 'decorated_definition':
        return this.readDecorated(node);
      case 'import_statement':
        return [this.readImport(node)];
      case 'import_from_statement':
        return [this.readImportFrom(node)];
      case 'global_statement':
      case 'nonlocal_statement':
        return [{ type: 'global', names: node.children.map((child) => expressions.text(child)) }];
      case 'break_statement':
        return [{ type: 'jump', jump: 'break' }];
      case 'continue_statement':
        return [{ type: 'jump', jump: 'continue' }];
      case 'raise_statement':
        return [{ type: 'jump', jump: 'raise' }];
      // Where the text is not finished, what is recognized within is still worth showing.
      case 'ERROR':
      case 'block':
        return this.readAll(node.children);
      case 'delete_statement':
        return [{ type: 'delete', targets: expressions.readAll(node.children) }];
      case 'pass_statement':
      case 'future_import_statement':
        return [];
      default:
        return [{ type: 'expression', value: expressions.read(node) }];
    }
  }

  private body(node: TreeNode, field = 'body'): StatementNode[] {
    return this.readAll(node.children.filter((child) => child.field === field));
  }

  private readAssignment(node: TreeNode): StatementNode[] {
    const { expressions } = this;
    const left = node.children.find((child) => child.field === 'left');
    const targets: Expression[] = [];
    let value = node;
    // `a = b = value` is an assignment whose right side is one.
    while (value.type === 'assignment') {
      const right = value.children.find((child) => child.field === 'right');
      if (!right) return declared(expressions.child(value, 'left'), expressions.optional(value, 'type'));
      targets.push(expressions.child(value, 'left'));
      value = right;
    }
    if (!left) return [];
    const annotation = expressions.optional(node, 'type');
    return [
      { type: 'assign', targets, value: expressions.read(value), annotation, site: expressions.site(left) },
    ];
  }

  private readIf(node: TreeNode): StatementNode {
    const clauses = node.children.filter((child) => child.type === 'elif_clause');
    const otherwise = node.children.find((child) => child.type === 'else_clause');
    const branches = [node, ...clauses].map((clause) => ({
      test: this.expressions.child(clause, 'condition'),
      body: this.body(clause, 'consequence'),
    }));
    return { type: 'if', branches, otherwise: otherwise ? this.body(otherwise) : [] };
  }

  private readWith(node: TreeNode): StatementNode {
    const { expressions } = this;
    const items = node.children
      .filter((child) => child.type === 'with_clause')
      .flatMap(inner)
      .flatMap((item) => item.children.filter((child) => child.field === 'value'))
      .map((value) => {
        const [held, target] = value.children;
        if (value.type !== 'as_pattern' || !held || !target)
          return { value: expressions.read(value), target: null };
        const named = target.children[0];
        return { value: expressions.read(held), target: named ? expressions.read(named) : null };
      });
    return { type: 'with', items, body: this.body(node) };
  }

  private readTry(node: TreeNode): StatementNode {
    const clause = (type: string) =>
      this.readAll(node.children.filter((one) => one.type === type).flatMap(inner));
    return {
      type: 'try',
      body: this.body(node),
      handlers: node.children
        .filter(({ type }) => type === 'except_clause' || type === 'except_group_clause')
        .map((one) => this.readAll(one.children.filter(({ type }) => type === 'block'))),
      otherwise: clause('else_clause'),
      last: clause('finally_clause'),
    };
  }

  /** Any of the cases may be the one, so they are branches whose conditions are not known. */
  private readMatch(node: TreeNode): StatementNode {
    const subject = node.children.find((child) => child.field === 'subject');
    const test = opaque(subject ? this.expressions.text(subject) : 'match');
    const cases = node.children.filter((child) => child.field === 'body').flatMap(inner);
    const branches = cases.map((one) => ({ test, body: this.body(one, 'consequence') }));
    return { type: 'if', branches, otherwise: [] };
  }

  private readDecorated(node: TreeNode): StatementNode[] {
    const decorators = node.children.filter((child) => child.type === 'decorator').flatMap(inner);
    const read = this.expressions.readAll(decorators);
    return node.children
      .filter((child) => child.field === 'definition')
      .flatMap((child) =>
        child.type === 'function_definition'
          ? this.readFunction(child, read)
          : child.type === 'class_definition'
            ? this.readClass(child, read)
            : this.read(child),
      );
  }

  private readFunction(node: TreeNode, decorators: readonly Expression[]): FunctionDefinition {
    const { expressions } = this;
    const name = node.children.find((child) => child.field === 'name') ?? node;
    const parameters = node.children.find((child) => child.field === 'parameters');
    return {
      type: 'function',
      name: expressions.text(name),
      parameters: expressions.readParameters(parameters),
      body: this.body(node),
      decorators,
      site: expressions.site(name),
    };
  }

  private readClass(node: TreeNode, decorators: readonly Expression[]): ClassDefinition {
    const { expressions } = this;
    const name = node.children.find((child) => child.field === 'name') ?? node;
    const bases = node.children.find((child) => child.field === 'superclasses');
    return {
      type: 'class',
      name: expressions.text(name),
      bases: expressions.readArguments(bases),
      body: this.body(node),
      decorators,
      site: expressions.site(name),
    };
  }

  private readImport(node: TreeNode): StatementNode {
    const names = node.children.map((child) => {
      if (child.type !== 'aliased_import') return { path: this.expressions.text(child), alias: null };
      return {
        path: this.expressions.fieldText(child, 'name'),
        alias: this.expressions.fieldText(child, 'alias'),
      };
    });
    return { type: 'import', names };
  }

  private readImportFrom(node: TreeNode): StatementNode {
    const { expressions } = this;
    const module = expressions.fieldText(node, 'module_name');
    if (node.children.some((child) => child.type === 'wildcard_import'))
      return { type: 'importFrom', module, names: null };
    const names = node.children
      .filter((child) => child.field === 'name')
      .map((child) => {
        const name =
          child.type === 'aliased_import' ? expressions.fieldText(child, 'name') : expressions.text(child);
        const alias = child.type === 'aliased_import' ? expressions.fieldText(child, 'alias') : name;
        return { name, alias };
      });
    return { type: 'importFrom', module, names };
  }
}

function declared(target: Expression, annotation: Expression | null): StatementNode[] {
  return annotation === null ? [] : [{ type: 'declare', target, annotation }];
}

function inner(node: TreeNode): readonly TreeNode[] {
  return node.children;
}
