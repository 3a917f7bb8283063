import type { InferredGraph } from '../../../model/inference';
import type { Problem } from '../../../model/model';
import { common, sameValue, sequence, sequenceOf } from '../../sequence';
import { axisIn, dimension, knownScalar, tensor, UNKNOWN, type Value } from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import type { Context } from '../operators/operator';
import type { OnnxGraph, OnnxNode } from '../reading/graph';
import type { InferredBody } from './graph';

/** What is known of a node that has bodies. */
export interface Branches {
  readonly outputs: readonly Value[];
  readonly bodies: readonly InferredGraph[];
  readonly alternatives: boolean;
  /** It cannot run with these inputs, whichever way it goes. */
  readonly contradiction: boolean;
  readonly problems: readonly Problem[];
}

/** Infers one body; null when too many bodies were looked into already. */
export type InferBody = (
  graph: OnnxGraph,
  inputs: readonly (Value | null)[],
  runs: number | null,
) => InferredBody | null;

/** Times that a loop's body is inferred while the shapes of what it carries still change (CWE-834). */
const MAX_ROUNDS = 4;

/**
 * Nodes of a body's runs that are gone through one by one, since each run adds to a sequence: exporters collect layers
 * or time steps (CWE-834).
 */
const MAX_TRIP_NODES = 10_000;

/** Outputs of If, Loop and Scan by inferring their bodies, and what each body was entered with. */
export function inferBodies(context: Context, node: OnnxNode, infer: InferBody): Branches {
  const [first] = node.bodies;
  if (first?.graph.proto.$typeName === 'caliper.onnx.FunctionProto') {
    const body = infer(first.graph, context.inputs, 1);
    return { ...single(body), contradiction: body?.contradiction ?? false };
  }
  if (node.op === 'If') return branch(context, node, infer);
  if (node.op === 'Loop' && first) return loop(context, first.graph, infer);
  if (node.op === 'Scan' && first && context.opset >= 9) return scan(context, first.graph, infer);
  if (node.op === 'SequenceMap' && first) return map(context, first.graph, infer);
  const bodies = node.bodies.flatMap(({ graph }) => infer(graph, [], null)?.graph ?? []);
  return { outputs: [], bodies, alternatives: false, contradiction: false, problems: [] };
}

function single(body: InferredBody | null): Branches {
  return {
    outputs: body?.outputs ?? [],
    bodies: body === null ? [] : [body.graph],
    alternatives: false,
    contradiction: false,
    problems: body?.problems ?? [],
  };
}

/**
 * The branch that the condition says. Where the condition is not known, a branch that cannot run with shapes like
 * these (a network for another sampling rate) is ruled out; what the remaining ones have in common is known.
 */
function branch(context: Context, node: OnnxNode, infer: InferBody): Branches {
  const condition = knownScalar(context.inputs[0]);
  const chosen = (role: string) => condition === null || (condition !== 0) === (role === 'then_branch');
  const entered = node.bodies.map(({ role, graph }) => {
    const possible = chosen(role);
    const runs = possible ? (condition === null ? null : 1) : 0;
    return { possible, body: infer(graph, [], runs) };
  });
  const possible = entered.filter((one) => one.possible);
  const viable = possible.filter((one) => one.body?.contradiction !== true);
  const left = viable.length > 0 ? viable : possible;
  const outputs = node.outputs.map((_, index) => {
    const values = left.map(({ body }) => body?.outputs[index] ?? UNKNOWN);
    return values.length === 1 ? (values[0] ?? UNKNOWN) : values.reduce(common, values[0] ?? UNKNOWN);
  });
  return {
    outputs,
    bodies: entered.flatMap((one) => {
      if (one.body === null) return [];
      const runs = left.includes(one) ? (left.length === 1 ? 1 : null) : 0;
      return [{ ...one.body.graph, runs }];
    }),
    alternatives: true,
    contradiction: viable.length === 0,
    problems: left.flatMap(({ body }) => body?.problems ?? []),
  };
}

/**
 * Runs a body in thought until the shapes that it carries from run to run stay the same: what changes becomes
 * unknown. `enter` makes the body's inputs of the carried values.
 */
function iterate(
  initial: readonly Value[],
  firstOutput: number,
  enter: (carried: readonly Value[]) => InferredBody | null,
): { body: InferredBody | null; carried: readonly Value[] } {
  let carried: readonly Value[] = initial.map(pick);
  for (let round = 1; ; round++) {
    const body = enter(carried);
    const after: readonly Value[] = carried.map((value, index) =>
      common(value, body?.outputs[firstOutput + index] ?? UNKNOWN),
    );
    const settled = after.every((value, index) => sameValue(value, carried[index] ?? UNKNOWN));
    if (settled || round > MAX_ROUNDS || body === null) return { body, carried: after };
    carried = round === MAX_ROUNDS ? after.map(() => UNKNOWN) : after;
  }
}

function pick({ type, shape, sequence }: Value): Value {
  return { type, shape, elements: null, ...(sequence && { sequence }) };
}

/** Inputs: trip count, condition, carried values. Body: iteration, condition, carried → condition, carried, collected. */
function loop(context: Context, graph: OnnxGraph, infer: InferBody): Branches {
  const [limit = null, condition = null, ...given] = context.inputs;
  const initial = given.map((value) => value ?? UNKNOWN);
  // Whenever the body runs, the condition held.
  const holds = tensor('bool', [], [1]);
  const start = condition === null ? 1 : knownScalar(condition);
  const count = limit === null ? null : knownScalar(limit);
  const none = start === 0 || (count !== null && count <= 0);
  const enter = (runs: number | null) => (carried: readonly Value[]) =>
    infer(graph, [tensor('int64', []), holds, ...carried], runs);
  let runs: number | null = none ? 0 : null;
  let { body, carried } = iterate(initial, 1, enter(runs));
  const goesOn = knownScalar(body?.outputs[0]) === 1;
  if (!none && start === 1 && goesOn && count !== null) {
    runs = count;
    if (body !== null) body = { ...body, graph: { ...body.graph, runs } };
  }
  let last = runs !== null && runs > 0 ? (body?.outputs.slice(1) ?? []).map(pick) : carried;
  const grows = last.some((value) => value.sequence && value.sequence.items === null);
  if (grows && runs !== null && runs > 0 && runs * graph.nodes.length <= MAX_TRIP_NODES) {
    last = initial;
    for (let trip = 0; trip < runs; trip++) {
      last = (enter(runs)(last)?.outputs.slice(1) ?? []).slice(0, initial.length);
    }
  }
  const finals = none ? initial : last.slice(0, initial.length);
  const collected = (body?.outputs.slice(1 + initial.length) ?? []).map(({ type, shape }) =>
    tensor(type, shape && [runs, ...shape]),
  );
  return { ...single(body), outputs: [...finals, ...collected] };
}

/** Inputs: carried values, then tensors that are taken slice by slice; outputs: carried values, collected slices. */
function scan(context: Context, graph: OnnxGraph, infer: InferBody): Branches {
  const slices = intAttribute(context.node, 'num_scan_inputs', 0);
  const states = Math.max(context.inputs.length - slices, 0);
  const initial = context.inputs.slice(0, states).map((value) => value ?? UNKNOWN);
  const axes = intsAttribute(context.node, 'scan_input_axes') ?? [];
  let runs: number | null = null;
  const sliced = context.inputs.slice(states).map((value, index) => {
    if (!value || value.shape === null) return tensor(value?.type ?? null, null);
    const axis = axisIn(axes[index] ?? 0, value.shape.length);
    runs ??= dimension(value, axis);
    return tensor(value.type, value.shape.toSpliced(axis, 1));
  });
  const { body, carried } = iterate(initial, 0, (values) => infer(graph, [...values, ...sliced], runs));
  const places = intsAttribute(context.node, 'scan_output_axes') ?? [];
  const collected = (body?.outputs.slice(states) ?? []).map(({ type, shape }, index) =>
    tensor(type, shape?.toSpliced(axisIn(places[index] ?? 0, shape.length + 1), 0, runs) ?? null),
  );
  return { ...single(body), outputs: [...carried, ...collected] };
}

/** The first input is a sequence, others are, or stay the same: one run of the body for each of its tensors. */
function map(context: Context, graph: OnnxGraph, infer: InferBody): Branches {
  const [first] = context.inputs;
  const length = first?.sequence?.length ?? null;
  const all = context.inputs.map((value) => (value?.sequence ? (value.sequence.each ?? UNKNOWN) : value));
  const body = infer(graph, all, length);
  const items = first?.sequence?.items;
  const alike = items?.every((item) => sameValue(item, items[0] ?? UNKNOWN)) ?? true;
  if (!items || alike || items.length * graph.nodes.length > MAX_TRIP_NODES) {
    return {
      ...single(body),
      outputs: (body?.outputs ?? []).map((output) => sequence(length, pick(output))),
    };
  }
  const results = items.map((_, n) =>
    infer(
      graph,
      context.inputs.map((value) => (value?.sequence ? (value.sequence.items?.[n] ?? UNKNOWN) : value)),
      1,
    ),
  );
  const outputs = (body?.outputs ?? []).map((_, index) =>
    sequenceOf(results.map((one) => pick(one?.outputs[index] ?? UNKNOWN))),
  );
  return { ...single(body), outputs };
}
