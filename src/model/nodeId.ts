import type { InferredGraph, InferredNode } from './inference';
import type { Node, Problem } from './model';

/**
 * Which node of its model a node is, whatever it is called: its index in the main graph (`12`), and in a body the way
 * there (`3/then_branch/0`). A graph that several nodes call is one graph with many places: its nodes have the ids that
 * they have in the first call, and each row of a table has that of its own call.
 */
export type NodeId = string;

/** A role that says which body it is and is no longer than people write; others, such as a function's odd name, are counted. */
const ROLE = /^[A-Za-z_][\w.[\]-]{0,63}$/;

/** How ids of the nodes in a body begin; their index follows. The main graph's begin with ''. */
export function bodyPath(id: NodeId, role: string, place: number): string {
  return `${id}/${ROLE.test(role) ? role : place}/`;
}

/** The bodies that a node with this id enters, with how the ids of their nodes begin there. */
export function enteredBodies(
  id: NodeId,
  { node, bodies }: InferredNode,
): { readonly body: InferredGraph; readonly path: string }[] {
  let place = -1;
  return bodies.map((body) => {
    // Bodies that are not looked into are left out; the others keep their order.
    place = node.bodies.findIndex(({ graph }, index) => index > place && graph === body.graph);
    return { body, path: bodyPath(id, node.bodies[place]?.role ?? '', place) };
  });
}

/** Where a problem says that it is, as far as it is about a node. */
export type ProblemPlace = Pick<Problem, 'node' | 'nodeId'>;

/** What a problem says of the node that it is about. */
export function about({ name, id }: Pick<Node, 'name' | 'id'>): ProblemPlace {
  return { node: name, nodeId: id };
}
