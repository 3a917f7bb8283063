import { about, bodyPath } from '../../../model/nodeId';
import { MAX_NESTED_NODES } from '../../nestedNodes';
import type { FunctionProto, ModelProto, NodeProto } from '../onnx_pb';
import { buildFunction, type Caller, type GraphContext, isDefaultDomain, type OnnxBody } from './graph';

/** Functions that call functions: real exporters nest about ten (CWE-674). */
const MAX_CALL_DEPTH = 50;

/**
 * Model-local functions, each built when it is first called and then shared by its callers
 * (https://onnx.ai/onnx/repo-docs/IR.html, "Functions"). A function that reaches itself is not entered again.
 */
export class FunctionTable {
  #protos = new Map<string, FunctionProto>();
  #built = new Map<string, { body: OnnxBody; nodes: number; depth: number }>();
  #open: { key: string; nodes: number; depth: number }[] = [];
  #nodes = 0;

  constructor(model: ModelProto) {
    for (const one of model.functions) this.#protos.set(keyOf(one.domain, one.name, one.overload), one);
  }

  body(node: NodeProto, caller: Caller, context: GraphContext): OnnxBody | null | 'hidden' {
    if (this.#protos.size === 0) return null;
    const key = keyOf(node.domain, node.opType, node.overload);
    const proto = this.#protos.get(key);
    if (!proto) return null;
    const refuse = (why: string): 'hidden' => {
      const message = `The function ${node.opType}, which '${caller.name}' calls, ${why}.`;
      context.report({ message, ...about(caller) });
      return 'hidden';
    };
    if (this.#open.some((one) => one.key === key)) return refuse('calls itself');
    let built = this.#built.get(key);
    if (!built) {
      if (this.#open.length >= MAX_CALL_DEPTH) return refuse(`lies more than ${MAX_CALL_DEPTH} calls deep`);
      const frame = { key, nodes: 0, depth: 1 };
      this.#open.push(frame);
      const graph = buildFunction(proto, context, bodyPath(caller.id, proto.name, caller.graphs));
      this.#open.pop();
      built = {
        body: { role: proto.name, graph },
        nodes: frame.nodes + countNodes(proto.node),
        depth: frame.depth,
      };
      this.#built.set(key, built);
    }
    const around = this.#open.at(-1);
    if (this.#open.length + built.depth > MAX_CALL_DEPTH) {
      return refuse(`lies more than ${MAX_CALL_DEPTH} calls deep`);
    }
    if ((around?.nodes ?? this.#nodes) + built.nodes > MAX_NESTED_NODES) {
      return refuse(
        `is not shown inside it, since all calls together have more than ${MAX_NESTED_NODES} nodes`,
      );
    }
    if (around) {
      around.nodes += built.nodes;
      around.depth = Math.max(around.depth, built.depth + 1);
    } else {
      this.#nodes += built.nodes;
    }
    return built.body;
  }
}

/** Nodes of a function and the subgraphs in it, without those of the functions that it calls. */
function countNodes(nodes: readonly NodeProto[]): number {
  let count = nodes.length;
  for (const node of nodes) {
    for (const attribute of node.attribute) {
      if (attribute.g) count += countNodes(attribute.g.node);
      for (const graph of attribute.graphs) count += countNodes(graph.node);
    }
  }
  return count;
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([isDefaultDomain(domain) ? '' : domain, name, overload]);
}
