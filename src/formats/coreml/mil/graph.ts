import { isFloat } from '../../../model/dataType';
import type { Attribute, Tensor, ValueInfo } from '../../../model/model';
import { about, bodyPath, type NodeId, type ProblemPlace } from '../../../model/nodeId';
import type { Argument_Binding, Block, NamedValueType, Operation, Program } from '../coreml_pb';
import type { CoreMlBody, CoreMlGraph, CoreMlNode, GraphContext, InputsOf } from '../graph';
import { described } from '../kinds';
import { compressedWeights, isConstexpr } from './constexpr';
import { operationKind } from './kinds';
import { loopRuns } from './loops';
import { isSetting } from './parameters';
import { toValueInfo } from './types';
import { constantOf, settingOf, writtenValue } from './values';

/** Blocks within blocks; the scanner allows no more messages within messages. */
const ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['cond', ['true_branch', 'false_branch']],
  ['while_loop', ['cond', 'body']],
]);

/** The function that runs unless another is asked for, and the names of all. */
export function functionsOf(program: Program, preferred: string): { main: string; names: string[] } {
  const names = program.functions.map((entry) => entry.key);
  const main = [preferred, 'main'].find((name) => names.includes(name)) ?? names[0] ?? '';
  return { main, names };
}

/**
 * The graph of a function, as its operator set's block has it; null when there is none.
 *
 * @param path how the ids of its nodes begin.
 */
export function programGraph(
  program: Program,
  name: string,
  context: GraphContext,
  path: string,
): CoreMlGraph | null {
  const definition = program.functions.find((entry) => entry.key === name)?.value;
  if (!definition) return null;
  const blocks = definition.blockSpecializations;
  const block = (blocks.find((entry) => entry.key === definition.opset) ?? blocks[0])?.value;
  return block ? new GraphBuilder(context, null).graph(name, block, definition.inputs, path) : null;
}

/** What people call an operation. */
export function operationName(operation: Operation): string {
  const stated = writtenValue(operation, 'name');
  return String((stated && settingOf(stated)) || operation.outputs[0]?.name || operation.type);
}

interface Bound {
  readonly name: string;
  /** The block that the constant is of. */
  readonly owner: GraphBuilder | null;
  readonly tensor: Tensor | undefined;
  /** As it is shown, where it is short enough. */
  readonly setting: Attribute['value'] | undefined;
}

class GraphBuilder {
  private readonly constants = new Map<string, Tensor>();
  private readonly settings = new Map<string, Attribute['value']>();
  private readonly valueInfo = new Map<string, ValueInfo>();
  /** Names of constants that became part of a compressed weight or an attribute, and of those that nodes use. */
  private readonly merged = new Set<string>();
  private readonly used = new Set<string>();

  /** @param outer the block around, whose values this one sees. */
  constructor(
    readonly context: GraphContext,
    readonly outer: GraphBuilder | null,
  ) {}

  graph(name: string, block: Block, functionInputs: readonly NamedValueType[], path: string): CoreMlGraph {
    const inputs = [...functionInputs, ...block.inputs].map(toValueInfo);
    for (const input of inputs) this.valueInfo.set(input.name, input);
    const nodes: CoreMlNode[] = [];
    for (const operation of block.operations) {
      for (const output of operation.outputs) this.valueInfo.set(output.name, toValueInfo(output));
      if (operation.type === 'const') this.constant(operation);
      else if (isConstexpr(operation)) this.compressed(operation);
      else nodes.push(this.node(operation, `${path}${nodes.length}`));
    }
    for (const output of block.outputs) this.owner(output)?.used.add(output);
    for (const name of this.merged) if (!this.used.has(name)) this.constants.delete(name);
    const outputs = block.outputs.map(
      (output) => this.valueInfo.get(output) ?? { name: output, type: null, declaredShape: null },
    );
    return {
      name,
      nodes,
      inputs,
      outputs,
      valueInfo: this.valueInfo,
      constants: this.constants,
      mappedInputs: new Map(),
    };
  }

  private constant(operation: Operation): void {
    const name = operation.outputs[0]?.name;
    const value = writtenValue(operation, 'val');
    if (name === undefined || value === undefined) {
      this.context.report({ message: `The constant '${name ?? operation.type}' has no value.` });
      return;
    }
    const setting = settingOf(value);
    if (setting !== null) this.settings.set(name, setting);
    this.add(constantOf(name, value, this.context, { node: name }));
  }

  private compressed(operation: Operation): void {
    const { tensors, merged } = compressedWeights(operation, this.constants, this.context);
    for (const tensor of tensors) this.add(tensor);
    for (const name of merged) this.merged.add(name);
  }

  private add(tensor: Tensor | null): void {
    if (tensor === null) return;
    if (this.constants.has(tensor.name)) {
      this.context.report({ message: `There is more than one tensor named '${tensor.name}'.` });
    }
    this.constants.set(tensor.name, tensor);
  }

  private node(operation: Operation, id: NodeId): CoreMlNode {
    const outputs = operation.outputs.map((output) => output.name);
    const name = operationName(operation);
    const place = about({ name, id });
    const attributes: Attribute[] = [];
    const given: { parameter: string; names: string[] }[] = [];
    for (const { key: parameter, value } of operation.inputs) {
      const names: string[] = [];
      const bindings = value?.arguments ?? [];
      bindings.forEach((binding, index) => {
        const found = this.bound(binding, `${name}.${parameter}${index === 0 ? '' : `[${index}]`}`, place);
        if (found === null) return;
        // Several values are handed on by position, so that none of them may be left out.
        const sets = bindings.length === 1 && isSetting(operation.type, parameter, found.tensor?.type);
        if (sets && found.setting !== undefined) {
          attributes.push({ name: parameter, value: found.setting });
          found.owner?.merged.add(found.name);
        } else {
          if (found.tensor && !found.owner) this.add(found.tensor);
          names.push(found.name);
        }
      });
      given.push({ parameter, names });
    }
    const rank = (names: readonly string[]) => (names.every((one) => this.constants.has(one)) ? 2 : 1);
    given.sort((a, b) => order(a.parameter) - order(b.parameter) || rank(a.names) - rank(b.names));
    const inputs = given.flatMap(({ names }) => names);
    for (const input of inputs) this.owner(input)?.used.add(input);
    const inputsOf: InputsOf = (parameter) => given.find((one) => one.parameter === parameter)?.names ?? [];
    const bodies = operation.blocks.map((block, index) => this.body(operation, block, index, id));
    return {
      id,
      name,
      op: operation.type,
      ...described(this.kind(operation, attributes, inputsOf)),
      inputs,
      outputs,
      attributes,
      bodies,
      source: { kind: 'operation', operation, inputsOf, runs: this.runs(operation, bodies, inputsOf) },
    };
  }

  private kind({ type }: Operation, attributes: readonly Attribute[], inputsOf: InputsOf) {
    const groups = attributes.find(({ name }) => name === 'groups')?.value;
    const [weight = ''] = inputsOf('weight');
    return operationKind(type, groups, this.owner(weight)?.constants.get(weight));
  }

  /**
   * What a parameter is given: a name, with the constant that it is of if it is one, or a value that is written
   * there, which is named `written`. null for a value that is no tensor.
   */
  private bound({ binding }: Argument_Binding, written: string, place: ProblemPlace): Bound | null {
    if (binding.case === 'name') {
      const owner = this.owner(binding.value);
      const tensor = owner?.constants.get(binding.value);
      const words = tensor && isFloat(tensor.type) ? inWords(tensor) : undefined;
      return { name: binding.value, owner, tensor, setting: owner?.settings.get(binding.value) ?? words };
    }
    if (binding.case === undefined) return null;
    const tensor = constantOf(written, binding.value, this.context, place) ?? undefined;
    return tensor
      ? { name: written, owner: null, tensor, setting: settingOf(binding.value) ?? undefined }
      : null;
  }

  private body({ type }: Operation, block: Block, index: number, id: NodeId): CoreMlBody {
    const role = ROLES.get(type)?.[index] ?? `body ${index + 1}`;
    const path = bodyPath(id, role, index);
    return { role, graph: new GraphBuilder(this.context, this).graph(role, block, [], path) };
  }

  private runs({ type }: Operation, [cond, body]: readonly CoreMlBody[], inputsOf: InputsOf): number | null {
    if (type !== 'while_loop' || cond === undefined || body === undefined) return null;
    return loopRuns(cond.graph, body.graph, (variable) => {
      const name = inputsOf('loop_vars')[variable] ?? '';
      return this.owner(name)?.settings.get(name);
    });
  }

  /** The block that a constant is of. */
  private owner(name: string): GraphBuilder | null {
    return this.constants.has(name) ? this : (this.outer?.owner(name) ?? null);
  }
}

/** A setting that is too long to be shown: scales by channel. */
function inWords({ type, shape }: Tensor): string {
  return `${type} [${shape.join(', ')}]`;
}

/** The order in which people read an operation's inputs; maps of the file have none. */
const READING_ORDER = ['x', 'y', 'cond', 'pred', 'a', 'b', 'query', 'key', 'value', 'weight', 'bias'];

function order(parameter: string): number {
  const index = READING_ORDER.indexOf(parameter);
  return index < 0 ? READING_ORDER.length : index;
}
