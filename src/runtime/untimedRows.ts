import type { Graph } from '../model/model';
import { bodyPath } from '../model/nodeId';
import type { LayerLatency } from '../protocol/reports';

/** All nodes, of which nothing is said, those of bodies behind the node that they are in. */
export function untimedRows(graph: Graph, path = ''): LayerLatency[] {
  return graph.nodes.flatMap(({ name, op, bodies }, index) => [
    { id: `${path}${index}`, name, op, medianMs: null, share: null },
    ...bodies.flatMap(({ role, graph: body }, place) =>
      untimedRows(body, bodyPath(`${path}${index}`, role, place)),
    ),
  ]);
}
