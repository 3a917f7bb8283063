import type { StatementNode } from './ast';

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
