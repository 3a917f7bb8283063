import type { Call, ClassDefinition, StatementNode } from './ast';

type Node = Readonly<Record<string, unknown>>;

/** Visits every node of a syntax tree, the outer ones first. */
function visit(value: unknown, look: (node: Node) => void): void {
  const stack: unknown[] = [value];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    // One by one: a list of a source may have more items than a call takes arguments.
    if (Array.isArray(at)) for (const one of at.toReversed()) stack.push(one);
    else if (typeof at === 'object' && at !== null) {
      const node = at as Node;
      look(node);
      // Where something is written leads to the statement and so back to all of it.
      for (const key of Object.keys(node)) if (key !== 'site' && node[key] !== null) stack.push(node[key]);
    }
  }
}

const called = new WeakMap<ClassDefinition, ReadonlySet<string>>();

/** Attributes of `self` that a class calls, as it does with modules that it holds. */
export function calledAttributes(definition: ClassDefinition): ReadonlySet<string> {
  const known = called.get(definition);
  if (known) return known;
  const found = new Set<string>();
  visit(definition.body, (node) => {
    if (node['type'] !== 'call') return;
    const { callee } = node as unknown as Call;
    if (callee.type === 'attribute' && callee.object.type === 'name' && callee.object.name === 'self')
      found.add(callee.name);
  });
  called.set(definition, found);
  return found;
}

/** Names that anything in a statement gives a value to: parameters, variables, what loops run over. */
export function boundNames(nodes: readonly StatementNode[]): Set<string> {
  const found = new Set<string>();
  const bind = (target: unknown) =>
    visit(target, (node) => {
      if (node['type'] === 'name' && typeof node['name'] === 'string') found.add(node['name']);
    });
  visit(nodes, (node) => {
    if ('star' in node && 'keywordOnly' in node && typeof node['name'] === 'string') found.add(node['name']);
    bind(node['targets']);
    bind(node['target']);
    if (node['type'] === 'walrus' && typeof node['name'] === 'string') found.add(node['name']);
  });
  return found;
}
