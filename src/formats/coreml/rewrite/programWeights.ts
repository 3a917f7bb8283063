import { elementCount } from '../../../model/dataType';
import type { NodeId } from '../../../model/nodeId';
import type { Block, Operation, Program } from '../coreml_pb';
import type { GraphContext } from '../graph';
import { isConstexpr } from '../mil/constexpr';
import { operationName } from '../mil/graph';
import { fixedShape, typeAndShape } from '../mil/types';
import { constantOf, settingOf, writtenValue } from '../mil/values';
import { readStored } from '../stored';
import { type Axes, OPERATIONS, SMALLEST_WEIGHT, TOO_FEW } from './policy';
import type { FoundWeights, LeftWeight, ModelWeight } from './weights';

/** A constant of a program, and where it is written. */
export interface ProgramWeight extends ModelWeight {
  readonly constant: Operation;
  readonly block: Block;
}

interface Constant {
  readonly operation: Operation;
  readonly block: Block;
}

interface Use {
  readonly operation: Operation;
  readonly parameter: string;
  readonly node: NodeId | null;
}

/**
 * The weights of a program that can be compressed: in a weight file, large enough, and read by operations alone that
 * are in the policy.
 *
 * @param nodeOf the node of the main graph that an operation is; undefined for one that is none.
 * @param outer the node that all of the program belongs to: one of a pipeline.
 */
export function programWeights(
  program: Program,
  nodeOf: (operation: Operation) => NodeId | undefined,
  outer: NodeId | null,
  context: GraphContext,
): FoundWeights<ProgramWeight> {
  const weights: ProgramWeight[] = [];
  const left: LeftWeight[] = [];
  for (const { value: definition } of program.functions) {
    for (const { value: block } of definition?.blockSpecializations ?? []) {
      if (block === undefined) continue;
      const found = new FunctionWeights(nodeOf, context);
      found.walk(block, outer);
      for (const name of found.uses.keys()) {
        const weight = found.weight(name);
        if (weight === null) continue;
        if ('reason' in weight) left.push(weight);
        else weights.push(weight);
      }
    }
  }
  return { weights, left };
}

class FunctionWeights {
  readonly constants = new Map<string, Constant>();
  readonly uses = new Map<string, Use[]>();
  /** Names that stand for several constants, or leave a block. */
  readonly #unclear = new Set<string>();
  readonly #compressed = new Set<string>();

  constructor(
    private readonly nodeOf: (operation: Operation) => NodeId | undefined,
    private readonly context: GraphContext,
  ) {}

  walk(block: Block, outer: NodeId | null): void {
    for (const operation of block.operations) {
      const output = operation.outputs[0]?.name ?? '';
      if (operation.type === 'const') {
        if (this.constants.has(output)) this.#unclear.add(output);
        this.constants.set(output, { operation, block });
        continue;
      }
      if (isConstexpr(operation)) for (const { name } of operation.outputs) this.#compressed.add(name);
      const node = this.nodeOf(operation) ?? outer;
      for (const { key: parameter, value } of operation.inputs) {
        for (const { binding } of value?.arguments ?? []) {
          if (binding.case !== 'name') continue;
          const known = this.uses.get(binding.value) ?? [];
          known.push({ operation, parameter, node });
          this.uses.set(binding.value, known);
        }
      }
      for (const inside of operation.blocks) this.walk(inside, node);
    }
    for (const output of block.outputs) this.#unclear.add(output);
  }

  /** null for what is no weight that anybody would ask about. */
  weight(name: string): ProgramWeight | LeftWeight | null {
    const uses = this.uses.get(name) ?? [];
    const wanted = uses.flatMap((use) => this.#axesOf(use, name) ?? []);
    const [axes] = wanted;
    if (axes === undefined) return null;
    const nodes = new Set(uses.map(({ node }) => node));
    const leave = (reason: string): LeftWeight => ({ nodes, reason });
    if (this.#compressed.has(name)) return leave('its weights are compressed already');
    const constant = this.constants.get(name);
    if (constant === undefined) return null;
    const value = writtenValue(constant.operation, 'val');
    if (value === undefined) return null;
    const { type, shape: declared } = typeAndShape(value.type);
    const shape = fixedShape(declared);
    if (shape === null || shape.length < 2 || (type !== 'float32' && type !== 'float16')) return null;
    const count = elementCount(shape) ?? 0;
    if (count <= SMALLEST_WEIGHT) return leave(TOO_FEW);
    if (value.value.case !== 'blobFileValue')
      return leave('its weights are written into the program, not into a weight file');
    if (wanted.length < uses.length) {
      const other = uses.find((use) => this.#axesOf(use, name) === null);
      return leave(
        `its weights are read by ${other ? operationName(other.operation) : 'another operation'} too, which must have them as they are`,
      );
    }
    if (this.#unclear.has(name)) return leave('its weights are an output, or have a name that others have');
    const { context } = this;
    const read = () => {
      const tensor = constantOf(name, value, context, { node: name });
      const stored = tensor && context.stored.get(tensor);
      if (!stored) throw new Error(`The constant ${name} was read before.`);
      return Float32Array.from(readStored(stored, stored.count));
    };
    return {
      name,
      nodes,
      type,
      shape,
      ...axes(shape.length),
      read,
      constant: constant.operation,
      block: constant.block,
    };
  }

  /** The axes of a tensor where an operation uses it as a weight; null where it does not. */
  #axesOf({ operation, parameter }: Use, name: string): ((rank: number) => Axes) | null {
    const policy = OPERATIONS.get(operation.type)?.find((one) => one.parameter === parameter);
    if (policy === undefined) return null;
    // A product of activations has none, and an embedding is looked up along its first axis.
    if (operation.type === 'gather' && this.#setting(operation, 'axis') !== 0) return null;
    if (!this.constants.has(name) && !this.#compressed.has(name)) return null;
    const turned = policy.flag !== undefined && this.#setting(operation, policy.flag) === 'true';
    return (rank) => policy.axes(rank, turned);
  }

  #setting(operation: Operation, parameter: string): unknown {
    const written = writtenValue(operation, parameter);
    if (written) return settingOf(written);
    const binding = operation.inputs.find(({ key }) => key === parameter)?.value?.arguments[0]?.binding;
    const constant = binding?.case === 'name' ? this.constants.get(binding.value) : undefined;
    const value = constant && writtenValue(constant.operation, 'val');
    return value && settingOf(value);
  }
}
