import type { InferredGraph, InferredNode } from '../model/inference';

/** A sum over all that one run of a graph does; null when a part is unknown, then `atLeast` is the rest. */
export interface Work {
  readonly total: number | null;
  readonly atLeast: number;
}

const NONE: Work = { total: 0, atLeast: 0 };

/** Adds up what `cost` says of each node, bodies as often as they run; of branches, the one that is taken. */
export function workOf(graph: InferredGraph, cost: (node: InferredNode) => number | null): Work {
  return add(graph.nodes.map((node) => workOfNode(node, cost)));
}

/** The same of one node with its bodies. */
export function workOfNode(node: InferredNode, cost: (node: InferredNode) => number | null): Work {
  const own = cost(node);
  return add([{ total: own, atLeast: own ?? 0 }, bodiesOf(node, cost)]);
}

function bodiesOf({ bodies, alternatives }: InferredNode, cost: (node: InferredNode) => number | null): Work {
  if (bodies.length === 0) return NONE;
  const works = bodies.map((body) => ({ runs: body.runs, work: workOf(body, cost) }));
  if (!alternatives || works.every(({ runs }) => runs !== null)) return add(works.map(times));
  const possible = works.filter(({ runs }) => runs !== 0).map(({ work }) => work);
  const [first] = possible;
  const same = possible.every(({ total }) => total === first?.total);
  return {
    total: same ? (first?.total ?? null) : null,
    atLeast: Math.min(...possible.map(({ atLeast }) => atLeast)),
  };
}

function times({ runs, work }: { runs: number | null; work: Work }): Work {
  if (runs === null) return { total: work.total === 0 ? 0 : null, atLeast: 0 };
  if (runs === 0) return NONE;
  return { total: work.total === null ? null : work.total * runs, atLeast: work.atLeast * runs };
}

function add(works: readonly Work[]): Work {
  let total: number | null = 0;
  let atLeast = 0;
  for (const work of works) {
    total = total === null || work.total === null ? null : total + work.total;
    atLeast += work.atLeast;
  }
  return { total, atLeast };
}
