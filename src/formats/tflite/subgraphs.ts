import type { Node, Problem } from '../../model/model';
import { about, bodyPath } from '../../model/nodeId';
import { MAX_NESTED_NODES } from '../nestedNodes';
import type { Constants } from './constants';
import { type Bodies, buildGraph, type GraphContext, type TfliteBody, type TfliteGraph } from './graph';
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

const NO_ROLES: readonly (readonly [string, string])[] = [];

/** An operator that calls graphs by the indices that they get; `moved` has those that change. */
export function withCallees(operator: OperatorTable, moved: ReadonlyMap<number, number>): OperatorTable {
  const key = operator.builtinOptions2 === undefined ? 'builtinOptions' : 'builtinOptions2';
  const options = operator[key];
  if (options === undefined) return operator;
  const to = (index: number) => moved.get(index) ?? index;
  const value = { ...options.value };
  for (const [option] of BODY_OPTIONS[options.table] ?? NO_ROLES)
    value[option] = to(numberOption(operator, option));
  const branches =
    options.table === 'StablehloCaseOptions' && numbersOption(operator, 'branchSubgraphIndices');
  if (branches) value['branchSubgraphIndices'] = branches.map(to);
  return { ...operator, [key]: { ...options, value } };
}

/** Graphs that call graphs: exporters nest a few (CWE-674). */
const MAX_DEPTH = 50;

type Caller = Pick<Node, 'id' | 'name'>;

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
    // The main graph comes first; nodes of what no other graph calls are in no table.
    return this.#build(index, index === 0 ? '' : `#${index}/`)?.graph ?? null;
  }

  #build(index: number, path: string): Built | null {
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
      bodies: (operator, caller) => this.#bodies(operator, caller),
    };
    const built = { graph: buildGraph(table, context, path), nodes: frame.nodes, depth: frame.depth };
    this.#open.pop();
    this.#built.set(index, built);
    return built;
  }

  #bodies(operator: OperatorTable, caller: Caller): Bodies {
    const options = operator.builtinOptions2 ?? operator.builtinOptions;
    if (options?.table === 'StablehloCaseOptions') {
      const branches = numbersOption(operator, 'branchSubgraphIndices') ?? [];
      return bodiesOf(branches.map((index, branch) => this.#body(index, `branch[${branch}]`, caller)));
    }
    const roles = BODY_OPTIONS[options?.table ?? ''] ?? NO_ROLES;
    return bodiesOf(roles.map(([option, role]) => this.#body(numberOption(operator, option), role, caller)));
  }

  /** null: it is not shown; undefined: there is none. */
  #body(index: number, role: string, caller: Caller): TfliteBody | null | undefined {
    const refuse = (why: string): null => {
      const message = `The graph ${index}, which '${caller.name}' calls, ${why}.`;
      this.#report({ message, ...about(caller) });
      return null;
    };
    if (this.#open.some((one) => one.index === index)) return refuse('calls itself');
    if (this.#open.length >= MAX_DEPTH) return refuse(`lies more than ${MAX_DEPTH} calls deep`);
    const built = this.#build(index, bodyPath(caller.id, role, 0));
    if (built === null) return refuse('does not exist') ?? undefined;
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
    return { role, graph: built.graph };
  }
}

function bodiesOf(bodies: readonly (TfliteBody | null | undefined)[]): Bodies {
  return { bodies: bodies.flatMap((body) => body ?? []), hidden: bodies.includes(null) };
}
