import type { DimensionValue, InferredGraph, InferredNode } from '../../../model/inference';
import type { Problem } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import { about } from '../../../model/nodeId';
import { countOf } from '../../sequence';
import { Mismatch, sum, TooSmall, UNKNOWN, type Value } from '../../value';
import type { OperatorSetIdProto } from '../onnx_pb';
import { operatorOf } from '../operators';
import { RANDOM } from '../operators/generator';
import type { Context, Operator } from '../operators/operator';
import type { OnnxGraph, OnnxNode } from '../reading/graph';
import { type Branches, inferBodies } from './control';
import { executionOrder } from './order';
import { type Known, type ReadElements, refine, Scope, Stored } from './scope';
import { opsetOf, opsetsOf, resolved, type Setting } from './setting';

/**
 * Nodes that are looked at inside bodies, in all: functions that call functions, and loops whose shapes change
 * from run to run, could multiply without end (CWE-834).
 */
const MAX_BODY_NODES = 500_000;

export interface InferredBody {
  readonly graph: InferredGraph;
  readonly outputs: readonly Known[];
  /** A node that runs whenever the body does has inputs that it cannot work with. */
  readonly contradiction: boolean;
  /** What is wrong inside; reported by the node that knows whether the body is entered. */
  readonly problems: readonly Problem[];
}

/** Walks a model's graphs in the order in which they run. */
export class GraphInference {
  problems: Problem[] = [];
  #contradictions = 0;
  /** Operators that nothing is known of: the first node of each, and how many there are. */
  readonly #unknown = new Map<string, { node: OnnxNode; count: number }>();
  readonly #read: ReadElements;
  #left = MAX_BODY_NODES;

  readonly #missing: string | null;

  /** @param missing the sizes that nobody gave, in words; null: all are known */
  constructor(read: ReadElements, missing: string | null = null) {
    this.#read = read;
    this.#missing = missing;
  }

  inferMain(
    graph: OnnxGraph,
    inputs: ReadonlyMap<string, Value>,
    opsetImport: readonly OperatorSetIdProto[],
    dims: ReadonlyMap<string, DimensionValue>,
  ): InferredGraph {
    const setting = { opsets: opsetsOf(opsetImport), call: null, defaults: [], dims, quiet: false };
    const inferred = this.#graph(graph, (name) => inputs.get(name), null, setting, 1);
    for (const [op, { node, count }] of this.#unknown) {
      const nodes = count === 1 ? '1 node' : `${count} nodes`;
      this.problems.push({
        message: `The operator ${op} (${nodes}) is not known: what follows from it may be unknown, too.`,
        ...about(node),
      });
    }
    return inferred.graph;
  }

  #graph(
    graph: OnnxGraph,
    inputs: (name: string, index: number) => Value | null | undefined,
    outer: Scope | null,
    setting: Setting,
    runs: number | null,
  ): { graph: InferredGraph; outputs: readonly Known[] } {
    const scope = new Scope(outer);
    const { dims } = setting;
    for (const [name, tensor] of graph.constants) scope.tensors.set(name, new Stored(tensor, this.#read));
    graph.inputs.forEach(({ name }, index) => {
      const given = inputs(name, index);
      const known = isKnown(given) && given.constant;
      const declared = graph.valueInfo.get(name);
      if (given === null) scope.absent.add(name);
      else scope.tensors.set(name, refine(name, given ?? UNKNOWN, declared, dims, known));
    });
    const nodes = new Array<InferredNode>(graph.nodes.length);
    for (const index of executionOrder(graph)) {
      const node = graph.nodes[index];
      if (node !== undefined) nodes[index] = this.#node(node, graph, scope, setting);
    }
    const { tensors } = scope;
    const outputs = graph.outputs.map(
      (output) => scope.get(output.name) ?? refine(output.name, UNKNOWN, output, dims, false),
    );
    return { graph: { graph, tensors, nodes, runs }, outputs };
  }

  #node(node: OnnxNode, graph: OnnxGraph, scope: Scope, setting: Setting): InferredNode {
    const inputs = node.inputs.map((name) => {
      const input = name === '' ? null : scope.get(name);
      return input === undefined ? UNKNOWN : input;
    });
    const proto = setting.call === null ? node.proto : resolved(node.proto, setting.call, setting.defaults);
    const context: Context = { node: proto, opset: opsetOf(proto, setting), inputs };
    const operator = node.bodies.length > 0 ? undefined : operatorOf(node.op);
    let outputs: readonly Value[] = [];
    let branches: Branches | null = null;
    const before = this.#contradictions;
    try {
      if (node.bodies.length > 0) {
        branches = inferBodies(context, node, (body, given, runs) =>
          this.#body(node, body, given, scope, setting, runs),
        );
        this.problems.push(...branches.problems);
        this.#contradictions = before + Number(branches.contradiction);
        outputs = branches.outputs;
      } else if (operator !== undefined) {
        outputs = operator.infer(context);
      } else if (!setting.quiet && !node.bodiesHidden) {
        this.#noteUnknown(node);
      }
    } catch (error) {
      if (!(error instanceof Mismatch || error instanceof ModelError)) throw error;
      this.#contradictions = before + Number(error instanceof Mismatch);
      const what = error instanceof Mismatch ? this.#mismatch(node, error) : error.message;
      if (!setting.quiet) this.problems.push({ message: what, ...about(node) });
    }
    const constant = followsFromConstants(node, inputs);
    const known = node.outputs.map((name, index) => {
      // What is stored (the value of a Constant node) or given already stays.
      const before = name === '' ? undefined : scope.tensors.get(name);
      if (before !== undefined) return before;
      const declared = graph.valueInfo.get(name);
      const output = refine(name, outputs[index] ?? UNKNOWN, declared, setting.dims, constant);
      if (name !== '') scope.tensors.set(name, output);
      return output;
    });
    const { macs, elementOps } = branches === null ? costs(operator, context, known) : NO_WORK;
    return {
      node,
      macs,
      elementOps,
      bodies: branches?.bodies ?? NO_BODIES,
      alternatives: branches?.alternatives ?? false,
    };
  }

  #mismatch({ name, op }: OnnxNode, error: Mismatch): string {
    const which = `the node '${name}' (${op})`;
    return error instanceof TooSmall && this.#missing !== null
      ? `Give ${this.#missing}: at 1, as was assumed, ${which} has no room for its window of ${error.needed}.`
      : `The node '${name}' (${op}) ${error.message}.`;
  }

  /** Infers a body; null when there were too many of them. */
  #body(
    node: OnnxNode,
    graph: OnnxGraph,
    inputs: readonly (Value | null)[],
    scope: Scope,
    setting: Setting,
    runs: number | null,
  ): InferredBody | null {
    if (graph.nodes.length > this.#left) {
      if (this.#left >= 0) {
        const message = `The bodies of '${node.name}' and of what follows are not looked into: there are too many.`;
        this.problems.push({ message, ...about(node) });
      }
      this.#left = -1;
      return null;
    }
    this.#left -= graph.nodes.length;
    const outside = this.problems;
    const before = this.#contradictions;
    this.problems = [];
    const inferred = this.#enter(node, graph, inputs, scope, setting, runs);
    const problems = this.problems;
    this.problems = outside;
    return { ...inferred, contradiction: this.#contradictions > before, problems };
  }

  #enter(
    node: OnnxNode,
    graph: OnnxGraph,
    inputs: readonly (Value | null)[],
    scope: Scope,
    setting: Setting,
    runs: number | null,
  ): { graph: InferredGraph; outputs: readonly Known[] } {
    const quiet = setting.quiet || runs === 0;
    const given = (_: string, index: number) => inputs[index];
    if (graph.proto.$typeName !== 'caliper.onnx.FunctionProto') {
      return this.#graph(graph, given, scope, { ...setting, quiet }, runs);
    }
    const caller = setting.call === null ? node.proto : resolved(node.proto, setting.call, setting.defaults);
    const inside = {
      opsets: graph.proto.opsetImport.length === 0 ? setting.opsets : opsetsOf(graph.proto.opsetImport),
      call: caller,
      defaults: graph.proto.attributeProto,
      dims: new Map(),
      quiet,
    };
    // Inputs at the end that the call leaves out are absent, not unknown.
    return this.#graph(graph, (_, index) => inputs[index] ?? null, null, inside, runs);
  }

  #noteUnknown(node: OnnxNode): void {
    const known = this.#unknown.get(node.op);
    if (known === undefined) this.#unknown.set(node.op, { node, count: 1 });
    else known.count++;
  }
}

/** Of a node that only runs its bodies. */
const NO_WORK = { macs: 0, elementOps: 0 };

const NO_BODIES: readonly InferredGraph[] = [];

function isKnown(value: Value | null | undefined): value is Known {
  return value !== null && value !== undefined && 'constant' in value;
}

function followsFromConstants(node: OnnxNode, inputs: readonly (Value | null)[]): boolean {
  return (
    inputs.length > 0 &&
    node.bodies.length === 0 &&
    !RANDOM.has(node.proto.opType) &&
    inputs.every((input) => input === null || (isKnown(input) && input.constant))
  );
}

function costs(
  operator: Operator | undefined,
  context: Context,
  outputs: readonly Known[],
): { macs: number | null; elementOps: number | null } {
  if (operator === undefined) return { macs: null, elementOps: null };
  try {
    if (operator.macs !== undefined) return { macs: exact(operator.macs(context, outputs)), elementOps: 0 };
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return { macs: null, elementOps: 0 };
  }
  if (operator.works === 'none') return { macs: 0, elementOps: 0 };
  const worked =
    operator.works === 'input' ? context.inputs.slice(0, 1) : outputs.filter(({ name }) => name !== '');
  return { macs: 0, elementOps: exact(sum(worked.map(countOf))) };
}

/** A damaged file's numbers can be anything. */
function exact(count: number | null): number | null {
  return count !== null && count >= 0 && Number.isFinite(count) ? count : null;
}
