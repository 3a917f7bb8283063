import { itemAt } from '../../../model/assert';
import { schemeOf } from '../../../model/precision';
import { DisjointSets } from '../../disjointSets';
import type { PlanNode } from '../../plan';
import { READS_EITHER } from './policy';

/** A product of activations. */
const MULTIPLIES = 'BATCH_MATMUL';

const BETWEEN_FLOAT =
  'it works between operators that have no integer kernel, and no product is beside it that integers would make faster';

/**
 * A plan in which integers are not brought in for nothing: nodes that hand integers on to each other, without a product
 * among them and beside a node that only computes in float, stay in float too. There conversions cost more than integers
 * save, and 8 bits lose what follows: the energies that a logarithm or a square root is given span many magnitudes.
 * @param opOf the operator of a node, by its place
 */
export function withoutIdleIslands(
  nodes: readonly PlanNode[],
  isConstant: (tensor: string) => boolean,
  opOf: (index: number) => string,
): PlanNode[] {
  const groups = new DisjointSets();
  const activationsOf = ({ role, inputs }: PlanNode) =>
    (role?.data ?? []).flatMap((at) => inputs[at] ?? []).filter((name) => !isConstant(name));
  for (const node of nodes) {
    if (node.role === null) continue;
    const names = [...activationsOf(node), ...node.outputs.filter((name) => name !== '')];
    for (const name of names) groups.join(itemAt(names, 0), name);
  }
  const withProduct = new Set<string>();
  const besideFloat = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const given = node.role === null ? [...node.inputs, ...node.outputs] : node.outputs;
    for (const name of given) {
      if (!groups.has(name)) continue;
      const group = groups.find(name);
      if (node.role?.kind === 'product' || (node.role !== null && MULTIPLIES === opOf(index)))
        withProduct.add(group);
      if (node.role === null && !READS_EITHER.has(opOf(index))) besideFloat.add(group);
    }
  }
  return nodes.map((node) => {
    const group = groups.find(node.outputs[0] ?? '');
    if (node.role === null || withProduct.has(group) || !besideFloat.has(group)) return node;
    const precisions = node.precisions.filter((one) => schemeOf(one) !== 'static');
    return { ...node, role: null, precisions, refusals: { ...node.refusals, static: BETWEEN_FLOAT } };
  });
}
