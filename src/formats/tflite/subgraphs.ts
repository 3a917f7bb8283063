import type { Problem } from '../../model/model';
import type { Constants } from './constants';
import { buildGraph, type GraphContext, type TfliteBody, type TfliteGraph } from './graph';
import { numberOption, numbersOption } from './options';
import type { ModelTable, OperatorTable } from './tables';

/** Options that name a graph by its index, and what they call it. */
const BODY_OPTIONS: Readonly<Record<string, readonly (readonly [option: string, role: string])[]>> = {
  CallOnceOptions: [['initSubgraphIndex', 'init']],
  CallOptions: [['subgraph', 'subgraph']],
  IfOptions: [
    ['thenSubgraphIndex', 'then'],
    ['elseSubgraphIndex', 'else'],
  ],
  WhileOptions: [
    ['condSubgraphIndex', 'cond'],
    ['bodySubgraphIndex', 'body'],
  ],
  StableHLOCompositeOptions: [['decompositionSubgraphIndex', 'decomposition']],
  StablehloReduceOptions: [['bodySubgraphIndex', 'body']],
  StablehloReduceWindowOptions: [['bodySubgraphIndex', 'body']],
  StablehloScatterOptions: [['updateComputationSubgraphIndex', 'update']],
  StablehloSortOptions: [['comparatorSubgraphIndex', 'comparator']],
  StablehloWhileOptions: [
    ['condSubgraphIndex', 'cond'],
    ['bodySubgraphIndex', 'body'],
  ],
};

/** Graphs that call graphs: exporters nest a few. */
const MAX_DEPTH = 50;

/** Rows that a model may have when every call shows its graph's nodes; a chain of doubling calls has 2^n. */
const MAX_NESTED_NODES = 300_000;

interface Built {
  readonly graph: TfliteGraph;
  /** Nodes with those of all bodies in them. */
  readonly nodes: number;
  readonly depth: number;
}

/** The graphs of a file, each built once and shared by those that call it. One that reaches itself is not entered again. */
export class Subgraphs {
  readonly #model: ModelTable;
  readonly #constants: Constants;
  readonly #report: (problem: Problem) => void;
  readonly #built = new Map<number, Built>();
  readonly #open: { readonly index: number; nodes: number; depth: number }[] = [];

  constructor(model: ModelTable, constants: Constants, report: (problem: Problem) => void) {
    this.#model = model;
    this.#constants = constants;
    this.#report = report;
  }

  /** null when there is no such graph. */
  graph(index: number): TfliteGraph | null {
    return this.#build(index)?.graph ?? null;
  }

  #build(index: number): Built | null {
    const before = this.#built.get(index);
    if (before) return before;
    const table = this.#model.subgraphs?.[index];
    if (!table) return null;
    const frame = { index, nodes: table.operators?.length ?? 0, depth: 1 };
    this.#open.push(frame);
    const context: GraphContext = {
      model: this.#model,
      constants: this.#constants,
      report: this.#report,
      bodies: (operator, name) => this.#bodies(operator, name),
    };
    const built = { graph: buildGraph(table, context), nodes: frame.nodes, depth: frame.depth };
    this.#open.pop();
    this.#built.set(index, built);
    return built;
  }

  #bodies(operator: OperatorTable, name: string): readonly TfliteBody[] {
    const options = operator.builtinOptions2 ?? operator.builtinOptions;
    if (options?.table === 'StablehloCaseOptions') {
      const branches = numbersOption(operator, 'branchSubgraphIndices') ?? [];
      return branches.flatMap((index, branch) => this.#body(index, `branch[${branch}]`, name));
    }
    const roles = BODY_OPTIONS[options?.table ?? ''] ?? NO_ROLES;
    return roles.flatMap(([option, role]) => this.#body(numberOption(operator, option), role, name));
  }

  #body(index: number, role: string, caller: string): TfliteBody[] {
    const refuse = (why: string): TfliteBody[] => {
      this.#report({ message: `The graph ${index}, which '${caller}' calls, ${why}.`, node: caller });
      return [];
    };
    if (this.#open.some((one) => one.index === index)) return refuse('calls itself');
    if (this.#open.length >= MAX_DEPTH) return refuse(`lies more than ${MAX_DEPTH} calls deep`);
    const built = this.#build(index);
    if (built === null) return refuse('does not exist');
    const frame = this.#open.at(-1);
    if (frame) {
      if (this.#open.length + built.depth > MAX_DEPTH)
        return refuse(`lies more than ${MAX_DEPTH} calls deep`);
      if (frame.nodes + built.nodes > MAX_NESTED_NODES) {
        return refuse(`is not shown, since all calls together have more than ${MAX_NESTED_NODES} nodes`);
      }
      frame.nodes += built.nodes;
      frame.depth = Math.max(frame.depth, built.depth + 1);
    }
    return [{ role, graph: built.graph }];
  }
}

const NO_ROLES: readonly (readonly [string, string])[] = [];
