import { createHash } from 'node:crypto';
import type { NodeId } from '../model/nodeId';
import { type Assignment, staysInFloat, withFloat } from '../model/precision';
import type { FoundMix, Mix } from './searchTask';

/** The candidate with everything in int8 that can be. */
export const ALL = 'int8-all';

/** Why a layer is in float that the user named. */
export const ASKED = 'asked for';

/** A name for a set of layers in float. */
export function idOf(float: Iterable<NodeId>): string {
  const ids = [...float].sort();
  if (ids.length === 0) return ALL;
  return `mix-${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 8)}`;
}

/** It has everything in int8 that can be. */
export function isAll({ id }: FoundMix): boolean {
  return id === ALL;
}

/** What is made of an assignment with these layers in float besides, and why each of them is. */
export function candidate<B extends object>(
  { assignment, build }: Assigned<B>,
  chosen: ReadonlyMap<NodeId, string>,
): B & Pick<Mix, 'assignment' | 'kept'> {
  const own = withFloat(assignment, chosen.keys());
  const asked = [...assignment.keys()].filter((layer) => staysInFloat(assignment, layer));
  const kept = new Map([...chosen, ...asked.map((layer) => [layer, ASKED] as const)]);
  return { ...build(own), assignment: own, kept };
}

/** The assignment with these layers alone in integers, by their indices. */
export function withOnly(
  assignment: Assignment,
  layers: readonly { readonly id: NodeId }[],
  some: readonly number[],
): Assignment {
  const wanted = new Set(some);
  return withFloat(
    assignment,
    layers.flatMap(({ id }, index) => (wanted.has(index) ? [] : [id])),
  );
}

/** Everything in int8 that can be and may be. */
export function everything<B extends object>(task: Assigned<B>): B & Pick<Mix, 'assignment' | 'kept'> {
  return candidate(task, new Map());
}

/** What an assignment is made into. */
interface Assigned<B> {
  readonly assignment: Assignment;
  readonly build: (assignment: Assignment) => B;
}
