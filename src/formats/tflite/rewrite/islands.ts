import { schemeOf } from '../../../model/precision';
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
  const groups = new Groups();
  const activationsOf = ({ role, inputs }: PlanNode) =>
    (role?.data ?? []).flatMap((at) => inputs[at] ?? []).filter((name) => !isConstant(name));
  for (const node of nodes)
    if (node.role !== null)
      groups.join([...activationsOf(node), ...node.outputs.filter((name) => name !== '')]);
  const withProduct = new Set<string>();
  const besideFloat = new Set<string>();
  for (const [index, node] of nodes.entries()) {
    const given = node.role === null ? [...node.inputs, ...node.outputs] : node.outputs;
    for (const name of given) {
      const group = groups.of(name);
      if (group === null) continue;
      if (node.role?.kind === 'product' || (node.role !== null && MULTIPLIES === opOf(index)))
        withProduct.add(group);
      if (node.role === null && !READS_EITHER.has(opOf(index))) besideFloat.add(group);
    }
  }
  return nodes.map((node) => {
    const group = node.role === null ? null : groups.of(node.outputs[0] ?? '');
    if (group === null || withProduct.has(group) || !besideFloat.has(group)) return node;
    const precisions = node.precisions.filter((one) => schemeOf(one) !== 'static');
    return { ...node, role: null, precisions, refusals: { ...node.refusals, static: BETWEEN_FLOAT } };
  });
}

/** Tensors in groups. */
class Groups {
  private readonly parents = new Map<string, string>();

  join(names: readonly string[]): void {
    const [first, ...others] = names;
    if (first === undefined) return;
    const root = this.root(first);
    for (const name of others) this.parents.set(this.root(name), root);
  }

  /** A name of the tensor's group; null: it is in none. */
  of(name: string): string | null {
    return this.parents.has(name) ? this.root(name) : null;
  }

  /** Paths are halved on the way: a file that lists its operators backwards makes them as long as it is. */
  private root(name: string): string {
    let at = name;
    for (let parent = this.parents.get(at); parent !== at; parent = this.parents.get(at)) {
      if (parent === undefined) {
        this.parents.set(at, at);
        return at;
      }
      const above = this.parents.get(parent) ?? parent;
      this.parents.set(at, above);
      at = above;
    }
    return at;
  }
}
