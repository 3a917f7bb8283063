import type { Lines } from './lines';
import type { Places } from './places';

/** Editors fold no more regions than this (CWE-770). */
const MAX_FOLDS = 5000;

/** First and last line of what can be folded: graphs and functions, headers, lists of tensors, nodes with graphs. */
export function folds({ graphs, lists, nodes }: Places, lines: Lines): [first: number, last: number][] {
  const calling = [...new Set(graphs.map(({ node }) => node))].flatMap((node) => nodes[node ?? -1] ?? []);
  const bodies = graphs.map(({ name, end }) => ({ start: name.start, end }));
  return [...bodies, ...lists, ...calling]
    .map(({ start, end }): [number, number] => [lines.position(start).line, lines.position(end).line])
    .filter(([first, last]) => last > first)
    .slice(0, MAX_FOLDS);
}
